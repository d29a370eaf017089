package io.selfupgrade.supabase.embedded;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a program to its end, in a scrubbed environment and under a time limit. */
final class Command {

  static final int NOT_FOUND = 127;
  private static final int TAIL_BYTES = 4096;
  private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  /**
   * How a program ended.
   *
   * @param exitCode its code; {@link #NOT_FOUND} if it could not be started
   * @param output the tail of what it printed on both streams
   */
  record Result(int exitCode, String output) {
    boolean succeeded() {
      return exitCode == 0;
    }
  }

  private Command() {}

  /**
   * Runs it with {@code root} as working directory. The output goes to a file there, not to a pipe:
   * a grandchild that lives on could hold a pipe open.
   */
  static Result run(Path root, List<String> words, Deadline deadline) {
    try {
      Path output = new ServerDirectory(root).temporary("output");
      try {
        return run(root, words, output, deadline);
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (IOException e) {
      throw Trouble.failed("cannot run " + words.get(0) + " in " + root, e);
    }
  }

  private static Result run(Path root, List<String> words, Path output, Deadline deadline)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(root.toFile())
            .redirectErrorStream(true)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(output.toFile());
    scrub(builder.environment());
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      return new Result(NOT_FOUND, String.valueOf(e.getMessage()));
    }
    try {
      if (process.waitFor(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
        return new Result(process.exitValue(), tail(output, 0));
      }
      throw Trouble.failed(
          words + " did not end in time and was killed; it printed: " + tail(output, 0));
    } catch (InterruptedException e) {
      throw Trouble.interrupted("running " + words.get(0), e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** The server outlives us: it gets no secret of the agent's environment, and no PG* setting. */
  private static void scrub(Map<String, String> environment) {
    String path = environment.getOrDefault("PATH", PATH);
    environment.clear();
    environment.put("PATH", path);
    environment.put("LC_ALL", "C");
  }

  /** The last few thousand bytes of a file, not before {@code from}; empty if there is none. */
  static String tail(Path file, long from) {
    if (!Files.exists(file)) {
      return "";
    }
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      long start = Math.max(Math.min(from, in.length()), in.length() - TAIL_BYTES);
      byte[] bytes = new byte[(int) Math.min(TAIL_BYTES, in.length() - start)];
      in.seek(start);
      in.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "(" + file + " cannot be read: " + e.getMessage() + ")";
    }
  }
}
