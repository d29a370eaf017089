package io.selfupgrade.supabase.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A client of a server in a JVM of its own, that can be killed. */
final class ClientProcess implements AutoCloseable {

  private static final String ATTACHED = "attached to ";

  private final Process process;
  private final BufferedReader output;

  private ClientProcess(Process process) {
    this.process = process;
    this.output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  static ClientProcess start(Path directory) throws IOException {
    return start(List.of(), System.getProperty("java.class.path"), directory);
  }

  static ClientProcess start(List<String> prefix, String classPath, Path directory)
      throws IOException {
    List<String> words = new ArrayList<>(prefix);
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", classPath));
    words.addAll(List.of(Main.class.getName(), directory.toString()));
    return new ClientProcess(new ProcessBuilder(words).redirectErrorStream(true).start());
  }

  /** Waits until it is attached, and returns the server's process id. */
  long attached() throws IOException {
    List<String> printed = new ArrayList<>();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(ATTACHED)) {
        return Long.parseLong(line.substring(ATTACHED.length()));
      }
      printed.add(line);
    }
    throw new AssertionError(
        "the client ended without being attached; it printed: " + String.join("\n", printed));
  }

  long pid() {
    return process.pid();
  }

  /** Kills it as kill -9 does. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Lets it leave the server and waits for its end. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      if (process.isAlive()) {
        throw new UncheckedIOException(e);
      }
    }
    process.onExit().join();
  }

  static final class Main {

    private Main() {}

    public static void main(String[] args) throws IOException {
      try (EmbeddedPostgres server = EmbeddedPostgres.attach(Path.of(args[0]))) {
        System.out.println(ATTACHED + server.pid());
        while (System.in.read() >= 0) {
          // until the parent closes the stream, or is gone
        }
      }
    }
  }
}
