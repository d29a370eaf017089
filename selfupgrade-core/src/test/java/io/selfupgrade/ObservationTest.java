package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.core.observe.ObserveSettings;
import io.selfupgrade.failover.Role;
import io.selfupgrade.observe.AgentMetrics;
import io.selfupgrade.observe.Delivery;
import io.selfupgrade.observe.HealthReport;
import io.selfupgrade.observe.HealthStatus;
import io.selfupgrade.observe.LogLevel;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Notifier;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a whole agent lets others see. */
class ObservationTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path directory;

  private final FaultyStore store = FaultyStore.around(new InMemoryStore(Clock.systemUTC()));
  private final BlockingQueue<Notification> heard = new LinkedBlockingQueue<>();
  private SelfUpgrade agent;

  @BeforeEach
  void build() {
    agent =
        SelfUpgrade.builder("seen")
            .version("1.2.3")
            .store(store)
            .task("good", Schedule.every(Duration.ofMillis(50)), run -> {})
            .task(
                "bad",
                Schedule.every(Duration.ofMillis(500)),
                run -> {
                  throw new IllegalStateException("as the test wants it");
                })
            .notifyBy(new Hearing())
            .observe(
                o ->
                    o.probe("answers", () -> {})
                        .spool(directory.resolve("spool"))
                        .pace(
                            new ObserveSettings.Pace(
                                Duration.ofMillis(50), Duration.ofHours(1), Duration.ofDays(1))))
            .build();
  }

  @AfterEach
  void close() {
    agent.close();
  }

  @Test
  void aStartedAgentIsUpAndCounts() {
    start();
    agent.logEvent(LogLevel.INFO, "hello", Map.of("n", 1));

    Eventually.holds(
        "it has counted",
        SOON,
        () -> {
          AgentMetrics metrics = agent.getMetrics();
          return metrics.ticks().succeeded() > 0
              && metrics.ticks().failed() > 0
              && metrics.logs().written() == 1
              && metrics.store().calls() > 0;
        });
    HealthReport report = agent.healthCheck();
    AgentMetrics metrics = agent.getMetrics();

    assertThat(report.status()).as(report.summary()).isEqualTo(HealthStatus.UP);
    assertThat(report.identity().role()).isEqualTo(Role.PRIMARY);
    assertThat(report.identity().version()).isEqualTo(agent.version());
    assertThat(report.identity().epoch()).isEqualTo(metrics.lead().epoch()).isEqualTo(1);
    assertThat(metrics.lead().promotions()).isEqualTo(1);
    assertThat(metrics.uptime()).isPositive();
    assertThat(store.logs().newest(new AgentName("seen"), 5))
        .extracting(event -> event.message())
        .containsExactly("hello");
  }

  @Test
  void aFreezeIsToldAndSeen() throws Exception {
    start();

    agent.freeze("the weekend");

    assertThat(heard.poll(20, TimeUnit.SECONDS).text()).contains("the weekend");
    assertThat(agent.healthCheck().summary()).contains("the weekend", "unfreeze()");
    agent.unfreeze();
    assertThat(heard.poll(20, TimeUnit.SECONDS).title()).contains("not frozen any more");
  }

  @Test
  void beforeTheStartItAnswersToo() {
    agent.logEvent(LogLevel.ERROR, "early");

    HealthReport report = agent.healthCheck();

    assertThat(report.finding("database").orElseThrow().remedy()).contains("start()");
    assertThat(agent.getMetrics().uptime()).isZero();
    start();
    Eventually.holds("it is written", SOON, () -> agent.getMetrics().logs().written() == 1);
  }

  private void start() {
    agent.start();
    Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);
  }

  private final class Hearing implements Notifier {
    @Override
    public String name() {
      return "hearing";
    }

    @Override
    public Delivery deliver(Notification notification) {
      heard.add(notification);
      return new Delivery.Delivered();
    }
  }
}
