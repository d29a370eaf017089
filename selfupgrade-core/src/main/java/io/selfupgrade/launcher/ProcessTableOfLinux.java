package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/** Reads {@code /proc}: proc(5), fields 3 (state) and 22 (start tick) of {@code stat}. */
final class ProcessTableOfLinux extends ProcessTable {
  private static final int STATE = 0;
  private static final int START_TICK = 19;
  private static final String VICTIM_SCORE = "500";
  private static final String BOOT_UNKNOWN = "boot";

  private final Path proc;
  private final String boot;

  ProcessTableOfLinux(Path proc) {
    this.proc = proc;
    this.boot = text(proc.resolve("sys/kernel/random/boot_id")).orElse(BOOT_UNKNOWN).strip();
  }

  @Override
  Optional<ProcessMark> mark(long pid) {
    Optional<String> stat = text(proc.resolve(Long.toString(pid)).resolve("stat"));
    if (stat.isEmpty()) {
      return Optional.empty();
    }
    // The name in parentheses may hold blanks and parentheses itself.
    String[] fields = stat.get().substring(stat.get().lastIndexOf(')') + 2).split(" ", -1);
    boolean dead = fields[STATE].equals("Z") || fields[STATE].equals("X");
    if (dead || fields.length <= START_TICK) {
      return Optional.empty();
    }
    long startMillis = ProcessHandle.of(pid).map(ProcessTable::startMillis).orElse(0L);
    return Optional.of(
        new ProcessMark(pid, startMillis, "linux:" + boot + ":" + fields[START_TICK]));
  }

  @Override
  Optional<ProcessMark> find(UUID instance) {
    ProcessMark oldest = ProcessMark.NONE;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(proc, "[1-9]*")) {
      for (Path process : all) {
        if (isInstance(process, instance)) {
          ProcessMark found =
              mark(Long.parseLong(process.getFileName().toString())).orElse(ProcessMark.NONE);
          if (!oldest.known() || (found.known() && tick(found) < tick(oldest))) {
            oldest = found;
          }
        }
      }
    } catch (IOException | DirectoryIteratorException | NumberFormatException e) {
      return Optional.of(oldest).filter(ProcessMark::known);
    }
    return Optional.of(oldest).filter(ProcessMark::known);
  }

  @Override
  boolean beforeThisBoot(ProcessMark mark) {
    return mark.known()
        && mark.mark().startsWith("linux:")
        && !boot.equals(BOOT_UNKNOWN)
        && !mark.mark().startsWith("linux:" + boot + ":");
  }

  @Override
  void expendable(long pid, boolean first) throws IOException {
    String score =
        first ? VICTIM_SCORE : Files.readString(proc.resolve("self/oom_score_adj")).strip();
    Files.writeString(proc.resolve(Long.toString(pid)).resolve("oom_score_adj"), score);
  }

  private boolean isInstance(Path process, UUID instance) {
    Optional<String> commandLine = text(process.resolve("cmdline"));
    if (commandLine.isEmpty()) {
      return false;
    }
    String[] arguments = commandLine.get().split("\0", -1);
    if (!arguments[0].endsWith("java")) {
      return false;
    }
    for (String argument : arguments) {
      if (argument.equals(argument(instance))) {
        return true;
      }
    }
    return false;
  }

  private static long tick(ProcessMark mark) {
    return Long.parseLong(mark.mark().substring(mark.mark().lastIndexOf(':') + 1));
  }

  /** A process may end while it is looked at. */
  private static Optional<String> text(Path file) {
    try {
      return Optional.of(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
