package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.failover.Role;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.supabase.PostgresRun;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import io.selfupgrade.testkit.Eventually;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One agent on a server that is absent, comes, is killed, is stopped, and comes back. */
class DatabaseAwayTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path directory;

  private final AtomicInteger ticks = new AtomicInteger();

  @AfterEach
  void stopTheServer() {
    PostgresStore.stopEmbedded(directory);
  }

  @Test
  @Timeout(180)
  void theAgentFollowsItsDatabase() {
    String url = urlOfAStoppedServer();
    try (SelfUpgrade agent = agent(url)) {
      agent.start();
      assertThat(agent.role()).as("started without its database").isEqualTo(Role.STANDBY);

      try (EmbeddedPostgres server = TestPostgres.attach(directory)) {
        leadsAndTicks(agent);

        assertThat(ProcessHandle.of(server.pid()).orElseThrow().destroyForcibly()).isTrue();
        laidDown(agent);
        server.ensureRunning();
        leadsAndTicks(agent);

        EmbeddedPostgres.stop(directory);
        laidDown(agent);
        server.ensureRunning();
        leadsAndTicks(agent);

        EmbeddedPostgres.stop(directory);
        server.ensureRunning();
        leadsAndTicks(agent);
      }
      laidDown(agent);
    }
  }

  @Test
  void anAgentThatNeverMetItsDatabaseCloses() {
    SelfUpgrade agent = agent(urlOfAStoppedServer());
    agent.start();

    agent.close();

    assertThat(agent.role()).isEqualTo(Role.STANDBY);
  }

  @Test
  void aStartThatIsRefusedLeavesNothingToClose() {
    SelfUpgrade agent =
        SelfUpgrade.builder("unset").store(PostgresStore.at(Secret.env("NOT_SET_HERE"))).build();

    assertThatThrownBy(agent::start)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("NOT_SET_HERE");
    agent.close();
  }

  /** The port belongs to the directory, so that the URL stays. */
  private String urlOfAStoppedServer() {
    try (EmbeddedPostgres server = TestPostgres.attach(directory)) {
      return server.jdbcUrl() + "&password=" + server.password().reveal();
    }
  }

  private SelfUpgrade agent(String url) {
    return SelfUpgrade.builder("follower")
        .store(PostgresStore.at(Secret.of(url)))
        .leaseTime(Duration.ofSeconds(1))
        .task(
            "tick",
            Schedule.every(Duration.ofMillis(100)),
            run -> {
              PostgresRun.of(run).commit(connection -> {});
              ticks.incrementAndGet();
            })
        .build();
  }

  private void leadsAndTicks(SelfUpgrade agent) {
    Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);
    int before = ticks.get();
    Eventually.holds("it ticks", SOON, () -> ticks.get() > before + 1);
  }

  private static void laidDown(SelfUpgrade agent) {
    Eventually.holds("the lead is laid down", SOON, () -> agent.role() == Role.STANDBY);
  }
}
