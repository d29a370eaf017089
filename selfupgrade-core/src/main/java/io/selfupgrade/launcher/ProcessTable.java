package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;

/**
 * The processes of this host, as far as they concern the launcher, and all that it does to them.
 *
 * <p>This one asks the JDK and serves macOS; on Linux {@link ProcessTableOfLinux} reads {@code
 * /proc}, because the JDK's start time moves with the clock and its command line is cut.
 */
class ProcessTable {
  private static final String INSTANCE_ARGUMENT = "-Dselfupgrade.instance=";

  /** Returns the table of this host. */
  static ProcessTable ofThisHost() {
    Path proc = Path.of("/proc");
    return Files.isReadable(proc.resolve("self/stat"))
        ? new ProcessTableOfLinux(proc)
        : new ProcessTable();
  }

  /** Returns the JVM argument by which a child can be found. */
  static String argument(UUID instance) {
    return INSTANCE_ARGUMENT + instance;
  }

  /** Starts a child; {@code ended} runs when it has ended. */
  ChildProcess start(ProcessBuilder child, Runnable ended) throws IOException {
    Process process = child.start();
    var unused = process.onExit().thenRun(ended);
    return new ChildProcess.Own(process);
  }

  /** Returns a child of an earlier launcher. */
  ChildProcess adopt(ProcessMark mark, RunDirectory run) {
    return new ChildProcess.Adopted(this, mark, run);
  }

  /** Returns the mark of a process that is alive now, or nothing. */
  Optional<ProcessMark> mark(long pid) {
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .map(handle -> new ProcessMark(pid, startMillis(handle), "start:" + startMillis(handle)));
  }

  /** Tells whether exactly this process is alive. */
  final boolean alive(ProcessMark expected) {
    return expected.known()
        && mark(expected.pid()).filter(now -> now.mark().equals(expected.mark())).isPresent();
  }

  /** Finds the JVM that was started for an instance by its command line. */
  Optional<ProcessMark> find(UUID instance) {
    String wanted = argument(instance);
    return ProcessHandle.allProcesses()
        .filter(
            handle ->
                handle.info().arguments().map(Arrays::asList).stream()
                    .anyMatch(arguments -> arguments.contains(wanted)))
        .min((a, b) -> Long.compare(startMillis(a), startMillis(b)))
        .flatMap(handle -> mark(handle.pid()));
  }

  /** Tells whether the mark is from before the last start of the host. */
  boolean beforeThisBoot(ProcessMark mark) {
    return false;
  }

  /** Makes a process the first or an ordinary victim when memory runs out, where that exists. */
  void expendable(long pid, boolean first) throws IOException {}

  static long startMillis(ProcessHandle handle) {
    return handle.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }
}
