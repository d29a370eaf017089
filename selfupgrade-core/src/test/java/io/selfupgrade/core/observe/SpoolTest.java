package io.selfupgrade.core.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.LogLevel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files in which events wait for the store. */
class SpoolTest {

  static final Instant T0 = Instant.parse("2030-01-01T00:00:00.000001Z");

  @TempDir Path directory;

  @Test
  void eventsComeBackAsTheyWereAndAreForgottenThen() throws IOException {
    List<LogEvent> events = events(LogLevel.WARN, 0, 1200);
    try (Spool spool = spool("a")) {
      assertThat(spool.append(events.subList(0, 700))).isZero();
      assertThat(spool.append(events.subList(700, 1200))).isZero();

      assertThat(replayed(spool)).isEqualTo(events);

      assertThat(replayed(spool)).isEmpty();
      assertThat(spool.bytes()).isZero();
    }
    assertThat(files()).isEmpty();
  }

  @Test
  void aFileStaysWholeWhereItsReaderFails() throws IOException {
    List<LogEvent> events = events(LogLevel.INFO, 0, 3);
    try (Spool spool = spool("a")) {
      spool.append(events);
      assertThatThrownBy(
              () ->
                  spool.replay(
                      batch -> {
                        throw new IllegalStateException("the store is away");
                      }))
          .isInstanceOf(IllegalStateException.class);

      assertThat(replayed(spool)).isEqualTo(events);
    }
  }

  @Test
  void aLivingInstancesFileIsLeftAloneAndADeadOnesAdopted() throws IOException {
    List<LogEvent> events = events(LogLevel.INFO, 0, 3);
    Spool living = spool("a");
    living.append(events);
    try (Spool other = spool("b")) {
      assertThat(replayed(other)).isEmpty();
      living.close();
      assertThat(replayed(other)).isEqualTo(events);
      assertThat(replayed(other)).isEmpty();
    }
    assertThat(files()).isEmpty();
  }

  @Test
  void anotherAgentOfTheSameProcessNeverOpensAFileOfIt() throws IOException {
    try (Spool one = spool("same");
        Spool other = spool("same")) {
      one.append(events(LogLevel.INFO, 0, 3));
      assertThat(replayed(other)).isEmpty();
      assertThat(replayed(one)).hasSize(3);
    }
  }

  @Test
  void whereverTheFileIsCutWhatIsWholeIsRead() throws IOException {
    List<LogEvent> events = events(LogLevel.INFO, 0, 4);
    Path file = spooled(events);
    byte[] all = Files.readAllBytes(file);
    for (int length = 0; length <= all.length; length++) {
      Files.write(file, Arrays.copyOf(all, length));

      List<LogEvent> read = replayed(spool("b"));

      assertThat(read).as("cut after %s bytes", length).isEqualTo(events.subList(0, read.size()));
      assertThat(read.size())
          .as("cut after %s bytes", length)
          .isGreaterThanOrEqualTo(whole(length, events));
      Files.createDirectories(directory);
    }
  }

  @Test
  void aFlippedBitEndsTheFileAndNothingWrongIsRead() throws IOException {
    List<LogEvent> events = events(LogLevel.INFO, 0, 4);
    Path file = spooled(events);
    byte[] all = Files.readAllBytes(file);
    Random random = new Random(7);
    for (int i = 0; i < 500; i++) {
      byte[] damaged = all.clone();
      damaged[random.nextInt(all.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, damaged);

      assertThat(events).as("round %s", i).containsAll(replayed(spool("b")));
    }
  }

  @Test
  void whatComesAfterATornTailIsReadToo() throws IOException {
    List<LogEvent> events = events(LogLevel.INFO, 0, 2);
    Path file = spooled(events);
    Files.write(file, new byte[] {0, 0, 1}, StandardOpenOption.APPEND);
    String name = file.getFileName().toString().replace(".spool", "");
    try (SpoolFile adopted = SpoolFile.take(directory, name).orElseThrow()) {
      List<LogEvent> more = events(LogLevel.INFO, 2, 1);
      adopted.append(more);

      List<LogEvent> read = new ArrayList<>();
      adopted.read(10, read::addAll);
      assertThat(read).hasSize(3).containsAll(events).containsAll(more);
    }
  }

  @Test
  void aFullSpoolLosesItsOldestMinorEventsFirst() throws IOException {
    int dropped = 0;
    try (Spool spool = new Spool(directory, InstanceId.random(), "a", 20_000)) {
      List<LogEvent> important = events(LogLevel.ERROR, 0, 10);
      spool.append(important);
      for (int i = 0; i < 50; i++) {
        dropped += spool.append(events(LogLevel.DEBUG, 100 + i * 10, 10));
      }

      List<LogEvent> kept = replayed(spool);

      assertThat(dropped + kept.size()).isEqualTo(510);
      assertThat(kept).containsAll(important);
      List<LogEvent> minor = kept.stream().filter(event -> event.level().isMinor()).toList();
      assertThat(minor.get(minor.size() - 1).message()).isEqualTo("event 599");
      assertThat(minor.get(0).message()).isEqualTo("event " + (600 - minor.size()));
    }
  }

  private static int whole(int length, List<LogEvent> events) {
    int end = LogFrames.MAGIC.length;
    int whole = 0;
    for (LogEvent event : events) {
      end += LogFrames.frame(event).length;
      whole += end <= length ? 1 : 0;
    }
    return whole;
  }

  private Path spooled(List<LogEvent> events) throws IOException {
    Spool dead = spool("dead");
    dead.append(events);
    dead.close();
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(".spool")).findFirst().orElseThrow();
    }
  }

  private Spool spool(String process) {
    return new Spool(directory, InstanceId.random(), process, 1 << 20);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  private static List<LogEvent> replayed(Spool spool) throws IOException {
    List<LogEvent> read = new ArrayList<>();
    spool.replay(read::addAll);
    return read;
  }

  static List<LogEvent> events(LogLevel level, int from, int count) {
    List<LogEvent> events = new ArrayList<>();
    for (int i = from; i < from + count; i++) {
      events.add(
          new LogEvent(
              UUID.randomUUID(),
              new AgentName("spooler"),
              new LogEvent.Stamp(InstanceId.random(), i),
              T0.plusSeconds(i),
              level,
              "event " + i,
              Json.of("{\"text\": \"\u00e4\ud83d\ude00\"}")));
    }
    return events;
  }
}
