package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.failover.Role;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.store.AgentStore.SchemaMode;
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
  private static final int WRITERS = 4;
  private static final int KILLS = 3;
  private static final int ROWS = 200;

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

  /**
   * Rows that the store, and an agent's ticks, were told are written. The server's process dies;
   * that of the machine does not, so that what it has given to the system stays.
   */
  @Test
  @Timeout(180)
  void noAcknowledgedRowIsLostWhenTheServerIsKilledUnderLoad() throws Exception {
    String url = urlOfAStoppedServer();
    try (EmbeddedPostgres server = TestPostgres.attach(directory);
        SelfUpgrade agent = agent(url);
        PostgresStore store = PostgresStore.at(url).poolSize(WRITERS)) {
      agent.start();
      leadsAndTicks(agent);
      store.open(SchemaMode.VERIFY);
      try (RowWriters writers = new RowWriters(store, WRITERS)) {
        for (int kill = 1; kill <= KILLS; kill++) {
          writers.write(ROWS);
          long start = System.nanoTime();
          assertThat(ProcessHandle.of(server.pid()).orElseThrow().destroyForcibly()).isTrue();
          server.ensureRunning();
          long serves = System.nanoTime();
          writers.write(1);
          long writes = System.nanoTime();
          leadsAndTicks(agent);
          System.out.printf(
              "kill %d of the database under load: it serves after %d ms, a row is written after"
                  + " %d ms, ticks go on after %d ms%n",
              kill, millis(start, serves), millis(start, writes), millis(start, System.nanoTime()));
        }
        writers.stop();
        System.out.printf(
            "%d rows acknowledged around %d kills, %d attempts without an answer, %d lost%n",
            writers.acknowledged().size(), KILLS, writers.unanswered(), writers.lost().size());
        assertThat(writers.lost()).isEmpty();
        assertThat(writers.acknowledged()).hasSizeGreaterThan(KILLS * ROWS);
      }
      long succeeded =
          store.tasks().history(new AgentName("follower"), "tick", 100_000).stream()
              .filter(run -> run.state() == RunRecord.State.SUCCEEDED)
              .count();
      assertThat(succeeded).isGreaterThanOrEqualTo(ticks.get());
    }
  }

  private static long millis(long from, long to) {
    return Duration.ofNanos(to - from).toMillis();
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
