package io.selfupgrade.core.schedule;

import io.selfupgrade.schedule.ClaimedRun;
import io.selfupgrade.schedule.OneShotBatch;
import io.selfupgrade.schedule.TaskStore;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Claims due one-shots, some of each handler in one round trip, and knows when the next is due.
 *
 * <p>Confined to one thread.
 */
final class Shots {

  private static final int MOST_IN_A_BATCH = 1_000;
  private static final Duration LONGEST_WAIT_FOR_A_THREAD = Duration.ofSeconds(1);

  private final TaskStore ledger;
  private final Admission admission;
  private final Handlers handlers;
  private final Runs runs;
  private final Bench bench;
  private final int atOnce;
  private final LongSupplier nanoTime;
  private final Map<String, Feed> feeds = new LinkedHashMap<>();
  private boolean waiting;

  /** What is known of a handler's one-shots. */
  private static final class Feed {
    private final FetchAhead ahead;
    private Optional<Instant> next = Optional.empty();
    private boolean news = true;
    private final Backoff backoff = new Backoff();
    private long claimed;
    private boolean resting;
    private long notBeforeNanos;
    private boolean starved;
    private long endedThen;

    private Feed(int atOnce) {
      ahead = new FetchAhead(atOnce);
    }

    private boolean due(Instant now) {
      return news || next.filter(due -> !due.isAfter(now)).isPresent();
    }

    /** Takes over what the store said; one that gives nothing of what is due is left alone. */
    private void told(Optional<Instant> nextDue, int given, Instant now, long nanos) {
      news = false;
      next = nextDue;
      starved = starved && due(now);
      if (given == 0 && due(now)) {
        resting = true;
        notBeforeNanos = nanos + backoff.next().toNanos();
      } else {
        backoff.reset();
      }
    }

    /** Notes that what it claimed found no thread. */
    private void starves(long ended) {
      starved = true;
      endedThen = ended;
    }

    /** Takes it for one of many that are quick again as soon as its ends show it. */
    private boolean starved(long ended, int atOnce) {
      starved = starved && (ended <= endedThen || ahead.room(0) <= atOnce);
      return starved;
    }

    private boolean rests(long nanos) {
      resting = resting && notBeforeNanos - nanos > 0;
      return resting;
    }
  }

  Shots(TaskStore ledger, TickSettings settings, Coordinator.Tools tools) {
    this.ledger = ledger;
    this.admission = tools.admission();
    this.handlers = tools.handlers();
    this.runs = tools.runs();
    this.bench = tools.bench();
    this.atOnce = settings.atOnce();
    this.nanoTime = settings.nanoTime();
  }

  /** Begins to serve the one-shots of those handlers; nothing is known of them yet. */
  void serve(List<String> names) {
    feeds.keySet().retainAll(names);
    names.forEach(name -> feeds.computeIfAbsent(name, handler -> new Feed(atOnce)));
    news();
  }

  /** Notes that there may be one-shots that it does not know of. */
  void news() {
    feeds.values().forEach(feed -> feed.news = true);
  }

  /**
   * Claims what is due, as much as ends soon; tells whether there may be more.
   *
   * @param clock the store's, which is read on the way: it may have been set back
   */
  boolean claim(Term term, StoreClock clock) {
    long nanos = nanoTime.getAsLong();
    Instant now = clock.at(nanos);
    Map<String, Integer> asked = new LinkedHashMap<>();
    int left = MOST_IN_A_BATCH;
    Map<String, Integer> dealt = new LinkedHashMap<>();
    for (Map.Entry<String, Feed> entry : feeds.entrySet()) {
      Feed feed = entry.getValue();
      long ended = ended(entry.getKey(), feed);
      int inFlight = runs.activeOneShots(entry.getKey());
      feed.ahead.note(nanos, ended, inFlight);
      int room = Math.min(left, feed.ahead.room(inFlight));
      if (!feed.due(now) || room == 0 || feed.rests(nanos)) {
        continue;
      }
      if (feed.starved(ended, atOnce)) {
        // Threads that are free are dealt out in turn; without one it would only be given back.
        int free = bench.free() - dealt.values().stream().mapToInt(Integer::intValue).sum();
        room = Math.min(room, free);
        dealt.put(entry.getKey(), Math.max(0, room));
      }
      if (room > 0) {
        asked.put(entry.getKey(), room);
        left -= room;
      }
    }
    dealt.keySet().stream().filter(asked::containsKey).forEach(this::putLast);
    return !asked.isEmpty() && admission.enter(term) && take(term, asked, clock);
  }

  /** Counts the ends of a handler's one-shots; what was given back has not ended. */
  private long ended(String handler, Feed feed) {
    long back = runs.givenBackOneShots(handler);
    return feed.claimed - back - runs.activeOneShots(handler);
  }

  private void putLast(String handler) {
    Feed feed = feeds.remove(handler);
    if (feed != null) {
      feeds.put(handler, feed);
    }
  }

  private boolean take(Term term, Map<String, Integer> asked, StoreClock clock) {
    List<ActiveRun> taken = new ArrayList<>();
    boolean admitted = false;
    boolean more = false;
    try {
      long sent = nanoTime.getAsLong();
      OneShotBatch batch = ledger.claimOneShots(term.by(), asked);
      clock.set(batch.now(), sent, nanoTime.getAsLong());
      Map<String, Integer> given = new HashMap<>();
      for (ClaimedRun run : batch.claimed()) {
        String handler = run.claim().task();
        given.merge(handler, 1, Integer::sum);
        taken.add(runs.add(run, handler, handlers.policy(handler), batch.now()));
      }
      for (String handler : asked.keySet()) {
        Feed feed = feeds.get(handler);
        if (feed != null) {
          long nanos = nanoTime.getAsLong();
          Optional<Instant> next = Optional.ofNullable(batch.next().get(handler));
          feed.told(next, given.getOrDefault(handler, 0), batch.now(), nanos);
          more |= feed.due(batch.now()) && !feed.rests(nanos);
        }
      }
    } finally {
      admitted = admission.leave(term);
    }
    for (ActiveRun run : taken) {
      Feed feed = feeds.get(run.handler());
      if (feed != null) {
        feed.claimed++;
      }
    }
    Collection<ActiveRun> back = admitted ? bench.start(taken) : taken;
    back.forEach(runs::giveBack);
    return more && back.isEmpty();
  }

  /** Gives back what waits for a thread for too long: another instance may have one. */
  void giveBackWaiting() {
    Set<String> found = new HashSet<>();
    waiting = !feeds.isEmpty() && runs.giveBackWaiting(LONGEST_WAIT_FOR_A_THREAD, found);
    for (String handler : found) {
      Feed feed = feeds.get(handler);
      if (feed != null) {
        feed.starves(ended(handler, feed));
      }
    }
  }

  /** Returns how long nothing is to be done, as far as is known; at most that long. */
  long idleNanos(Instant now, long nanos, long most) {
    // It is looked at whether what waits for a thread has waited for too long.
    long idle = waiting ? Math.min(most, LONGEST_WAIT_FOR_A_THREAD.toNanos()) : most;
    for (Map.Entry<String, Feed> entry : feeds.entrySet()) {
      Feed feed = entry.getValue();
      boolean full = feed.ahead.room(runs.activeOneShots(entry.getKey())) == 0;
      if (full || (feed.starved && bench.free() == 0)) {
        continue; // An end wakes.
      }
      if (feed.rests(nanos)) {
        idle = Math.min(idle, feed.notBeforeNanos - nanos);
      } else if (feed.news) {
        idle = 0;
      } else if (feed.next.isPresent()) {
        Instant due = feed.next.get();
        boolean far = due.isAfter(now.plusNanos(most));
        idle = far ? idle : Math.min(idle, Math.max(0, now.until(due, ChronoUnit.NANOS)));
      }
    }
    return idle;
  }
}
