package io.selfupgrade.core.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.Role;
import io.selfupgrade.observe.Delivery;
import io.selfupgrade.observe.HealthProbe;
import io.selfupgrade.observe.HealthReport;
import io.selfupgrade.observe.HealthReport.Finding;
import io.selfupgrade.observe.HealthStatus;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Notifier;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.SignedDocument;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an agent finds out about its own health. */
class HealthDeskTest {

  private final FaultyStore store = FaultyStore.around(new InMemoryStore(Clock.systemUTC()));
  private final EngineScene scene = new EngineScene(store);
  private final CountDownLatch release = new CountDownLatch(1);

  @AfterEach
  void close() {
    release.countDown();
    scene.close();
  }

  @Test
  void aPrimaryThatIsWellIsUpAndWhatIsNotConfiguredSaysSo() throws Exception {
    scene.lead();

    HealthReport report = engine(Map.of("queue", () -> {})).healthCheck();

    assertThat(report.status()).as(report.summary()).isEqualTo(HealthStatus.UP);
    assertThat(report.identity().role()).isEqualTo(Role.PRIMARY);
    assertThat(report.identity().epoch()).isEqualTo(1);
    assertThat(report.identity().version()).isEqualTo(scene.self.version());
    assertThat(report.findings())
        .extracting(Finding::part)
        .containsExactly(
            "database",
            "lease",
            "version",
            "freeze",
            "schedule",
            "jobs",
            "releases",
            "disk",
            "budget",
            "work",
            "log",
            "notifications",
            "probe \"queue\"");
    assertThat(report.finding("releases").orElseThrow().configured()).isFalse();
    assertThat(report.finding("notifications").orElseThrow().remedy()).contains("notifyBy(");
    assertThat(report.finding("lease").orElseThrow().seen()).contains("epoch 1", "ms left");
  }

  @Test
  void withTheDatabaseAwayItAnswersFromWhatItKnows() throws Exception {
    scene.lead();
    scene.alone.frozen = Optional.of("the file is there");
    store.goAway();

    HealthReport report = engine(Map.of()).healthCheck();

    assertThat(report.status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(report.finding("database").orElseThrow().seen()).contains("fault:");
    assertThat(report.finding("lease").orElseThrow().seen()).contains("leads at epoch 1");
    assertThat(report.finding("freeze").orElseThrow().seen()).contains("the file is there");
  }

  @Test
  void aProbeThatFailsOrHangsIsDownAndKeepsNobodyWaiting() throws Exception {
    scene.lead();
    Map<String, HealthProbe> probes = new LinkedHashMap<>();
    probes.put(
        "fails",
        () -> {
          throw new IllegalStateException("the queue is full");
        });
    probes.put("hangs", this::hang);
    probes.put("passes", () -> {});
    ObserveEngine engine = engine(probes);

    HealthReport first = engine.healthCheck();
    HealthReport second = engine.healthCheck();

    for (HealthReport report : List.of(first, second)) {
      assertThat(report.status()).isEqualTo(HealthStatus.DOWN);
      assertThat(report.finding("probe \"fails\"").orElseThrow().seen()).contains("queue is full");
      assertThat(report.finding("probe \"hangs\"").orElseThrow().seen()).contains("hangs");
      assertThat(report.finding("probe \"passes\"").orElseThrow().status())
          .isEqualTo(HealthStatus.UP);
      assertThat(report.finding("database").orElseThrow().status()).isEqualTo(HealthStatus.UP);
    }
    assertThat(second.took()).isLessThan(first.took());
    long asking =
        Thread.getAllStackTraces().entrySet().stream()
            .filter(thread -> thread.getKey().getName().endsWith("observed-question"))
            .filter(thread -> List.of(thread.getValue()).toString().contains("hang"))
            .count();
    assertThat(asking).as("threads that hang, after two health checks").isEqualTo(1);
  }

  @Test
  void workThatDoesNotStartIsDownAndAFreezeIsSeen() throws Exception {
    scene.lead();
    scene.alone.workFailure = Optional.of("port in use");
    store.journal().freeze(scene.self.agent(), "the weekend");

    HealthReport report = engine(Map.of()).healthCheck();

    assertThat(report.status()).isEqualTo(HealthStatus.DOWN);
    assertThat(report.summary()).contains("port in use", "the weekend", "unfreeze()");
  }

  @Test
  void whatIsDueAndStandsStillIsSeenAsLongAsItDoes() throws Exception {
    scene.lead();
    scene.alone.late = List.of("task digest, due since noon");

    HealthReport report = engine(Map.of()).healthCheck();

    assertThat(report.status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(report.summary()).contains("schedule", "task digest, due since noon");

    scene.alone.late = List.of();
    assertThat(engine(Map.of()).healthCheck().summary()).doesNotContain("digest");
  }

  @Test
  void thePrimaryIsLookedAfterByAThreadOfItsOwn() {
    scene.lead();
    engine(Map.of()).start();

    Eventually.holds(
        "its ticks are watched", Duration.ofSeconds(20), () -> scene.alone.watched.get() > 0);
  }

  @Test
  void anInstanceThatIsNotConnectedSaysSo() throws Exception {
    scene.alone.connected = false;

    HealthReport report = engine(Map.of()).healthCheck();

    assertThat(report.finding("database").orElseThrow().seen()).isEqualTo("not connected");
    assertThat(report.status()).isEqualTo(HealthStatus.DEGRADED);
  }

  @Test
  void forNewsNoCriticalPathIsWalkedAndTheSourceIsAskedOnce() throws Exception {
    scene.lead();
    AtomicInteger probed = new AtomicInteger();
    AtomicInteger walked = new AtomicInteger();
    AsksCounted source = new AsksCounted();
    scene.criticalPaths.put("costs money", walked::incrementAndGet);
    scene.releases = Optional.of(new ObserveSettings.Releases(source, "stable"));
    ObserveEngine engine =
        scene.engine(
            Optional.empty(),
            Map.of("cheap", probed::incrementAndGet),
            List.of(new Deaf()),
            Duration.ofDays(1));
    engine.start();
    Eventually.holds("it looks for news", Duration.ofSeconds(20), () -> probed.get() > 4);

    assertThat(walked).hasValue(0);
    assertThat(source.asked).hasValue(1);
    assertThat(engine.healthCheck().finding("critical path \"costs money\"")).isPresent();
    assertThat(walked).hasValue(1);
  }

  @Test
  void aLocalInstanceSaysThatItIsOne() throws Exception {
    scene.alone.local = true;

    assertThat(engine(Map.of()).healthCheck().identity().role()).isEqualTo(Role.LOCAL);
  }

  private void hang() {
    // A probe that ignores its interruption is the worst case.
    while (release.getCount() > 0) {
      LockSupport.parkNanos(10_000_000);
      Thread.interrupted();
    }
  }

  /** Hears nothing. */
  private static final class Deaf implements Notifier {
    @Override
    public String name() {
      return "deaf";
    }

    @Override
    public Delivery deliver(Notification notification) {
      return new Delivery.Delivered();
    }
  }

  /** Has no release, and counts who wants to know. */
  private static final class AsksCounted implements ReleaseSource {
    final AtomicInteger asked = new AtomicInteger();

    @Override
    public String describe() {
      return "counted";
    }

    @Override
    public Optional<SignedDocument> latest(String channel, int maxBytes) {
      asked.incrementAndGet();
      return Optional.empty();
    }

    @Override
    public Optional<SignedDocument> manifest(Version version, int maxBytes) {
      return Optional.empty();
    }

    @Override
    public InputStream open(Version version, String path) throws IOException {
      throw new IOException("there is none");
    }
  }

  private ObserveEngine engine(Map<String, HealthProbe> probes) {
    return scene.engine(Optional.empty(), probes, List.of(), Duration.ofDays(1));
  }
}
