package io.selfupgrade.core.observe;

import io.selfupgrade.observe.LogEvent;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Events in memory, on their way to the store or the spool.
 *
 * <p>Bounded: where there is no room, the oldest debug and info events go first, then the oldest.
 * Thread-safe; {@link #add} never waits for anything but a few instructions of another thread.
 */
final class LogQueue {

  private final int mostEvents;
  private final long mostChars;
  private final Deque<LogEvent> minor = new ArrayDeque<>();
  private final Deque<LogEvent> major = new ArrayDeque<>();
  private long chars;
  private boolean stirred;

  LogQueue(int mostEvents, long mostChars) {
    this.mostEvents = mostEvents;
    this.mostChars = mostChars;
  }

  /** Adds an event; returns how many had to go. */
  synchronized int add(LogEvent event) {
    (event.level().isMinor() ? minor : major).addLast(event);
    chars += size(event);
    notifyAll();
    return makeRoom();
  }

  /** Puts events back that were taken, before all others; returns how many had to go. */
  synchronized int putBack(List<LogEvent> events) {
    for (int i = events.size() - 1; i >= 0; i--) {
      LogEvent event = events.get(i);
      (event.level().isMinor() ? minor : major).addFirst(event);
      chars += size(event);
    }
    return makeRoom();
  }

  /** Takes the oldest events, waiting for the first one until the time is over or stirred. */
  synchronized List<LogEvent> take(int most, Duration longest) throws InterruptedException {
    long end = System.nanoTime() + longest.toNanos();
    while (isEmpty() && !stirred) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        break;
      }
      wait(left);
    }
    stirred = false;
    return poll(most);
  }

  /** Takes the oldest events that are there. */
  synchronized List<LogEvent> poll(int most) {
    List<LogEvent> taken = new ArrayList<>();
    while (taken.size() < most && !isEmpty()) {
      LogEvent event = older().removeFirst();
      chars -= size(event);
      taken.add(event);
    }
    return taken;
  }

  /** Ends the wait of {@link #take}. */
  synchronized void stir() {
    stirred = true;
    notifyAll();
  }

  synchronized int size() {
    return minor.size() + major.size();
  }

  private boolean isEmpty() {
    return minor.isEmpty() && major.isEmpty();
  }

  private Deque<LogEvent> older() {
    if (minor.isEmpty() || major.isEmpty()) {
      return minor.isEmpty() ? major : minor;
    }
    return minor.getFirst().createdAt().isAfter(major.getFirst().createdAt()) ? major : minor;
  }

  private int makeRoom() {
    int gone = 0;
    while (size() > mostEvents || (chars > mostChars && size() > 1)) {
      LogEvent event = (minor.isEmpty() ? major : minor).removeFirst();
      chars -= size(event);
      gone++;
    }
    return gone;
  }

  private static long size(LogEvent event) {
    return (long) event.message().length() + event.context().text().length();
  }
}
