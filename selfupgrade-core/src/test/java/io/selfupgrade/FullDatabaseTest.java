package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.core.observe.ObserveSettings;
import io.selfupgrade.failover.Role;
import io.selfupgrade.observe.HealthReport.Finding;
import io.selfupgrade.observe.HealthStatus;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import io.selfupgrade.testkit.Eventually;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database that takes no more writes, as Supabase makes one that has outgrown the free plan. */
class FullDatabaseTest {

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final ObserveSettings.Pace OFTEN =
      new ObserveSettings.Pace(Duration.ofMillis(100), Duration.ofMillis(200), Duration.ofDays(1));

  @TempDir private Path directory;

  @Test
  void itIsMeasuredAlthoughNobodyCanLeadInIt() throws SQLException {
    try (EmbeddedPostgres server = TestPostgres.attach(directory.resolve("postgres"))) {
      String url = url(server);
      try (SelfUpgrade agent = agent(url)) {
        agent.start();
        Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);
        execute(url, "alter system set default_transaction_read_only = on");
        execute(url, "select pg_reload_conf()");
        Eventually.holds("it lays the lead down", SOON, () -> agent.role() != Role.PRIMARY);
        Instant before = Instant.now();

        awaitMeasuredAfter(before, agent);

        Finding finding = agent.healthCheck().finding("budget").orElseThrow();
        assertThat(finding.status()).isEqualTo(HealthStatus.DEGRADED);
        assertThat(finding.remedy()).contains("make room");
        try (SelfUpgrade late = agent(url)) {
          late.start();
          awaitMeasuredAfter(before, late);
        }
      }
    }
  }

  private static void awaitMeasuredAfter(Instant before, SelfUpgrade agent) {
    Eventually.holds(
        "it is measured",
        SOON,
        () -> agent.getMetrics().store().budget().filter(b -> b.at().isAfter(before)).isPresent());
  }

  private static SelfUpgrade agent(String url) {
    return SelfUpgrade.builder("full")
        .version("1.0.0")
        .store(PostgresStore.at(url))
        .leaseTime(Duration.ofSeconds(1))
        .observe(o -> o.databaseLimit(1_000_000).pace(OFTEN))
        .build();
  }

  private static String url(EmbeddedPostgres server) {
    String url = server.jdbcUrl();
    return url
        + (url.contains("?") ? "&" : "?")
        + "user="
        + server.user()
        + "&password="
        + server.password().reveal();
  }

  private static void execute(String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
