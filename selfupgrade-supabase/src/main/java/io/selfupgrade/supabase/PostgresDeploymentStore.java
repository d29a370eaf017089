package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.DeploymentStore;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The journal of deployments; beginning one is decided under the leadership's lock. */
final class PostgresDeploymentStore implements DeploymentStore {

  private static final String PORT = "DeploymentStore";
  private static final int LONGEST_NOTE = 2_000;

  private static final String SUPERSEDE =
      """
      update selfupgrade.deployments set state = 'SUPERSEDED', settled_at = clock_timestamp()
       where agent = ? and state = 'BEGUN' and (version, target) <> (?, ?)
      """;

  private static final String SUPERSEDE_ALL =
      """
      update selfupgrade.deployments set state = 'SUPERSEDED', settled_at = clock_timestamp()
       where agent = ? and state = 'BEGUN'
      """;

  private static final String INSERT_NAMED =
      """
      insert into selfupgrade.deployments (agent, version, target, instance, epoch, id)
      values (?, ?, ?, ?, ?, ?)
      """;

  private static final String INSERT =
      """
      insert into selfupgrade.deployments (agent, version, target, instance, epoch)
      values (?, ?, ?, ?, ?) on conflict (agent) where state = 'BEGUN' do nothing
      """;

  private static final String SETTLE =
      "with "
          + Sql.FENCE
          + """
            update selfupgrade.deployments d
               set state = ?, note = ?, settled_at = clock_timestamp()
              from f where d.agent = f.agent and d.id = ? and d.state = 'BEGUN'
            """;

  private static final String SELECT =
      "select id, agent, version, target, state, note, created_at from selfupgrade.deployments"
          + " where agent = ?";

  private static final String NAMED = SELECT + " and id = ?";

  private final Database database;

  PostgresDeploymentStore(Database database) {
    this.database = database;
  }

  @Override
  public Optional<Deployment> begin(Fence fence, Version version, String target) {
    return database.transaction(
        PORT,
        "beginning to deploy " + version,
        statements -> {
          if (!statements.any(Sql.LEAD_FOR_UPDATE, Arguments.of(fence))) {
            return Optional.empty();
          }
          AgentName agent = fence.agent();
          statements.update(SUPERSEDE, Arguments.of(agent, version, target));
          statements.update(
              INSERT, Arguments.of(agent, version, target, fence.holder(), fence.epoch()));
          return statements
              .first(
                  SELECT + " and state = 'BEGUN'",
                  PostgresDeploymentStore::entry,
                  Arguments.of(agent))
              .map(Entry::deployment);
        });
  }

  @Override
  public Optional<Entry> begin(Fence fence, Deployment deployment, String target) {
    AgentName agent = fence.agent();
    Arguments name = Arguments.of(agent, deployment.id());
    return database.transaction(
        PORT,
        "beginning deployment " + deployment.id(),
        statements -> {
          if (!deployment.agent().equals(agent)
              || !statements.any(Sql.LEAD_FOR_UPDATE, Arguments.of(fence))) {
            return Optional.empty();
          }
          Optional<Entry> known = statements.first(NAMED, PostgresDeploymentStore::entry, name);
          if (known.isPresent()) {
            return known;
          }
          statements.update(SUPERSEDE_ALL, Arguments.of(agent));
          statements.update(
              INSERT_NAMED,
              Arguments.of(
                  agent,
                  deployment.version(),
                  target,
                  fence.holder(),
                  fence.epoch(),
                  deployment.id()));
          return statements.first(NAMED, PostgresDeploymentStore::entry, name);
        });
  }

  @Override
  public boolean settle(Fence fence, UUID deployment, State state, String note) {
    String kept = note.substring(0, Math.min(LONGEST_NOTE, note.length()));
    return database.call(
        PORT,
        "settling deployment " + deployment,
        statements -> statements.update(SETTLE, Arguments.of(fence, state, kept, deployment)) > 0);
  }

  @Override
  public Optional<Entry> find(AgentName agent, UUID deployment) {
    return database.call(
        PORT,
        "reading deployment " + deployment,
        statements ->
            statements.first(
                NAMED, PostgresDeploymentStore::entry, Arguments.of(agent, deployment)));
  }

  @Override
  public List<Entry> history(AgentName agent, int limit) {
    return database.call(
        PORT,
        "reading the deployments of " + agent,
        statements ->
            statements.list(
                SELECT + " order by seq desc limit ?",
                PostgresDeploymentStore::entry,
                Arguments.of(agent, limit)));
  }

  private static Entry entry(Row row) throws SQLException {
    return new Entry(
        new Deployment(row.uuid("id"), row.agent("agent"), row.version("version")),
        row.text("target"),
        row.constant(State.class, "state"),
        row.text("note"),
        row.instant("created_at"));
  }
}
