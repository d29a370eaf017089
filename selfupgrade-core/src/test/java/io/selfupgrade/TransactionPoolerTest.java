package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.failover.Role;
import io.selfupgrade.observe.HealthStatus;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.supabase.PgBouncer;
import io.selfupgrade.supabase.PostgresRun;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.TestDatabase;
import io.selfupgrade.testkit.Eventually;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two instances, each behind a pooler in transaction mode of its own; one pooler dies. */
class TransactionPoolerTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final AgentName NAME = new AgentName("pooled");

  @Test
  @Timeout(180)
  void anAgentLeadsTicksAndTakesOver() throws SQLException {
    execute("create table tick (key text primary key)");
    try (PgBouncer first = pooler();
        PgBouncer second = pooler();
        SelfUpgrade one = agent(first);
        SelfUpgrade other = agent(second)) {
      one.start();
      leads(one);
      other.start();
      ticks(one);
      Eventually.holds("the other follows", SOON, () -> isUp(other));
      assertThat(other.role()).isEqualTo(Role.STANDBY);
      assertThat(one.healthCheck().finding("database").orElseThrow().seen())
          .contains("a pooler in transaction mode");
      one.config().put("tone", Json.of("\"dry\""), 0);

      first.stop();

      leads(other);
      Eventually.holds("the lead is laid down", SOON, () -> one.role() == Role.STANDBY);
      ticks(other);
      assertThat(other.config().get("tone")).isPresent();
      assertThat(other.healthCheck().identity().epoch()).isEqualTo(2);
    }
    assertEachTickOnce();
  }

  private static PgBouncer pooler() {
    return PgBouncer.before(DATABASE.jdbcUrl(), PgBouncer.Mode.TRANSACTION);
  }

  private SelfUpgrade agent(PgBouncer pooler) {
    return SelfUpgrade.builder(NAME.value())
        .version("1.0.0")
        .store(PostgresStore.at(Secret.of(pooler.through(DATABASE.jdbcUrl()))))
        .leaseTime(Duration.ofSeconds(2))
        .task(
            "tick",
            Schedule.every(Duration.ofMillis(100)),
            run ->
                PostgresRun.of(run)
                    .commit(
                        connection -> {
                          try (var insert =
                              connection.prepareStatement("insert into tick (key) values (?)")) {
                            insert.setString(1, run.due().toString());
                            insert.executeUpdate();
                          }
                        }))
        .build();
  }

  private static void leads(SelfUpgrade agent) {
    Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);
  }

  private static void ticks(SelfUpgrade agent) {
    long before = agent.getMetrics().ticks().succeeded();
    Eventually.holds("it ticks", SOON, () -> agent.getMetrics().ticks().succeeded() > before + 5);
  }

  private static boolean isUp(SelfUpgrade agent) {
    return agent.healthCheck().status() == HealthStatus.UP;
  }

  /** What the ledger calls a success is in the table, and nothing else: the key is the tick. */
  private static void assertEachTickOnce() throws SQLException {
    try (PostgresStore store = PostgresStore.at(DATABASE.jdbcUrl());
        Connection connection = DATABASE.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      store.open(SchemaMode.VERIFY);
      long succeeded =
          store.tasks().history(NAME, "tick", 10_000).stream()
              .filter(run -> run.state() == RunRecord.State.SUCCEEDED)
              .count();
      try (var count = statement.executeQuery("select count(*) from tick")) {
        count.next();
        assertThat(count.getLong(1)).isEqualTo(succeeded).isGreaterThan(10);
      }
    }
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = DATABASE.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
