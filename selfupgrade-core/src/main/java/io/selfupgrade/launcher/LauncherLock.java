package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** The OS lock of the one launcher of a home; opened once, released with the process. */
final class LauncherLock implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(20);

  private final FileChannel channel;

  private LauncherLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Takes the lock if no launcher holds it. */
  static Optional<LauncherLock> tryTake(Home home) throws IOException {
    home.disk().createDirectories(home.run());
    FileChannel channel =
        FileChannel.open(home.launcherLock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean taken = false;
    try {
      taken = channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      // Held in this very process: held.
      taken = false;
    } finally {
      if (!taken) {
        channel.close();
      }
    }
    return taken ? Optional.of(new LauncherLock(channel)) : Optional.empty();
  }

  /** Takes the lock, waiting while {@code status} or {@code stop} may hold it for a moment. */
  static Optional<LauncherLock> take(Home home, Duration patience) throws IOException {
    long deadline = System.nanoTime() + patience.toNanos();
    Optional<LauncherLock> lock = tryTake(home);
    while (lock.isEmpty() && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(PAUSE.toNanos());
      lock = tryTake(home);
    }
    return lock;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
