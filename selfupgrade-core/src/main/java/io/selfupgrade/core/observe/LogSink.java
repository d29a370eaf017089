package io.selfupgrade.core.observe;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.LogStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Writes batches of events into the store, and tells a store that is away from an event that no
 * store would take.
 *
 * <p>A store that refuses for good may have a new password, be paused or lack a table. So an event
 * is given up only if the store took another one of its batch before and after it refused that one.
 */
final class LogSink {

  private static final int FIRST_TRIES = 2;

  private final LogStore store;
  private final Counters counters;
  private final Duration retention;
  private final Clock clock;

  LogSink(LogStore store, Counters counters, Duration retention, Clock clock) {
    this.store = store;
    this.counters = counters;
    this.retention = retention;
    this.clock = clock;
  }

  /**
   * What became of a batch.
   *
   * @param sent whether the store was asked at all
   * @param dropped how many events it holds that will never be written
   */
  record Written(boolean sent, int dropped) {}

  /**
   * Writes those events that are not too old.
   *
   * @throws RuntimeException if the store is away: the whole batch has to come again
   */
  Written append(List<LogEvent> events) {
    Instant oldest = clock.instant().minus(retention);
    List<LogEvent> good =
        events.stream().filter(event -> event.createdAt().isAfter(oldest)).toList();
    int tooOld = events.size() - good.size();
    if (good.isEmpty()) {
      return new Written(false, tooOld);
    }
    try {
      counters.written.add(store.append(good));
      return new Written(true, tooOld);
    } catch (RuntimeException e) {
      if (good.size() == 1 || mayPass(e)) {
        throw e;
      }
      return new Written(true, tooOld + oneByOne(good));
    }
  }

  /** Writes the events alone; returns how many the store refuses, while it takes the others. */
  private int oneByOne(List<LogEvent> events) {
    List<LogEvent> taken = new ArrayList<>();
    List<Refused> refused = new ArrayList<>();
    // Begins anywhere: a few bad events at the front do not keep all others back for ever.
    int first = ThreadLocalRandom.current().nextInt(events.size());
    for (int i = 0; i < events.size(); i++) {
      LogEvent event = events.get((first + i) % events.size());
      try {
        counters.written.add(store.append(List.of(event)));
        taken.add(event);
      } catch (RuntimeException e) {
        refused.add(new Refused(event, e));
        if (mayPass(e) || (taken.isEmpty() && refused.size() >= FIRST_TRIES)) {
          throw e;
        }
      }
    }
    if (refused.isEmpty()) {
      return 0;
    }
    if (taken.isEmpty()) {
      throw refused.get(0).why();
    }
    return giveUp(refused, taken.get(0));
  }

  /**
   * Gives those up that are refused once more: the first refusal may be older than the store's
   * return, of which the taken event tells.
   */
  private int giveUp(List<Refused> refused, LogEvent taken) {
    List<Refused> again = new ArrayList<>();
    for (Refused one : refused) {
      try {
        counters.written.add(store.append(List.of(one.event())));
      } catch (RuntimeException e) {
        if (mayPass(e)) {
          throw e;
        }
        again.add(new Refused(one.event(), e));
      }
    }
    if (!again.isEmpty()) {
      // An event that is there changes nothing: this only asks whether the store still takes any.
      counters.written.add(store.append(List.of(taken)));
    }
    again.forEach(
        one ->
            LogWriter.LOG.warn(
                "the store refuses log event {}, which is dropped", one.event().id(), one.why()));
    return again.size();
  }

  private static boolean mayPass(RuntimeException e) {
    return e instanceof AdapterException trouble && trouble.retryable();
  }

  private record Refused(LogEvent event, RuntimeException why) {}
}
