package io.selfupgrade.examples.quickstart;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The place of the story: one directory, the launcher in it, and the reaper that clears it away.
 */
final class Stage implements AutoCloseable {

  private static final Duration LONGEST_CLEARING = Duration.ofMinutes(2);
  private static final int LOG_TAIL_LINES = 25;

  private final Places places;
  private final boolean keep;
  private final Process reaper;
  private final Thread hook = new Thread(this::clearAway, "quickstart-clear-away");
  private volatile boolean ending;
  private boolean cleared;
  private boolean clean;

  private Stage(Places places, boolean keep, Process reaper) {
    this.places = places;
    this.keep = keep;
    this.reaper = reaper;
  }

  /** Makes the directory, and first of all the process that will clear it away. */
  static Stage open(boolean keep) throws IOException {
    Path root = Files.createTempDirectory("selfupgrade-quickstart-").toRealPath();
    // A database server that is started by root runs as nobody, who has to get through.
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
    Places places = new Places(root);
    List<String> command =
        Programs.java(
            "-Xmx64m",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
            "-cp",
            Programs.ownJar().toString(),
            Reaper.class.getName(),
            root.toString());
    Process reaper =
        new ProcessBuilder(Programs.deafToTheTerminal(command))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    Stage stage = new Stage(places, keep, reaper);
    Runtime.getRuntime().addShutdownHook(stage.hook);
    Programs.unpackLauncher(places.launcher());
    return stage;
  }

  Places places() {
    return places;
  }

  /** Starts the launcher, which starts the agent and keeps it running. */
  Process launch(Map<String, String> environment) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Programs.deafToTheTerminal(
                Programs.java(
                    "-Xmx32m",
                    "-jar",
                    places.launcher().toString(),
                    "run",
                    places.home().toString())));
    builder.environment().putAll(environment);
    return builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(places.log().toFile()))
        .start();
  }

  /** Returns the ends of all logs, for a person who wonders what went wrong. */
  List<String> logTails() throws IOException {
    List<String> tails = new ArrayList<>();
    List<Path> logs = new ArrayList<>(List.of(places.log()));
    if (Files.isDirectory(places.home().resolve("run"))) {
      try (Stream<Path> found = Files.walk(places.home().resolve("run"))) {
        found.filter(file -> file.toString().endsWith(".log")).forEach(logs::add);
      }
    }
    for (Path log : logs) {
      if (Files.isRegularFile(log)) {
        List<String> lines =
            new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
        tails.add("--- " + places.root().relativize(log));
        tails.addAll(lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
      }
    }
    return tails;
  }

  /** Tells whether everything is being stopped, and trouble with it no trouble any more. */
  boolean isEnding() {
    return ending;
  }

  /** Stops everything and removes the directory; tells whether nothing was left. */
  boolean clear() {
    clearAway();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return clean; // The program is ending: the hook waits for this very clearing.
    }
    return clean;
  }

  @Override
  public void close() {
    clear();
  }

  private void clearAway() {
    ending = true;
    clearOnce();
  }

  private synchronized void clearOnce() {
    if (cleared) {
      return;
    }
    cleared = true;
    try (OutputStream pipe = reaper.getOutputStream()) {
      if (keep) {
        pipe.write(Reaper.KEEP);
      }
    } catch (IOException e) {
      System.err.println("the reaper of " + places.root() + " is gone: " + e);
    }
    try {
      clean =
          reaper.waitFor(LONGEST_CLEARING.toMillis(), TimeUnit.MILLISECONDS)
              && reaper.exitValue() == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Where things lie.
   *
   * @param root the directory of this run
   */
  record Places(Path root) {
    Path home() {
      return root.resolve("home");
    }

    Path postgres() {
      return root.resolve("postgres");
    }

    Path launcher() {
      return root.resolve("selfupgrade-launcher.jar");
    }

    Path log() {
      return root.resolve("launcher.out");
    }
  }
}
