package io.selfupgrade.supabase.embedded;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The exclusive right to start or stop the server of a directory.
 *
 * <p>An OS lock keeps other processes out. It cannot keep out another thread of this JVM, whose
 * closing of a second channel on the file would even drop it; so the file is opened only under a
 * lock of the JVM's own, kept for each directory, and closed before that one is given back.
 */
final class DirectoryLock {

  private static final ConcurrentMap<Path, ReentrantLock> IN_THIS_JVM = new ConcurrentHashMap<>();
  private static final Duration MOMENT = Duration.ofMillis(20);

  private DirectoryLock() {}

  /**
   * Does it while holding the lock.
   *
   * @param wait how long to wait for others that hold it
   */
  static <T> T holding(ServerDirectory directory, Duration wait, Supplier<T> work) {
    Deadline deadline = Deadline.in(wait);
    ReentrantLock threads =
        IN_THIS_JVM.computeIfAbsent(directory.root(), path -> new ReentrantLock());
    lockThreads(threads, directory, deadline);
    try (FileChannel processes =
        FileChannel.open(directory.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      lockProcesses(processes, directory, deadline);
      return work.get();
    } catch (IOException e) {
      throw Trouble.failed("cannot lock " + directory.lock(), e);
    } finally {
      threads.unlock();
    }
  }

  static void holding(ServerDirectory directory, Duration wait, Runnable work) {
    holding(
        directory,
        wait,
        () -> {
          work.run();
          return true;
        });
  }

  private static void lockThreads(
      ReentrantLock threads, ServerDirectory directory, Deadline deadline) {
    try {
      if (!threads.tryLock(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
        throw busy(directory, "another thread");
      }
    } catch (InterruptedException e) {
      throw Trouble.interrupted("waiting for " + directory.root(), e);
    }
  }

  private static void lockProcesses(
      FileChannel channel, ServerDirectory directory, Deadline deadline) throws IOException {
    while (!tryLock(channel)) {
      if (deadline.passed()) {
        throw busy(directory, "another process");
      }
      deadline.pause(MOMENT, "waiting for " + directory.root());
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      // the same library in another class loader of this JVM
      return false;
    }
  }

  private static RuntimeException busy(ServerDirectory directory, String by) {
    return Trouble.failed(
        by
            + " is still starting or stopping the server of "
            + directory.root()
            + ": see "
            + directory.log());
  }
}
