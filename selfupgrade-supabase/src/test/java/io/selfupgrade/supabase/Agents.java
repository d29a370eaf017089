package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskRun;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.store.AgentStore;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** Agents, primaries and claimed ticks for tests of the store. */
final class Agents {

  static final Version V1 = Version.parse("1.0.0");
  static final Duration TTL = Duration.ofMinutes(5);
  static final Instant T0 = Instant.parse("2020-01-01T00:00:00Z");

  private Agents() {}

  static AgentName newName() {
    return new AgentName("agent-" + UUID.randomUUID());
  }

  static InstanceRecord instance(AgentStore store, AgentName agent) {
    InstanceRecord instance =
        new InstanceRecord(InstanceId.random(), agent, V1, "", Optional.empty(), false, "here");
    store.instances().register(instance);
    return instance;
  }

  /** Registers a new instance of a new agent and makes it the primary. */
  static Fence lead(AgentStore store) {
    Acquisition acquisition =
        store.leadership().acquire(instance(store, newName()), new TakeOver.Expired(), TTL);
    assertThat(acquisition).isInstanceOf(Acquisition.Acquired.class);
    return ((Acquisition.Acquired) acquisition).fence();
  }

  /** Makes another new instance the primary in place of a dead one. */
  static Fence takeOver(AgentStore store, Fence from) {
    Acquisition acquisition =
        store
            .leadership()
            .acquire(
                instance(store, from.agent()),
                new TakeOver.Attested(from.holder(), from.epoch()),
                TTL);
    assertThat(acquisition).isInstanceOf(Acquisition.Acquired.class);
    return ((Acquisition.Acquired) acquisition).fence();
  }

  /** Makes an agent look as if its primary had given no sign of life for that long. */
  static void goSilent(String jdbcUrl, Fence fence, Duration time) throws SQLException {
    String then = "clock_timestamp() - interval '" + time.toMillis() + " milliseconds'";
    query(
        jdbcUrl,
        "with s as (update selfupgrade.agent_state set health_check = "
            + then
            + " where name = '"
            + fence.agent()
            + "') update selfupgrade.instances set heartbeat_at = "
            + then
            + " where id = '"
            + fence.holder()
            + "' returning 1");
  }

  /** Runs statements that have no result. */
  static void update(String jdbcUrl, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(jdbcUrl)) {
      new Statements(connection).script(sql);
    }
  }

  /** Returns the first column of the first row, empty if there is none. */
  static String query(String jdbcUrl, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(jdbcUrl);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? String.valueOf(rows.getString(1)) : "";
    }
  }

  /** Declares a task and claims its first tick. */
  static RunClaim claim(AgentStore store, Fence fence) {
    TaskConfig task =
        new TaskConfig(
            "digest", Schedule.every(Duration.ofMinutes(1)), TaskPolicy.DEFAULT, Json.EMPTY);
    store.tasks().upsert(fence, task);
    assertThat(store.tasks().plan(fence, task.name(), T0)).isTrue();
    return next(store, fence, 0);
  }

  /** Claims a later tick of that task. */
  static RunClaim next(AgentStore store, Fence fence, int index) {
    return store
        .tasks()
        .claim(
            fence,
            new TaskStore.Claiming(
                "digest", tick(index), tick(index), Optional.of(tick(index + 1)), 0))
        .orElseThrow();
  }

  private static Instant tick(int index) {
    return T0.plus(Duration.ofMinutes(index));
  }

  /** Returns the run of a claim as a handler gets it. */
  static Run run(AgentStore store, RunClaim claim) {
    return new Run(store.tasks(), claim);
  }

  /** A run that remembers whether it was committed. */
  static final class Run implements TaskRun {
    private final TaskStore ledger;
    private final RunClaim claim;
    private boolean committed;

    private Run(TaskStore ledger, RunClaim claim) {
      this.ledger = ledger;
      this.claim = claim;
    }

    boolean wasCommitted() {
      return committed;
    }

    @Override
    public String task() {
      return claim.task();
    }

    @Override
    public Instant due() {
      return claim.due();
    }

    @Override
    public int attempt() {
      return claim.attempt();
    }

    @Override
    public Json payload() {
      return Json.EMPTY;
    }

    @Override
    public String idempotencyKey() {
      return claim.run().toString();
    }

    @Override
    public boolean cancelled() {
      return false;
    }

    @Override
    public RunClaim claim() {
      return claim;
    }

    @Override
    public TaskStore ledger() {
      return ledger;
    }

    @Override
    public void committed() {
      committed = true;
    }
  }
}
