package io.selfupgrade.core.observe;

import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.observe.LogEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A directory of spool files: this instance's own, and those that dead ones left behind.
 *
 * <p>A file's name says which process it belongs to. Those of this very process are never opened by
 * another agent in it: on POSIX systems that would drop their lock. Thread-safe.
 */
final class Spool implements AutoCloseable {

  private static final int BATCH = 500;

  private final Path directory;
  private final InstanceId instance;
  private final String process;
  private final long mostBytes;
  private @Nullable SpoolFile own;
  private boolean closed;

  /**
   * Describes the spool; no I/O.
   *
   * @param process names this process among all that use the directory
   * @param mostBytes size of the own file from which the oldest events go
   */
  Spool(Path directory, InstanceId instance, String process, long mostBytes) {
    this.directory = directory;
    this.instance = instance;
    this.process = process;
    this.mostBytes = mostBytes;
  }

  /** Returns what names this process: a process id alone comes back, in a container always. */
  static String thisProcess() {
    ProcessHandle self = ProcessHandle.current();
    long start = self.info().startInstant().map(at -> at.toEpochMilli()).orElse(0L);
    return self.pid() + "-" + start;
  }

  /** Adds events to the own file; returns how many older ones had to go for them. */
  synchronized int append(List<LogEvent> events) throws IOException {
    if (closed) {
      throw new IOException("the spool " + directory + " is closed");
    }
    if (own == null) {
      Files.createDirectories(directory);
      own =
          SpoolFile.take(directory, instance + "_" + process)
              .orElseThrow(
                  () -> new IOException("another process has the spool of " + instance + " open"));
    }
    own.append(events);
    return own.length() > mostBytes ? own.shrinkTo(mostBytes / 4 * 3) : 0;
  }

  synchronized long bytes() {
    return own == null ? 0 : own.length();
  }

  /**
   * Reads the own events and those of dead instances, and forgets what was taken.
   *
   * @param reader takes a batch; where it throws, the file stays as it is
   */
  void replay(SpoolFile.Reader reader) throws IOException {
    SpoolFile file;
    long end;
    synchronized (this) {
      file = own;
      end = file == null ? 0 : file.length();
    }
    if (file != null && end > 0) {
      // Not under the lock: whoever closes the spool must not wait for the store.
      reader.begin();
      file.read(BATCH, reader);
      synchronized (this) {
        if (file == own && file.length() == end) {
          file.clear();
          reader.forgotten();
        }
      }
    }
    for (String name : abandoned()) {
      adopt(name, reader);
    }
  }

  private void adopt(String name, SpoolFile.Reader reader) throws IOException {
    Optional<SpoolFile> found = SpoolFile.take(directory, name);
    if (found.isPresent()) {
      try (SpoolFile file = found.get()) {
        if (file.length() > 0) {
          LogWriter.LOG.info("writing the log events that a dead instance left in {}", file);
        }
        reader.begin();
        file.read(BATCH, reader);
        file.clear();
        reader.forgotten();
        file.leave(name);
      }
    }
  }

  /** Gives the own file up; what is in it can be taken by any instance. Idempotent. */
  @Override
  public synchronized void close() throws IOException {
    closed = true;
    SpoolFile file = own;
    own = null;
    if (file != null) {
      file.leave(instance.toString());
    }
  }

  private List<String> abandoned() throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(SpoolFile.SUFFIX))
          .map(name -> name.substring(0, name.length() - SpoolFile.SUFFIX.length()))
          .filter(name -> !name.endsWith("_" + process))
          .sorted()
          .toList();
    }
  }

  @Override
  public String toString() {
    return directory.toString();
  }
}
