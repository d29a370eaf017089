package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.InstanceStatus;
import io.selfupgrade.failover.InstanceStore;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** The instances of agents. */
final class PostgresInstanceStore implements InstanceStore {

  private static final String PORT = "InstanceStore";

  private static final String REGISTER =
      """
      insert into selfupgrade.instances (id, agent, version, build, trial, launched, place)
      values (?, ?, ?, ?, ?, ?, ?)
      on conflict (id) do update set heartbeat_at = clock_timestamp()
      """;

  private static final String READY =
      "with "
          + Sql.FENCE
          + """
            update selfupgrade.instances i set epoch = f.epoch, heartbeat_at = clock_timestamp()
              from f where i.id = f.holder and i.agent = f.agent
            """;

  private static final String COLUMNS =
      "select id, agent, version, build, trial, launched, place, epoch, started_at,"
          + " stopped_at is not null as stopped, "
          + Sql.age("heartbeat_at")
          + " as age from selfupgrade.instances";

  private final Database database;

  PostgresInstanceStore(Database database) {
    this.database = database;
  }

  @Override
  public void register(InstanceRecord instance) {
    Arguments arguments =
        Arguments.of(
            instance.id(),
            instance.agent(),
            instance.version(),
            instance.build(),
            instance.trial(),
            instance.launched(),
            instance.place());
    database.call(
        PORT,
        "registering instance " + instance.id(),
        statements -> statements.update(REGISTER, arguments));
  }

  @Override
  public boolean heartbeat(InstanceId instance) {
    return database.call(
        PORT,
        "heartbeat of instance " + instance,
        statements ->
            statements.update(
                    "update selfupgrade.instances set heartbeat_at = clock_timestamp()"
                        + " where id = ?",
                    Arguments.of(instance))
                > 0);
  }

  @Override
  public boolean ready(Fence fence) {
    return database.call(
        PORT,
        "noting that instance " + fence.holder() + " is ready",
        statements -> statements.update(READY, Arguments.of(fence)) > 0);
  }

  @Override
  public void stopped(InstanceId instance) {
    database.call(
        PORT,
        "noting that instance " + instance + " has stopped",
        statements ->
            statements.update(
                "update selfupgrade.instances set stopped_at = clock_timestamp()"
                    + " where id = ? and stopped_at is null",
                Arguments.of(instance)));
  }

  @Override
  public Optional<InstanceStatus> find(InstanceId instance) {
    return database.call(
        PORT,
        "reading instance " + instance,
        statements ->
            statements.first(
                COLUMNS + " where id = ?", PostgresInstanceStore::status, Arguments.of(instance)));
  }

  @Override
  public List<InstanceStatus> living(AgentName agent) {
    return database.call(
        PORT,
        "reading the instances of " + agent,
        statements ->
            statements.list(
                COLUMNS + " where agent = ? and stopped_at is null order by started_at desc",
                PostgresInstanceStore::status,
                Arguments.of(agent)));
  }

  private static InstanceStatus status(Row row) throws SQLException {
    InstanceRecord registered =
        new InstanceRecord(
            row.instance("id"),
            row.agent("agent"),
            row.version("version"),
            row.text("build"),
            row.uuidIfAny("trial"),
            row.flag("launched"),
            row.text("place"));
    return new InstanceStatus(
        registered,
        row.number("epoch"),
        row.duration("age"),
        row.flag("stopped"),
        row.instant("started_at"));
  }
}
