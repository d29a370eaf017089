package io.selfupgrade.core.upgrade;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Where callers wait for the end of an upgrade. Thread-safe. */
final class Ends {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private int waiting;
  private long count;
  private boolean closed;

  /** Returns how many callers wait. */
  int waiting() {
    lock.lock();
    try {
      return waiting;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the next end, or for that long. */
  void pause(Duration longest) throws InterruptedException {
    lock.lock();
    try {
      if (closed) {
        throw new InterruptedException("the agent was closed while an upgrade was under way");
      }
      long seen = count;
      long left = longest.toNanos();
      waiting++;
      try {
        while (count == seen && !closed && left > 0) {
          left = changed.awaitNanos(left);
        }
      } finally {
        waiting--;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Tells those who wait that an upgrade has ended. */
  void signal() {
    lock.lock();
    try {
      count++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lets all go who wait. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
