package io.selfupgrade.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;

/**
 * Ends this JVM at a named point, once, as a power cut would: no hook runs, nothing is flushed.
 *
 * <p>Thread-safe. {@link #ofProperties} and {@link #ofEnvironment} say how a point is chosen.
 */
public final class Halt {
  /** The exit code of a JVM that was ended here. */
  public static final int CODE = 134;

  /** Halts nowhere, and lists nothing. */
  public static final Halt NEVER =
      new Halt("", Optional.empty(), Optional.empty(), (moment, name) -> {});

  private final String at;
  private final Optional<Path> marker;
  private final Optional<Path> list;
  private final BiConsumer<String, String> watcher;
  private final Map<String, Integer> seen = new HashMap<>();
  private int effects;

  private Halt(
      String at, Optional<Path> marker, Optional<Path> list, BiConsumer<String, String> watcher) {
    this.watcher = watcher;
    this.at = at;
    this.marker = marker;
    this.list = list;
    if (!at.isEmpty() && marker.isEmpty()) {
      throw new IllegalArgumentException("A halt at '" + at + "' needs a marker: it happens once");
    }
  }

  /**
   * Takes the point from {@code -Dhalt.at}, {@code -Dhalt.marker} and {@code -Dhalt.list}.
   *
   * <p>{@code at}: {@code before NAME#N} or {@code after NAME#N}, for the N-th effect of that name
   * in this JVM, or {@code before N} and {@code after N}, for the N-th effect of all. {@code
   * marker}: a file that is created when it happens; while it exists nothing happens. {@code list}:
   * a file to which each effect is written before it happens, as {@code NAME#N}.
   */
  public static Halt ofProperties() {
    return of(name -> System.getProperty("halt." + name));
  }

  /** The same from {@code HALT_AT}, {@code HALT_MARKER} and {@code HALT_LIST}. */
  public static Halt ofEnvironment() {
    return of(name -> System.getenv("HALT_" + name.toUpperCase(Locale.ROOT)));
  }

  private static Halt of(UnaryOperator<String> settings) {
    return new Halt(
        Optional.ofNullable(settings.apply("at")).orElse(""),
        Optional.ofNullable(settings.apply("marker")).map(Path::of),
        Optional.ofNullable(settings.apply("list")).map(Path::of),
        (moment, name) -> {});
  }

  /**
   * Leaves it to a watcher, which is told {@code before} or {@code after} and the effect's name.
   */
  public static Halt by(BiConsumer<String, String> watcher) {
    return new Halt("", Optional.empty(), Optional.empty(), watcher);
  }

  /** Carries out an effect of this name, and ends the JVM before or after it if that is asked. */
  public void around(String name, WatchedDisk.Step effect) throws IOException {
    String place;
    String number;
    synchronized (this) {
      effects++;
      number = Integer.toString(effects);
      place = name + "#" + seen.merge(name, 1, Integer::sum);
    }
    write(place);
    haltIf("before ", place, number);
    watcher.accept("before", name);
    effect.run();
    watcher.accept("after", name);
    haltIf("after ", place, number);
  }

  private void haltIf(String when, String place, String number) {
    if (at.equals(when + place) || at.equals(when + number)) {
      try {
        Files.createFile(marker.orElseThrow());
      } catch (FileAlreadyExistsException e) {
        return;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      Runtime.getRuntime().halt(CODE);
    }
  }

  private void write(String place) throws IOException {
    if (list.isPresent()) {
      Files.writeString(
          list.get(), place + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }
}
