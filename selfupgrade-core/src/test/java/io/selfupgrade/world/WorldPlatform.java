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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Stands in for a platform: starts a JVM of the version that it is asked for, stops the others.
 *
 * <p>A version that runs already is kept, and all others are stopped. Otherwise the others are
 * stopped before the start (NEVER), as soon as the new one has registered (HEALTHY), or not at all
 * (CONFIRMED): they end by themselves. What does not register in time is no successor (HEALTHY): it
 * is stopped, and the others are kept.
 */
final class WorldPlatform implements AutoCloseable {

  private static final Duration LOOK = Duration.ofMillis(20);

  private final World world;
  private final KeptUntil keeps;
  private final Duration within;
  private final Path folder;
  private final Map<String, List<String>> arguments = new ConcurrentHashMap<>();
  private final Map<String, String> environment = new ConcurrentHashMap<>();
  private final Set<String> missing = ConcurrentHashMap.newKeySet();
  private final List<Running> processes = new CopyOnWriteArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private final Thread thread = new Thread(this::run, "world-platform");
  private volatile Runnable whenAsked = () -> {};
  private volatile Course course = new Course() {};
  private volatile Duration healthyWithin = World.SOON;
  private volatile boolean closed;

  WorldPlatform(World world, KeptUntil keeps, Duration within) throws IOException {
    this.world = world;
    this.keeps = keeps;
    this.within = within;
    this.folder = Files.createDirectories(world.directory().resolve("platform/asked"));
    thread.setDaemon(true);
    thread.start();
  }

  /** Hears what becomes of a deployment. */
  interface Course {
    /** The platform works on it. */
    default void begun(String deployment) {}

    /** The platform has done what it was asked for, or could not. */
    default void ended(String deployment, boolean well) {}
  }

  /** A process of a version. */
  record Running(String version, Process process) {}

  /** Sets what the agents of a version get as arguments. */
  void arguments(String version, String... all) {
    arguments.put(version, List.of(all));
  }

  /** Sets a variable that all agents get from now on. */
  void environment(String name, String value) {
    environment.put(name, value);
  }

  /** Lets the platform have no image of a version. */
  void misses(String version) {
    missing.add(version);
  }

  /** Sets for how long a new version may take to register before it is stopped again. */
  void healthyWithin(Duration time) {
    healthyWithin = time;
  }

  /** Sets who hears what becomes of deployments. */
  void tell(Course heard) {
    course = heard;
  }

  /** Returns where questions are put. */
  Path folder() {
    return folder;
  }

  /** Sets what happens when the platform has heard of a deployment, before it acts. */
  void whenAsked(Runnable what) {
    whenAsked = what;
  }

  /** Starts a version, as the platform did before the test began. */
  Process start(String version) {
    try {
      Map<String, String> told = new HashMap<>(environment);
      told.put("WORLD_VERSION", version);
      told.put("WORLD_PLATFORM", folder.toString());
      told.put("WORLD_KEEPS", keeps.name());
      told.put("WORLD_WITHIN", within.toString());
      Process process =
          world.startAgent(told, arguments.getOrDefault(version, List.of()).toArray(String[]::new));
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
        String deployment = question.getFileName().toString();
        if (!closed && seen.add(deployment)) {
          String version = read(question);
          whenAsked.run();
          course.begun(deployment);
          course.ended(deployment, !missing.contains(version) && carryOut(version));
        }
      }
      try {
        TimeUnit.MILLISECONDS.sleep(20);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Returns whether the version runs as it was asked to. */
  private boolean carryOut(String version) {
    if (processes.stream().anyMatch(one -> isOf(one, version))) {
      stopOthers(version);
      return true;
    }
    if (keeps == KeptUntil.NEVER) {
      stopOthers(version);
      Eventually.holds("the old ones have ended", World.SOON, () -> living() == 0);
    }
    Process started = start(version);
    if (keeps != KeptUntil.HEALTHY) {
      return true;
    }
    if (!becomesHealthy(version)) {
      started.destroyForcibly();
      return false;
    }
    stopOthers(version);
    return true;
  }

  private boolean becomesHealthy(String version) {
    String registered = "select count(*) from selfupgrade.instances where version = '";
    long end = System.nanoTime() + healthyWithin.toNanos();
    while (System.nanoTime() - end < 0 && !closed) {
      if (world.number(registered + version + "'") > 0) {
        return true;
      }
      LockSupport.parkNanos(LOOK.toNanos());
    }
    return false;
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
