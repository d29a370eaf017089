package io.selfupgrade.world;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Processes of one agent on one database, each reaching it by a wire of its own. */
final class Fleet implements AutoCloseable {

  private final WorldDatabase database;
  private final Path output;
  private final List<Ship> ships = new ArrayList<>();

  /** A process that is replaced when it is killed. */
  final class Ship implements AutoCloseable {
    private final Wire wire;
    private Process process;
    private boolean stopped;

    private Ship() throws IOException {
      this.wire = new Wire(URI.create(database.url().substring("jdbc:".length())).getPort());
      this.process = start(wire);
    }

    /** Ends it as {@code kill -9} does, and starts another one. */
    void kill() throws IOException {
      process.destroyForcibly().onExit().join();
      stopped = false;
      process = start(wire);
    }

    /** Lets it stand still. */
    void stop() throws IOException {
      Troubles.signal("STOP", process.pid());
      stopped = true;
    }

    /** Lets it go on, if it stands still. */
    void goOn() throws IOException {
      if (stopped) {
        Troubles.signal("CONT", process.pid());
        stopped = false;
      }
    }

    /** Ends its connections and each new one. */
    void cut() {
      wire.cut();
    }

    /** Lets it connect again. */
    void mend() {
      wire.mend();
    }

    boolean alive() {
      return process.isAlive();
    }

    /** Ends it as a service manager does. */
    @Override
    public void close() throws IOException {
      goOn();
      mend();
      process.destroy();
      try {
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
          process.destroyForcibly().onExit().join();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly().onExit().join();
        Thread.currentThread().interrupt();
      }
      wire.close();
    }
  }

  /** Starts so many. */
  Fleet(WorldDatabase database, Path directory, int size) throws IOException {
    this.database = database;
    this.output = directory.resolve("fleet.out");
    for (int index = 0; index < size; index++) {
      ships.add(new Ship());
    }
  }

  List<Ship> ships() {
    return List.copyOf(ships);
  }

  /** Returns how often a text is in what the processes have said. */
  long said(String text) throws IOException {
    try (var lines = Files.lines(output)) {
      return lines.filter(line -> line.contains(text)).count();
    }
  }

  private Process start(Wire wire) throws IOException {
    String url =
        database
            .url()
            .replaceFirst(
                ":" + URI.create(database.url().substring("jdbc:".length())).getPort() + "/",
                ":" + wire.port() + "/");
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
    command.addAll(World.QUICK_START);
    command.addAll(
        List.of(
            "-Xmx96m", "-cp", System.getProperty("java.class.path"), ChaosAgent.class.getName()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("WORLD_DB", url);
    return builder
        .redirectErrorStream(true)
        .redirectOutput(Redirect.appendTo(output.toFile()))
        .start();
  }

  /** Ends all, at the same time. */
  @Override
  public void close() throws IOException {
    for (Ship ship : ships) {
      ship.goOn();
      ship.process.destroy();
    }
    for (Ship ship : ships) {
      ship.close();
    }
  }
}
