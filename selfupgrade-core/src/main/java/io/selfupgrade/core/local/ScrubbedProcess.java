package io.selfupgrade.core.local;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs a program with limits and with an environment of only what a program needs to start.
 *
 * <p>That protects against accidents, not against a hostile program, which runs as this user. When
 * it is over, it and all that it started is ended: what is below it, what was below it when it was
 * looked at, ten times a second, and on Linux what has its mark in its environment. Thread-safe.
 */
public final class ScrubbedProcess {

  private static final Set<String> KEPT =
      Set.of("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH");
  private static final String MARK = "SELFUPGRADE_SCRATCH";
  private static final int TAIL_BYTES = 8 * 1024;
  private static final int POLL_MILLIS = 100;
  private static final int POLLS_A_LOOK_AT_THE_DISK = 10;
  private static final int MOST_ROUNDS = 20;
  private static final Path PROCESSES = Path.of("/proc");

  private final Path directory;
  private final Path scratch;
  private final Limits limits;
  private final Path output;

  /**
   * Prepares a run.
   *
   * @param directory where the program works
   * @param scratch its home and place for temporary files, with its output; marks what it starts
   * @param limits of the run
   */
  public ScrubbedProcess(Path directory, Path scratch, Limits limits) {
    this.directory = directory;
    this.scratch = scratch;
    this.limits = limits;
    this.output = scratch.resolve("output");
  }

  /**
   * Runs a program to its end.
   *
   * @param more what its environment has beside
   * @return what failed, with the end of its output; empty if it exited with 0 within its limits
   * @throws IOException if it could not be started
   * @throws InterruptedException if this thread was interrupted; the program is ended
   */
  public Optional<String> run(List<String> command, Map<String, String> more)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    Map<String, String> environment = builder.environment();
    environment.keySet().retainAll(KEPT);
    environment.put("HOME", scratch.toString());
    environment.put("TMPDIR", scratch.toString());
    environment.put(MARK, scratch.toString());
    environment.putAll(more);
    builder.redirectErrorStream(true).redirectOutput(output.toFile());
    builder.redirectInput(new File("/dev/null"));
    // Opened here too: the program may delete the file.
    try (RandomAccessFile printed = new RandomAccessFile(output.toFile(), "rw")) {
      Process process = builder.start();
      Set<ProcessHandle> family = new HashSet<>();
      try {
        return await(process, family, printed);
      } finally {
        process.descendants().forEach(family::add);
        family.add(process.toHandle());
        end(family, scratch);
      }
    }
  }

  /** Ends what an earlier run with that scratch directory left, after a crash of its parent. */
  public static void endLeftovers(Path scratch) {
    end(new HashSet<>(), scratch);
  }

  private Optional<String> await(
      Process process, Set<ProcessHandle> family, RandomAccessFile printed)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    for (int poll = 1; !process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS); poll++) {
      process.descendants().forEach(family::add);
      if (System.nanoTime() - start >= limits.time.toNanos()) {
        return failed("it did not end within " + limits.time, printed);
      }
      Optional<String> tooMuch = tooMuch(printed, poll % POLLS_A_LOOK_AT_THE_DISK == 0);
      if (tooMuch.isPresent()) {
        return failed(tooMuch.get(), printed);
      }
    }
    // First, because too much may be why it failed: a file at its limit ends who writes it.
    Optional<String> tooMuch = tooMuch(printed, true);
    if (tooMuch.isPresent()) {
      return failed(tooMuch.get(), printed);
    }
    int code = process.exitValue();
    return code == 0
        ? Optional.empty()
        : failed("it exited with " + code + ", expected 0", printed);
  }

  private Optional<String> tooMuch(RandomAccessFile printed, boolean disk) throws IOException {
    if (printed.length() > limits.outputBytes) {
      return Optional.of("it printed more than " + limits.outputBytes + " bytes");
    }
    if (disk && limits.diskBytes.isPresent()) {
      long most = limits.diskBytes.getAsLong();
      return sizeOf(directory) + sizeOf(scratch) > most
          ? Optional.of("its files have more than " + most + " bytes")
          : Optional.empty();
    }
    return Optional.empty();
  }

  private static Optional<String> failed(String what, RandomAccessFile printed) throws IOException {
    long length = printed.length();
    printed.seek(Math.max(0, length - TAIL_BYTES));
    byte[] tail = new byte[(int) Math.min(length, TAIL_BYTES)];
    printed.readFully(tail);
    String text = new String(tail, StandardCharsets.UTF_8).strip();
    return Optional.of(
        what + (text.isEmpty() ? "; it printed nothing" : "; the end of its output:\n" + text));
  }

  /** Sums up what is there; what vanishes meanwhile counts for nothing. */
  private static long sizeOf(Path root) throws IOException {
    long[] bytes = new long[1];
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            bytes[0] += attributes.size();
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException gone) {
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException gone) {
            return FileVisitResult.CONTINUE;
          }
        });
    return bytes[0];
  }

  /** Again and again, because what is ended may have started something just before. */
  private static void end(Set<ProcessHandle> family, Path scratch) {
    for (int round = 0; round < MOST_ROUNDS; round++) {
      family.addAll(marked(scratch));
      family.removeIf(process -> !process.isAlive());
      if (family.isEmpty()) {
        return;
      }
      for (ProcessHandle process : Set.copyOf(family)) {
        process.descendants().forEach(family::add);
        process.destroyForcibly();
      }
      family.forEach(ScrubbedProcess::awaitEnd);
    }
  }

  private static void awaitEnd(ProcessHandle process) {
    process.onExit().completeOnTimeout(process, POLL_MILLIS, TimeUnit.MILLISECONDS).join();
  }

  /** Returns the processes that have the mark, on systems that show environments. */
  private static Set<ProcessHandle> marked(Path scratch) {
    Set<ProcessHandle> found = new HashSet<>();
    String mark = "\0" + MARK + "=" + scratch + "\0";
    ProcessHandle.allProcesses()
        .filter(process -> process.pid() != ProcessHandle.current().pid())
        .filter(process -> environmentOf(process.pid()).contains(mark))
        .forEach(found::add);
    return found;
  }

  private static String environmentOf(long pid) {
    Path file = PROCESSES.resolve(Long.toString(pid)).resolve("environ");
    try {
      return "\0" + new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      // It has ended, is somebody else's, or this system shows none.
      return "";
    }
  }

  /**
   * Limits of a run.
   *
   * @param time after which it is ended
   * @param outputBytes how much it may print
   * @param diskBytes how much its directories may hold, what it was given included; empty: not
   *     looked at
   */
  public record Limits(Duration time, long outputBytes, OptionalLong diskBytes) {
    /** Validates that all are there. */
    public Limits {
      Objects.requireNonNull(time, "time");
      Objects.requireNonNull(diskBytes, "diskBytes");
    }
  }
}
