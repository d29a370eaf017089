package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.upgrade.SnapshotStore;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Reads every row of a database by every door of the store, whoever wrote it. It uses nothing that
 * the previous release has not, so that {@link PreviousRelease} can link it.
 */
public final class EveryRow {

  private static final int MOST = 1_000;
  private static final int MOST_PROBLEMS = 20;

  private final PostgresStore store;
  private final Connection connection;
  private final Map<String, Integer> read = new TreeMap<>();
  private final List<String> problems = new ArrayList<>();

  private EveryRow(PostgresStore store, Connection connection) {
    this.store = store;
    this.connection = connection;
  }

  /**
   * Reads the rows of all agents; returns how many of each kind.
   *
   * @throws AssertionError with what could not be read
   */
  public static Map<String, Integer> of(String url) throws SQLException {
    try (PostgresStore store = PostgresStore.at(url);
        Connection connection = DriverManager.getConnection(url)) {
      store.open(SchemaMode.VERIFY);
      EveryRow rows = new EveryRow(store, connection);
      for (String agent : rows.agents()) {
        rows.readAll(agent);
      }
      if (!rows.problems.isEmpty()) {
        throw new AssertionError("rows that cannot be read: " + rows.problems);
      }
      return rows.read;
    }
  }

  private List<String> agents() throws SQLException {
    List<String> tables =
        texts(
            "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid"
                + " where c.relnamespace = 'selfupgrade'::regnamespace and c.relkind = 'r'"
                + " and a.attname = 'agent' and not a.attisdropped");
    StringBuilder all = new StringBuilder("select name from selfupgrade.agent_state");
    for (String table : tables) {
      all.append(" union select agent from selfupgrade.").append(table);
    }
    // What is shared by agents is nobody's own, and its owner no agent's name.
    return texts("select name from (" + all + ") a (name) where name !~ '^shared:'");
  }

  private void readAll(String name) throws SQLException {
    AgentName agent = new AgentName(name);
    readLeaders(agent);
    readUpgrades(agent);
    readPolicies(agent);
    readTasks(agent);
    readMemories(agent);
    many("log events", agent, () -> store.logs().newest(agent, MOST));
    many("notifications", agent, () -> store.outbox().newest(agent, MOST));
    many("settings", agent, () -> store.settings().all(agent));
    many("deployments", agent, () -> store.deployments().history(agent, MOST));
    many("changes", agent, () -> store.changes().history(agent, MOST));
  }

  private void readLeaders(AgentName agent) throws SQLException {
    one("leases", agent, () -> store.leadership().read(agent));
    many("living instances", agent, () -> store.instances().living(agent));
    for (String id : of("select id from selfupgrade.instances where agent = '%s'", agent)) {
      one("instances", agent, () -> store.instances().find(new InstanceId(UUID.fromString(id))));
    }
  }

  private void readUpgrades(AgentName agent) throws SQLException {
    one("open upgrades", agent, () -> store.journal().openUpgrade(agent));
    Collection<UpgradeRecord> history =
        many("upgrades", agent, () -> store.journal().history(agent, MOST));
    for (UpgradeRecord upgrade : history) {
      many("steps", agent, () -> store.journal().steps(upgrade.id()));
      one("verdicts", agent, () -> store.policies().verdict(upgrade.id()));
      upgrade
          .target()
          .ifPresent(
              target ->
                  many(
                      "upgrades of a build",
                      agent,
                      () -> store.journal().historyOf(agent, target.manifestSha256(), MOST)));
    }
    for (String id : of("select id from selfupgrade.upgrade_requests where agent = '%s'", agent)) {
      one("answers", agent, () -> store.journal().answerOf(UUID.fromString(id)));
    }
    one("waiting requests", agent, () -> store.journal().waitingRequest(agent));
    many("failed versions", agent, () -> store.journal().failedVersions(agent));
    one("freezes", agent, () -> store.journal().frozen(agent));
    one("confirmed versions", agent, () -> store.journal().confirmedVersion(agent));
    for (SnapshotStore.Snapshot copy :
        many("snapshots", agent, () -> store.snapshots().list(agent))) {
      one("plans of restores", agent, () -> store.snapshots().plan(agent, copy.id()));
    }
  }

  private void readPolicies(AgentName agent) throws SQLException {
    one("floors", agent, () -> store.policies().floor(agent));
    one("wanted rollbacks", agent, () -> store.policies().waitingRollback(agent));
    many("revoked keys", agent, () -> store.policies().revokedKeys(agent).keySet());
    many("changes of keys", agent, () -> store.policies().keyChanges(agent));
    for (String channel :
        of("select channel from selfupgrade.release_indexes where agent = '%s'", agent)) {
      one("indexes", agent, () -> store.policies().seen(agent, channel));
    }
  }

  private void readTasks(AgentName agent) throws SQLException {
    List<String> tasks =
        of("select name from selfupgrade.scheduled_tasks where agent = '%s'", agent);
    many("tasks", agent, () -> store.tasks().agenda(agent, tasks).tasks());
    many("late tasks", agent, () -> store.tasks().overdue(agent, Duration.ofMinutes(1)));
    for (String task :
        of("select distinct task from selfupgrade.task_runs where agent = '%s'", agent)) {
      many("ticks", agent, () -> store.tasks().history(agent, task, MOST));
    }
    for (String epoch :
        of("select distinct epoch from selfupgrade.task_runs where agent = '%s'", agent)) {
      many(
          "ticks of an epoch",
          agent,
          () -> store.tasks().runsOfEpoch(agent, Long.parseLong(epoch), MOST));
    }
  }

  private void readMemories(AgentName agent) throws SQLException {
    MemoriesThen memories = new MemoriesThen(store.memories(), agent);
    for (String id : of("select id from selfupgrade.memories where agent = '%s'", agent)) {
      one("memories", agent, () -> memories.get(UUID.fromString(id)));
    }
    many("recalled memories", agent, () -> List.copyOf(memories.recall("tea")));
    one("counts of memories", agent, () -> Optional.of(memories.stats()));
  }

  private void one(String what, AgentName agent, Supplier<? extends Optional<?>> reading) {
    many(what, agent, () -> reading.get().stream().toList());
  }

  private <T> Collection<T> many(
      String what, AgentName agent, Supplier<? extends Collection<T>> reading) {
    try {
      Collection<T> rows = reading.get();
      read.merge(what, rows.size(), Integer::sum);
      return rows;
    } catch (RuntimeException e) {
      if (problems.size() < MOST_PROBLEMS) {
        problems.add(what + " of " + agent + ": " + e + " by " + e.getCause());
      }
      return List.of();
    }
  }

  private List<String> of(String sql, AgentName agent) throws SQLException {
    return texts(String.format(sql, agent));
  }

  private List<String> texts(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> texts = new ArrayList<>();
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
      return texts;
    }
  }
}
