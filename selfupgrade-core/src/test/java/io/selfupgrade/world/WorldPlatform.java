package io.selfupgrade.world;

import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.KeptUntil;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Stands in for a platform: starts a JVM of the version that it is asked for, stops the others.
 *
 * <p>A version that runs already is kept, and all others are stopped. Otherwise the others are
 * stopped before the start (NEVER), as soon as the new one has registered (HEALTHY), or not at all
 * (CONFIRMED): they end by themselves.
 */
final class WorldPlatform implements AutoCloseable {

  private final World world;
  private final KeptUntil keeps;
  private final Duration within;
  private final Path folder;
  private final Map<String, List<String>> arguments = new ConcurrentHashMap<>();
  private final List<Running> processes = new CopyOnWriteArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private final Thread thread = new Thread(this::run, "world-platform");
  private volatile Runnable whenAsked = () -> {};
  private volatile boolean closed;

  WorldPlatform(World world, KeptUntil keeps, Duration within) throws IOException {
    this.world = world;
    this.keeps = keeps;
    this.within = within;
    this.folder = Files.createDirectories(world.directory().resolve("platform/asked"));
    thread.setDaemon(true);
    thread.start();
  }

  /** A process of a version. */
  record Running(String version, Process process) {}

  /** Sets what the agents of a version get as arguments. */
  void arguments(String version, String... all) {
    arguments.put(version, List.of(all));
  }

  /** Sets what happens when the platform has heard of a deployment, before it acts. */
  void whenAsked(Runnable what) {
    whenAsked = what;
  }

  /** Starts a version, as the platform did before the test began. */
  Process start(String version) {
    try {
      Process process =
          world.startAgent(
              Map.of(
                  "WORLD_VERSION", version,
                  "WORLD_PLATFORM", folder.toString(),
                  "WORLD_KEEPS", keeps.name(),
                  "WORLD_WITHIN", within.toString()),
              arguments.getOrDefault(version, List.of()).toArray(String[]::new));
      processes.add(new Running(version, process));
      return process;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the versions that it was asked for, in their order. */
  List<String> asked() {
    List<String> versions = new ArrayList<>();
    for (Path question : questions()) {
      versions.add(read(question));
    }
    return versions;
  }

  /** Returns how many of its processes live. */
  long living() {
    return processes.stream().filter(one -> one.process().isAlive()).count();
  }

  private void run() {
    while (!closed) {
      for (Path question : questions()) {
        if (!closed && seen.add(question.getFileName().toString())) {
          carryOut(read(question));
        }
      }
      try {
        TimeUnit.MILLISECONDS.sleep(20);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void carryOut(String version) {
    whenAsked.run();
    if (processes.stream().anyMatch(one -> isOf(one, version))) {
      stopOthers(version);
      return;
    }
    if (keeps == KeptUntil.NEVER) {
      stopOthers(version);
      Eventually.holds("the old ones have ended", World.SOON, () -> living() == 0);
    }
    start(version);
    if (keeps == KeptUntil.HEALTHY) {
      String registered = "select count(*) from selfupgrade.instances where version = '";
      Eventually.holds(
          version + " is healthy", World.SOON, () -> world.number(registered + version + "'") > 0);
      stopOthers(version);
    }
  }

  private void stopOthers(String version) {
    processes.stream()
        .filter(one -> !one.version().equals(version))
        .forEach(one -> one.process().destroy());
  }

  private static boolean isOf(Running one, String version) {
    return one.version().equals(version) && one.process().isAlive();
  }

  private List<Path> questions() {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted(Comparator.comparing(WorldPlatform::written)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static FileTime written(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path question) {
    try {
      return Files.readString(question);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    Eventually.holds("the platform stands still", World.SOON, () -> !thread.isAlive());
    processes.forEach(one -> one.process().destroyForcibly());
    Eventually.holds("no process is left", World.SOON, () -> living() == 0);
  }
}
