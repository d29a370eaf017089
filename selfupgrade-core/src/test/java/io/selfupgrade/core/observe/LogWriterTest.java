package io.selfupgrade.core.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.LogLevel;
import io.selfupgrade.observe.Retention;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way of an event from {@code logEvent} into the store. */
class LogWriterTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir Path directory;

  private final InMemoryStore rows = new InMemoryStore(Clock.systemUTC());
  private final FaultyStore store = FaultyStore.around(rows);
  private final EngineScene scene = new EngineScene(store);
  private Path spool;

  @BeforeEach
  void place() {
    spool = directory.resolve("spool");
  }

  @AfterEach
  void close() {
    scene.close();
  }

  @Test
  void anEventIsWrittenWithWhatBelongsToIt() {
    ObserveEngine engine = scene.engine(Optional.of(spool));
    engine.logEvent(
        LogLevel.WARN, "a\0b", Map.of("list", List.of(1, true, "x\ud800"), "map", Map.of("k", 2L)));
    engine.start();

    Eventually.holds("it is written", SOON, () -> written().size() == 1);

    LogEvent event = written().get(0);
    assertThat(event.message()).isEqualTo("a\ufffdb");
    assertThat(event.level()).isEqualTo(LogLevel.WARN);
    assertThat(event.by().instance()).isEqualTo(scene.self.id());
    assertThat(event.context().text()).contains("[1,true,\"x\ufffd\"]", "{\"k\":2}");
    assertThat(engine.metrics().logs().written()).isEqualTo(1);
    assertThat(spool).doesNotExist();
  }

  @Test
  void nothingAHostLogsMakesItThrow() {
    ObserveEngine engine = scene.engine(Optional.empty());
    Map<String, Object> itself = new HashMap<>();
    itself.put("itself", itself);
    itself.put("null", null);
    itself.put("bad", badlyMade());
    engine.logEvent(LogLevel.INFO, "x".repeat(1_000_000), itself);
    engine.logEvent(LogLevel.INFO, "long", Map.of("text", "y".repeat(1_000_000)));
    engine.start();

    Eventually.holds("both are written", SOON, () -> written().size() == 2);

    assertThat(written())
        .allSatisfy(
            event -> {
              assertThat(event.message().length()).isLessThan(11_000);
              assertThat(event.context().text().length()).isLessThan(101_000);
            });
  }

  @Test
  void whileTheStoreIsAwayEventsAreSpooledAndWrittenOnceAfter() throws Exception {
    ObserveEngine engine = scene.engine(Optional.of(spool));
    engine.start();
    store.goAway();
    log(engine, 0, 1000);
    Eventually.holds("all are spooled", SOON, () -> engine.metrics().logs().spooled() >= 1000);
    assertThat(engine.metrics().logs().spoolBytes()).isPositive();

    store.failNext("append", FaultyStore.Moment.AFTER);
    store.comeBack();
    log(engine, 1000, 10);

    Eventually.holds("all are written", SOON, () -> written().size() == 1010);
    Eventually.holds("the spool is empty", SOON, () -> engine.metrics().logs().spoolBytes() == 0);
    assertThat(messages()).doesNotHaveDuplicates();
    assertThat(engine.metrics().logs().dropped()).isZero();
  }

  @Test
  void withoutASpoolTheyWaitInMemory() {
    ObserveEngine engine = scene.engine(Optional.empty());
    store.goAway();
    engine.start();
    log(engine, 0, 100);
    Eventually.holds("it was tried", SOON, () -> store.calls() > 0);
    assertThat(written()).isEmpty();

    store.comeBack();

    Eventually.holds("all are written", SOON, () -> written().size() == 100);
  }

  @Test
  void closeBringsWhatIsLeftIntoTheSpoolAndTheNextInstanceWritesIt() throws Exception {
    ObserveEngine first = scene.engine(Optional.of(spool));
    first.start();
    store.goAway();
    log(first, 0, 100);
    first.close();
    assertThat(written()).isEmpty();
    store.comeBack();

    scene.engine(Optional.of(spool)).start();

    Eventually.holds("all are written", SOON, () -> written().size() == 100);
    Eventually.holds("nothing is left", SOON, () -> files().isEmpty());
  }

  @Test
  void eventsOlderThanTheRetentionAreDroppedAndCounted() throws Exception {
    try (Spool dead = new Spool(spool, scene.self.id(), "dead", 1 << 20)) {
      List<LogEvent> old = SpoolTest.events(LogLevel.ERROR, -2_000_000_000, 5);
      dead.append(old);
    }
    ObserveEngine engine = scene.engine(Optional.of(spool));
    engine.start();

    Eventually.holds("they are dropped", SOON, () -> engine.metrics().logs().dropped() == 5);
    assertThat(rows.logs().newest(new AgentName("spooler"), 10)).isEmpty();
    assertThat(Retention.DEFAULT.of(Retention.Kept.LOGS)).isEqualTo(Duration.ofDays(7));
  }

  @Test
  void afterKillNineNothingThatWasSpooledIsLostOrDoubled() throws Exception {
    long safe = 0;
    for (int round = 0; round < 3; round++) {
      safe += killedWhileSpooling(20_000L * (round + 1));
    }
    scene.engine(Optional.of(spool)).start();
    long expected = safe;

    Eventually.holds("nothing is left", SOON.multipliedBy(2), () -> files().isEmpty());

    assertThat(safe).isPositive();
    List<LogEvent> all = rows.logs().newest(new AgentName("killed"), Integer.MAX_VALUE);
    assertThat(all.size()).isGreaterThanOrEqualTo((int) expected);
    Map<String, Integer> highest = new HashMap<>();
    Map<String, Integer> count = new HashMap<>();
    for (LogEvent event : all) {
      String instance = event.by().instance().toString();
      highest.merge(instance, Integer.parseInt(event.message().substring(6)), Math::max);
      count.merge(instance, 1, Integer::sum);
    }
    assertThat(highest).hasSize(3);
    highest.forEach((instance, last) -> assertThat(count.get(instance)).isEqualTo(last + 1));
  }

  /** Kills a process in the middle of its work; returns how many events it said were spooled. */
  private long killedWhileSpooling(long enough) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                SpoolingProcess.class.getName(),
                spool.toString(),
                "killed")
            .redirectError(ProcessBuilder.Redirect.appendTo(new File(directory.toFile(), "err")))
            .start();
    long spooled = 0;
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        spooled = Long.parseLong(line);
        if (spooled > enough) {
          break;
        }
      }
    } finally {
      process.destroyForcibly();
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }
    return spooled;
  }

  private static void log(ObserveEngine engine, int from, int count) {
    for (int i = from; i < from + count; i++) {
      engine.logEvent(LogLevel.INFO, "event " + i, Map.of("n", i));
    }
  }

  private static Object badlyMade() {
    return new Object() {
      @Override
      public String toString() {
        throw new IllegalStateException("no text");
      }
    };
  }

  private List<LogEvent> written() {
    return rows.logs().newest(scene.self.agent(), 100_000);
  }

  private List<String> messages() {
    return written().stream().map(LogEvent::message).toList();
  }

  private List<String> files() {
    if (!Files.exists(spool)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(spool)) {
      return all.map(Path::toString).filter(name -> name.endsWith(".spool")).toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
