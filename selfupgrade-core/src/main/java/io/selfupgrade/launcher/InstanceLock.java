package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * The OS lock {@code run/<instance>/lock}, which a living agent holds from start to end.
 *
 * <p>Take it once in a process and keep it: on POSIX systems closing any other channel on the same
 * file in this process would drop the lock. It is released by {@link #close} or with the process.
 */
public final class InstanceLock implements AutoCloseable {
  /** The launcher may hold the lock for a moment while it looks whether an instance is dead. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Duration PAUSE = Duration.ofMillis(10);

  private final FileChannel channel;

  private InstanceLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock of this process's own instance; waits at most 2 s.
   *
   * @throws IOException if another process holds it, if the launcher has already declared the
   *     instance dead, or if the file cannot be opened; the process should then end
   */
  public static InstanceLock take(RunDirectory run) throws IOException {
    run.disk().createDirectories(run.path());
    FileChannel channel = open(run.lock());
    try {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (!tryLock(channel)) {
        if (System.nanoTime() - deadline > 0) {
          throw new IOException(
              run.lock()
                  + " is held by another process: instance "
                  + run.instance()
                  + " runs already; each process needs an instance id of its own");
        }
        LockSupport.parkNanos(PAUSE.toNanos());
      }
      // Only now: the launcher attests a death while it holds this lock.
      if (Files.exists(run.reaped())) {
        throw new IOException(
            "The launcher has declared instance "
                + run.instance()
                + " dead ("
                + run.reaped()
                + "); this process came up too late and must end");
      }
      return new InstanceLock(channel);
    } catch (IOException | RuntimeException e) {
      closeAfter(channel, e);
      throw e;
    }
  }

  /** Takes the lock of another process's instance if no living process holds it. */
  static Optional<InstanceLock> tryTake(RunDirectory run) throws IOException {
    FileChannel channel = open(run.lock());
    try {
      if (tryLock(channel)) {
        return Optional.of(new InstanceLock(channel));
      }
      channel.close();
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      closeAfter(channel, e);
      throw e;
    }
  }

  /** Releases the lock. Idempotent. */
  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static void closeAfter(FileChannel channel, Exception failure) {
    try {
      channel.close();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }
}
