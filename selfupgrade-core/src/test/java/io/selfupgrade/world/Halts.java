package io.selfupgrade.world;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Points at which a process of a world ends as by a power cut: armed by the test, reached once.
 *
 * <p>A point is a side, a moment and an effect, such as {@code old before journal.move(TRIAL)}. It
 * is armed by a file, so that processes that run already meet it too; the process that takes the
 * file away is the one that ends. A file can hold the points that are armed by that end: a row of
 * kills. Thread-safe.
 */
public final class Halts {

  /** The exit code of a JVM that was ended here. */
  public static final int CODE = 137;

  /** The point of a countdown: the n-th effect of all, whichever that is. */
  static final String COUNTDOWN = "countdown";

  private static final String ANY = "any";
  private static final List<String> SIDES = List.of("launcher", "candidate", "old");

  private final Path armed;
  private final Path reached;
  private final Path counted;
  private final Path hold;
  private final Path traced;

  /** Keeps its files in that directory. */
  public Halts(Path directory) {
    try {
      this.armed = Files.createDirectories(directory.resolve("armed"));
      this.reached = Files.createDirectories(directory.resolve("reached"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.counted = directory.resolve("counted");
    this.hold = directory.resolve("hold");
    this.traced = directory.resolve("traced");
  }

  /** Arms a row of points: the first now, each other one when the one before is reached. */
  void arm(List<String> points) {
    try {
      Files.deleteIfExists(counted);
      for (String point : points) {
        Files.deleteIfExists(reached.resolve(file(point)));
      }
      arm(String.join("\n", points));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void arm(String points) throws IOException {
    String first = points.lines().findFirst().orElseThrow();
    String rest = points.substring(Math.min(points.length(), first.length() + 1));
    boolean counts = first.startsWith(COUNTDOWN);
    String name = file(counts ? COUNTDOWN : first);
    Path draft = armed.resolveSibling(name);
    Files.deleteIfExists(counted);
    Files.writeString(draft, counts ? points : rest);
    Files.move(draft, armed.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Names the n-th effect from then on, of any process; the number tells two of a row apart. */
  static String countdown(int effects, int number) {
    return COUNTDOWN + " " + effects + " " + number;
  }

  /** Keeps the thread that reaches a point there until {@link #release}; only then it ends. */
  void hold() throws IOException {
    Files.writeString(hold, "");
  }

  void release() throws IOException {
    Files.deleteIfExists(hold);
  }

  /** Writes down from now on which points are passed, and by which side. */
  void trace() throws IOException {
    Files.writeString(traced, "");
  }

  /** Returns the points that were passed since {@link #trace}, each once, in their order. */
  Set<String> traced() throws IOException {
    return new LinkedHashSet<>(Files.readAllLines(traced));
  }

  /** Disarms what was not reached. */
  void disarm() {
    try (Stream<Path> left = Files.list(armed)) {
      for (Path point : left.toList()) {
        Files.deleteIfExists(point);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns when a point was reached, and by whom; empty if it was not. */
  Optional<Kill> kill(String point) {
    try {
      List<String> lines = Files.readAllLines(reached.resolve(file(point)));
      return lines.size() < 3
          ? Optional.empty()
          : Optional.of(
              new Kill(lines.get(0), Long.parseLong(lines.get(1)), Instant.parse(lines.get(2))));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends this process if the point is armed, for this side or for any. */
  public void reach(String moment, String effect, Predicate<String> side) {
    String where = moment + " " + effect;
    if (Files.exists(traced)) {
      note(SIDES.stream().filter(side).findFirst().orElse(ANY) + " " + where);
    }
    for (String name : List.of(ANY, "old", "candidate", "launcher")) {
      Path point = armed.resolve(file(name + " " + where));
      if (Files.exists(point) && (name.equals(ANY) || side.test(name))) {
        end(point, name + " " + where, where);
      }
    }
    if (moment.equals("before") && Points.EFFECTS.contains(effect)) {
      countDown(where);
    }
  }

  private void note(String point) {
    try {
      Files.writeString(traced, point + "\n", StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void countDown(String where) {
    Path point = armed.resolve(COUNTDOWN);
    try {
      if (!Files.exists(point)) {
        return;
      }
      String name = Files.readString(point).lines().findFirst().orElseThrow();
      Files.writeString(counted, "x", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      if (Files.size(counted) >= Long.parseLong(name.split(" ", 3)[1])) {
        end(point, name, where);
      }
    } catch (NoSuchFileException e) {
      return; // Another process has taken it.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void end(Path point, String name, String where) {
    try {
      String rest = Files.readString(point);
      if (name.startsWith(COUNTDOWN)) {
        rest = rest.substring(Math.min(rest.length(), name.length() + 1));
      }
      Files.delete(point);
      Files.writeString(
          reached.resolve(file(name)),
          where + "\n" + ProcessHandle.current().pid() + "\n" + Instant.now() + "\n",
          StandardOpenOption.CREATE_NEW);
      if (!rest.isBlank()) {
        arm(rest);
      }
    } catch (NoSuchFileException | FileAlreadyExistsException e) {
      return; // Another thread or process has taken it.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    while (Files.exists(hold)) {
      LockSupport.parkNanos(1_000_000);
    }
    Runtime.getRuntime().halt(CODE);
  }

  private static String file(String point) {
    return point.replace('/', ':');
  }

  /**
   * An end of a process.
   *
   * @param where moment and effect
   * @param pid its process id
   * @param at when
   */
  record Kill(String where, long pid, Instant at) {}
}
