package io.selfupgrade.launcher;

import java.io.IOException;
import java.util.Optional;

/** A process that the launcher answers for: its own child, or one of an earlier launcher. */
interface ChildProcess {
  /** Returns its id, 0 if it is not known. */
  long pid();

  /** Tells whether it may still act; false is final. */
  boolean alive();

  /** Returns the exit code as text once it is dead, empty if nobody can see it. */
  String exitCode();

  /** Tells whether signals reach it; not if it is only known by the lock that it holds. */
  boolean reachable();

  /** Asks it to end (SIGTERM). */
  void terminate();

  /** Ends it (SIGKILL). */
  void kill();

  /** A process that this launcher started. */
  record Own(Process process) implements ChildProcess {
    @Override
    public long pid() {
      return process.pid();
    }

    @Override
    public boolean alive() {
      return process.isAlive();
    }

    @Override
    public String exitCode() {
      return Integer.toString(process.exitValue());
    }

    @Override
    public boolean reachable() {
      return true;
    }

    @Override
    public void terminate() {
      process.destroy();
    }

    @Override
    public void kill() {
      process.destroyForcibly();
    }
  }

  /** A process of an earlier launcher: dead when it is gone and its lock is free. */
  record Adopted(ProcessTable table, ProcessMark mark, RunDirectory run) implements ChildProcess {
    @Override
    public long pid() {
      return mark.pid();
    }

    @Override
    public boolean alive() {
      return table.alive(mark) || lockHeld();
    }

    @Override
    public String exitCode() {
      return "";
    }

    @Override
    public boolean reachable() {
      return table.alive(mark);
    }

    @Override
    public void terminate() {
      handle().ifPresent(ProcessHandle::destroy);
    }

    @Override
    public void kill() {
      handle().ifPresent(ProcessHandle::destroyForcibly);
    }

    private Optional<ProcessHandle> handle() {
      return table.alive(mark) ? ProcessHandle.of(mark.pid()) : Optional.empty();
    }

    private boolean lockHeld() {
      try {
        Optional<InstanceLock> lock = InstanceLock.tryTake(run);
        if (lock.isPresent()) {
          lock.get().close();
        }
        return lock.isEmpty();
      } catch (IOException e) {
        // Without its directory it holds nothing that could be seen.
        return false;
      }
    }
  }
}
