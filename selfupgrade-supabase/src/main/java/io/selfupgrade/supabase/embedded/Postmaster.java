package io.selfupgrade.supabase.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The living main process of a server, as {@code postmaster.pid} and the process list tell it.
 *
 * @param root the server's directory
 * @param pid its process id
 * @param port the port it listens on
 */
record Postmaster(Path root, long pid, int port) {

  private static final Duration WRITING = Duration.ofSeconds(1);
  private static final Duration MOMENT = Duration.ofMillis(20);

  /** Lines 1, 2 and 4 of the file. */
  private record Written(long pid, String data, int port) {}

  /**
   * Finds the living server of the directory, and removes the file of one that is dead for certain.
   *
   * <p>Postgres leaves the file behind when it is killed, and refuses to start if its process id
   * belongs to any living process by then. Should a child of the dead server still be at work, its
   * shared memory, which is found by the data directory, keeps a new server from starting.
   *
   * @throws io.selfupgrade.agent.ConfigurationException if the server runs elsewhere, because the
   *     directory was moved or copied
   */
  static Optional<Postmaster> find(ServerDirectory directory) {
    Path file = directory.postmasterFile();
    try {
      Optional<Written> written = settled(file);
      if (written.isPresent()) {
        Written found = written.get();
        String program = programOf(found.pid());
        if (isPostgresIn(directory.root().toString(), program)) {
          checkNotMoved(directory, found);
          return Optional.of(new Postmaster(directory.root(), found.pid(), found.port()));
        }
        if (isPostgresIn(parentOf(found.data()), program)) {
          checkNotMoved(directory, found);
        }
      }
      Files.deleteIfExists(file);
      return Optional.empty();
    } catch (IOException e) {
      throw Trouble.failed("cannot read or remove " + file, e);
    }
  }

  private static void checkNotMoved(ServerDirectory directory, Written found) {
    if (!found.data().equals(directory.data().toString())) {
      throw Trouble.misconfigured(
          directory.root()
              + " was moved or copied while its server was running (process "
              + found.pid()
              + ", data directory "
              + found.data()
              + "): stop that process with kill -INT "
              + found.pid()
              + " and, if this is a copy, make it anew");
    }
  }

  /** A file that is being written gets a second to become readable. */
  private static Optional<Written> settled(Path file) throws IOException {
    Deadline deadline = Deadline.in(WRITING);
    while (true) {
      String text = ServerDirectory.readNative(file);
      if (text == null) {
        return Optional.empty();
      }
      Optional<Written> written = parse(text);
      if (written.isPresent() || deadline.passed()) {
        return written;
      }
      deadline.pause(MOMENT, "reading " + file);
    }
  }

  private static Optional<Written> parse(String text) {
    List<String> lines = text.lines().map(String::strip).toList();
    if (lines.size() < 4 || lines.get(1).isEmpty()) {
      return Optional.empty();
    }
    try {
      // negative: a server of a single user, without a port
      long pid = Math.abs(Long.parseLong(lines.get(0)));
      return Optional.of(new Written(pid, lines.get(1), Integer.parseInt(lines.get(3))));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Whether it is still there; a zombie is not, nor a stranger with its process id. */
  boolean alive() {
    return isPostgresIn(root.toString(), programOf(pid));
  }

  private static boolean isPostgresIn(String root, String program) {
    return program.startsWith(root + "/pgsql-") && program.endsWith("/bin/postgres");
  }

  private static String parentOf(String path) {
    return path.substring(0, Math.max(0, path.lastIndexOf('/')));
  }

  /**
   * The program that a process was started with; empty if there is no such process any more.
   *
   * <p>On Linux from the command line: that is readable for everybody, is empty for a zombie, and
   * the server's children replace theirs by a title.
   */
  private static String programOf(long pid) {
    Optional<ProcessHandle> handle = ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
    if (handle.isEmpty()) {
      return "";
    }
    Path commandLine = Path.of("/proc/" + pid + "/cmdline");
    if (!Files.exists(commandLine)) {
      return handle.get().info().command().orElse("");
    }
    try {
      String words = ServerDirectory.readNative(commandLine);
      int end = words == null ? 0 : words.indexOf('\0');
      return words == null ? "" : words.substring(0, end < 0 ? words.length() : end);
    } catch (IOException e) {
      // it ended while we looked
      return "";
    }
  }
}
