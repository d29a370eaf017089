package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** {@code stop HOME}: leaves neither launcher nor children running. */
final class StopCommand {
  private static final Duration PAUSE = Duration.ofMillis(25);
  private static final Duration MARGIN = Duration.ofSeconds(15);

  private final Home home;
  private final ProcessTable table;
  private final Timings.Grace grace;
  private ProcessMark asked = ProcessMark.NONE;
  private long killAtNanos;

  StopCommand(Home home, ProcessTable table, Timings.Grace grace) {
    this.home = home;
    this.table = table;
    this.grace = grace;
  }

  /**
   * Asks a living launcher to end and waits until it has; kills it when its time has passed.
   *
   * @return the lock, so that no other launcher starts meanwhile; nothing if the launcher cannot be
   *     reached from here
   */
  Optional<LauncherLock> endLauncher() throws IOException {
    Duration patience = longestDrain().plus(grace.margin()).plus(MARGIN);
    long giveUpAtNanos = System.nanoTime() + patience.plus(MARGIN).toNanos();
    Optional<LauncherLock> lock = LauncherLock.tryTake(home);
    while (lock.isEmpty() && System.nanoTime() - giveUpAtNanos < 0) {
      askLauncher(patience);
      LockSupport.parkNanos(PAUSE.toNanos());
      lock = LauncherLock.tryTake(home);
    }
    return lock;
  }

  private void askLauncher(Duration patience) throws IOException {
    Optional<ProcessMark> launcher = LauncherRecord.read(home).filter(table::alive);
    if (launcher.isEmpty()) {
      return;
    }
    Optional<ProcessHandle> handle = ProcessHandle.of(launcher.get().pid());
    if (!launcher.get().equals(asked)) {
      asked = launcher.get();
      killAtNanos = System.nanoTime() + patience.toNanos();
      handle.ifPresent(ProcessHandle::destroy);
    } else if (System.nanoTime() - killAtNanos >= 0) {
      handle.ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  private Duration longestDrain() throws IOException {
    Duration longest = grace.drain();
    for (RunDirectory run : Attestations.runDirectories(home)) {
      if (Files.notExists(run.reaped())) {
        Duration drain = RequestInbox.drain(run).orElse(longest);
        longest = drain.compareTo(longest) > 0 ? drain : longest;
      }
    }
    return longest;
  }
}
