package io.selfupgrade.world;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.Retry;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.Scope;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskRun;
import io.selfupgrade.supabase.PostgresRun;
import io.selfupgrade.supabase.PostgresStore;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A process that runs whatever is due and leaves a row for each run. */
public final class ChaosAgent {

  /** The agent's name. */
  static final String NAME = "chaos";

  /** Handler of one-shots whose row is committed with their end. */
  static final String COMMITS = "commits";

  /** Handler of one-shots whose row is committed before, on another connection. */
  static final String MARKS = "marks";

  /** How often each of the tasks is due. */
  static final Duration PERIOD = Duration.ofMillis(50);

  private static final Duration LEASE = Duration.ofSeconds(2);
  private static final long LONGEST_EFFORT_NANOS = 4_000_000;
  private static final TaskPolicy POLICY =
      TaskPolicy.DEFAULT
          .missed(Missed.runAll())
          .retry(Retry.upTo(50).pauses(Duration.ofMillis(50), Duration.ofMillis(500)));
  private static final ThreadLocal<@Nullable Connection> OWN = new ThreadLocal<>();

  private ChaosAgent() {}

  /** Runs it until it is stopped. */
  public static void main(String[] args) throws InterruptedException {
    try (SelfUpgrade agent =
        SelfUpgrade.builder(NAME)
            .version("1.0.0")
            .store(PostgresStore.at(Secret.env("WORLD_DB")).poolSize(4))
            .leaseTime(LEASE)
            .task("own", Schedule.every(PERIOD), POLICY, ChaosAgent::commit)
            .task("shared", Schedule.every(PERIOD), POLICY.scope(Scope.ALL), ChaosAgent::commit)
            .handler(COMMITS, POLICY.scope(Scope.ALL), ChaosAgent::commit)
            .handler(MARKS, POLICY.scope(Scope.ALL), ChaosAgent::mark)
            .build()) {
      agent.start();
      agent.awaitStop();
    }
  }

  private static void commit(TaskRun run) throws Exception {
    effort();
    PostgresRun.of(run)
        .commit(
            connection -> {
              insert(connection, "effects", run);
              effort();
            });
  }

  private static void mark(TaskRun run) throws SQLException {
    effort();
    Connection connection = OWN.get();
    if (connection == null) {
      connection = DriverManager.getConnection(System.getenv("WORLD_DB"));
      OWN.set(connection);
    }
    try {
      insert(connection, "marks", run);
    } catch (SQLException e) {
      OWN.remove();
      connection.close();
      throw e;
    }
  }

  private static void insert(Connection connection, String table, TaskRun run) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("insert into public." + table + " values (?, ?)")) {
      insert.setString(1, run.idempotencyKey());
      insert.setInt(2, run.attempt());
      insert.executeUpdate();
    }
  }

  /** Takes a moment, so that a process is often ended or stopped in the middle of a run. */
  private static void effort() {
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(LONGEST_EFFORT_NANOS));
  }
}
