package io.selfupgrade.core.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.observe.HealthStatus;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.LogLevel;
import io.selfupgrade.observe.LogStore;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the log does with a store that refuses, or fails as it never should. */
class LogTroubleTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir Path directory;

  private final InMemoryStore rows = new InMemoryStore(Clock.systemUTC());
  private final AtomicInteger calls = new AtomicInteger();
  private volatile Consumer<List<LogEvent>> mood = events -> {};
  private final EngineScene scene = new EngineScene(moody());

  @AfterEach
  void close() {
    mood = events -> {};
    scene.close();
  }

  @Test
  void aStoreThatRefusesEverythingForAWhileLosesNothing() {
    mood = events -> refuse("28P01: the password is wrong");
    ObserveEngine engine = scene.engine(Optional.of(directory.resolve("spool")));
    engine.start();
    log(engine, 0, 600);
    Eventually.holds("all are spooled", SOON, () -> engine.metrics().logs().spooled() >= 600);
    int before = calls.get();
    Eventually.holds("the spool was tried", SOON, () -> calls.get() > before);

    mood = events -> {};

    Eventually.holds("all are written", SOON, () -> written(scene.self.agent()).size() == 600);
    assertThat(engine.metrics().logs().dropped()).isZero();
  }

  @Test
  void withoutASpoolThatHoldsToo() {
    mood = events -> refuse("42P01: there is no such table");
    ObserveEngine engine = scene.engine(Optional.empty());
    log(engine, 0, 3);
    engine.start();
    Eventually.holds("it was tried twice", SOON, () -> calls.get() > 4);

    mood = events -> {};

    Eventually.holds("all are written", SOON, () -> written(scene.self.agent()).size() == 3);
    assertThat(engine.metrics().logs().dropped()).isZero();
  }

  @Test
  void anEventThatTheStoreAloneRefusesIsDroppedOnceAndTheOthersAreWritten() {
    mood =
        events -> {
          if (events.stream().anyMatch(event -> event.message().equals("event 7"))) {
            refuse("22P05: this character is not in that code page");
          }
        };
    ObserveEngine engine = scene.engine(Optional.of(directory.resolve("spool")));
    log(engine, 0, 20);
    engine.start();

    Eventually.holds(
        "the others are written", SOON, () -> written(scene.self.agent()).size() == 19);
    Eventually.holds("it is dropped", SOON, () -> engine.metrics().logs().dropped() == 1);
    assertThat(engine.metrics().logs().written()).isEqualTo(19);
  }

  @Test
  void aStoreThatIsBackBetweenTwoEventsCostsNone() {
    mood =
        events -> {
          if (calls.get() <= 2) {
            refuse("42P01: there is no such table");
          }
        };
    ObserveEngine engine = scene.engine(Optional.empty());
    log(engine, 0, 3);
    engine.start();

    Eventually.holds("all are written", SOON, () -> written(scene.self.agent()).size() == 3);
    assertThat(engine.metrics().logs().dropped()).isZero();
  }

  @Test
  void aStoreThatIsLostBetweenTwoEventsCostsNone() {
    AtomicInteger alone = new AtomicInteger();
    mood =
        events -> {
          if (events.size() > 1 || alone.incrementAndGet() > 5) {
            refuse("42501: not allowed any more");
          }
        };
    ObserveEngine engine = scene.engine(Optional.empty());
    log(engine, 0, 20);
    engine.start();
    Eventually.holds("some are refused", SOON, () -> alone.get() > 20);

    mood = events -> {};

    Eventually.holds("all are written", SOON, () -> written(scene.self.agent()).size() == 20);
    assertThat(engine.metrics().logs().dropped()).isZero();
  }

  @Test
  void oldEventsAreCountedOnceHoweverOftenTheReplayFails() throws Exception {
    try (Spool dead = new Spool(directory, scene.self.id(), "dead", 1 << 20)) {
      dead.append(SpoolTest.events(LogLevel.ERROR, -2_000_000_000, 5));
      int now = (int) Duration.between(SpoolTest.T0, Instant.now()).toSeconds();
      dead.append(SpoolTest.events(LogLevel.ERROR, now - 10, 5));
    }
    mood = events -> fail("away", true);
    ObserveEngine engine = scene.engine(Optional.of(directory));
    engine.start();
    Eventually.holds("it was tried three times", SOON, () -> calls.get() >= 3);

    mood = events -> {};

    Eventually.holds("they are dropped", SOON, () -> engine.metrics().logs().dropped() > 0);
    assertThat(engine.metrics().logs().dropped()).isEqualTo(5);
    assertThat(written(new AgentName("spooler"))).hasSize(5);
  }

  @Test
  void whateverAStoreThrowsTheBatchIsKept() {
    mood =
        events -> {
          throw new IllegalStateException("no pool");
        };
    ObserveEngine engine = scene.engine(Optional.empty());
    log(engine, 0, 50);
    engine.start();
    Eventually.holds("it was tried", SOON, () -> calls.get() > 0);

    mood = events -> {};

    Eventually.holds("all are written", SOON, () -> written(scene.self.agent()).size() == 50);
    assertThat(engine.metrics().logs().dropped()).isZero();
  }

  @Test
  void onlyWhatTheStoreTakesTellsThatItIsBack() throws Exception {
    ObserveEngine engine = scene.engine(Optional.empty());
    List<HealthStatus> seen = new CopyOnWriteArrayList<>();
    mood =
        events -> {
          seen.add(health(engine));
          fail("away", true);
        };
    log(engine, 0, 10);
    engine.start();
    Eventually.holds("it was tried four times", SOON, () -> seen.size() >= 4);
    assertThat(seen.subList(1, 4)).containsOnly(HealthStatus.DEGRADED);

    mood = events -> {};

    Eventually.holds("all are written", SOON, () -> written(scene.self.agent()).size() == 10);
    Eventually.holds("it is well", SOON, () -> health(engine) == HealthStatus.UP);
  }

  private static HealthStatus health(ObserveEngine engine) {
    try {
      return engine.healthCheck().finding("log").orElseThrow().status();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void log(ObserveEngine engine, int from, int count) {
    for (int i = from; i < from + count; i++) {
      engine.logEvent(LogLevel.INFO, "event " + i, Map.of());
    }
  }

  private List<LogEvent> written(AgentName agent) {
    return rows.logs().newest(agent, 10_000);
  }

  private static void refuse(String why) {
    fail(why, false);
  }

  private static void fail(String why, boolean retryable) {
    throw new AdapterException("LogStore", why, retryable, null);
  }

  /** The rows' store, whose log is in the mood that the test sets. */
  private AgentStore moody() {
    LogStore logs =
        new LogStore() {
          @Override
          public int append(List<LogEvent> events) {
            calls.incrementAndGet();
            mood.accept(events);
            return rows.logs().append(events);
          }

          @Override
          public List<LogEvent> newest(AgentName agent, int limit) {
            return rows.logs().newest(agent, limit);
          }
        };
    return (AgentStore)
        Proxy.newProxyInstance(
            LogTroubleTest.class.getClassLoader(),
            new Class<?>[] {AgentStore.class},
            (self, method, arguments) -> {
              try {
                return method.getName().equals("logs") ? logs : method.invoke(rows, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
