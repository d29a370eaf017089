package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.schedule.TaskAgenda;
import io.selfupgrade.schedule.TaskConfig;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the coordinator knows of the tasks: the store's last answer and what it did since.
 *
 * <p>It stays true between two looks at the store where only the primary claims; a claim that finds
 * otherwise is refused there. Confined to one thread.
 */
final class Board {

  private static final Logger LOG = LoggerFactory.getLogger(Board.class);

  private final AgentName agent;
  private final Runs runs;
  private final Bench bench;
  private Map<String, Row> rows = Map.of();
  private volatile Map<String, String> unreadable = Map.of();

  /** One task. */
  static final class Row {
    private final TaskConfig definition;
    private final Instant anchor;
    private final Ticks ticks;
    private final Duration offset;
    private final Backoff backoff = new Backoff();
    private Optional<Instant> nextDue = Optional.empty();
    private int runningElsewhere;
    private int waiting;
    private Optional<Instant> ready = Optional.empty();
    private long notBeforeNanos;
    private boolean resting;
    private boolean refused;
    private boolean still;
    private Still seen = new Still(0, Instant.MAX, new TickPlan.Wait(Optional.empty()));

    private Row(AgentName agent, TaskConfig definition, Instant anchor) {
      this.definition = definition;
      this.anchor = anchor;
      this.ticks = Ticks.of(definition.schedule(), anchor);
      this.offset = Jitter.of(agent, definition);
    }

    TaskConfig definition() {
      return definition;
    }

    /** Notes that the ledger holds the ticks before that one. */
    void moved(Optional<Instant> next) {
      nextDue = next;
      still = false;
      backoff.reset();
    }

    /** Notes that a waiting tick was claimed. */
    void claimedWaiting() {
      waiting--;
      still = false;
      // The store knows when the next of them is ready: the look that follows tells.
      ready = Optional.empty();
      backoff.reset();
    }

    /** Lets the task rest after trouble; true if the last thing with it went well. */
    boolean rest(long nanos) {
      boolean first = backoff.fresh();
      notBeforeNanos = nanos + backoff.next().toNanos();
      resting = true;
      return first;
    }

    /** Lets the task rest after its run found no thread, from the next look at the time on. */
    void restAfterRefusal() {
      refused = true;
    }

    private boolean rests(long nanos) {
      if (refused) {
        refused = false;
        rest(nanos);
      }
      resting = resting && notBeforeNanos - nanos > 0;
      return resting;
    }
  }

  /**
   * Why nothing was to be done with a task: it is so until then, unless one of these changes.
   *
   * @param running how many of its ticks were being run
   * @param since since when this process had served
   * @param rest until when nothing is to be done
   */
  private record Still(int running, Instant since, TickPlan.Wait rest) {
    private boolean holds(int runningNow, Instant sinceNow, Instant now) {
      return running == runningNow
          && since.equals(sinceNow)
          && (rest.until().isEmpty() || now.isBefore(rest.until().get()));
    }
  }

  /**
   * What to do with a task.
   *
   * @param row the task
   * @param decision a claim or a skip
   */
  record Action(Row row, TickPlan.Decision decision) {
    Instant due() {
      if (decision instanceof TickPlan.Claim claim) {
        return claim.claiming().tick();
      }
      return decision instanceof TickPlan.Skip skip ? skip.claiming().tick() : Instant.MIN;
    }
  }

  Board(AgentName agent, Runs runs, Bench bench) {
    this.agent = agent;
    this.runs = runs;
    this.bench = bench;
  }

  /**
   * Takes the store's answer over.
   *
   * @param by who claims; only tasks that it may claim are taken over
   * @param activeBefore runs of this process by task, counted before the store was asked
   */
  void update(Claimant by, TaskAgenda agenda, Map<String, Integer> activeBefore) {
    Map<String, Row> updated = new LinkedHashMap<>();
    Map<String, String> problems = new TreeMap<>();
    for (TaskAgenda.Entry entry : agenda.tasks()) {
      if (!by.serves(entry.definition().policy().scope())) {
        continue;
      }
      String name = entry.definition().name();
      Row row = rows.get(name);
      try {
        if (row == null || !sameGrid(row, entry) || !row.definition.equals(entry.definition())) {
          row = new Row(agent, entry.definition(), entry.anchor());
        }
      } catch (IllegalArgumentException e) {
        problems.put(name, String.valueOf(e.getMessage()));
        if (!unreadable.containsKey(name)) {
          LOG.error("Task {} is not run: its row in the store cannot be read", name, e);
        }
        continue;
      }
      row.nextDue = entry.nextDue();
      row.waiting = entry.waiting();
      row.ready = entry.ready();
      row.still = false;
      row.runningElsewhere = Math.max(0, entry.running() - activeBefore.getOrDefault(name, 0));
      updated.put(name, row);
    }
    rows = updated;
    unreadable = Map.copyOf(problems);
  }

  /** Returns why tasks are not run whose rows cannot be read. From any thread. */
  Map<String, String> unreadable() {
    return unreadable;
  }

  /** Returns the tasks of which more ticks run than this process knows. */
  List<String> runningElsewhere() {
    return rows.values().stream()
        .filter(row -> row.runningElsewhere > 0)
        .map(row -> row.definition.name())
        .toList();
  }

  /** Returns what is to be done now, the longest due first. */
  List<Action> actions(Instant now, Instant servedSince, long nanos) {
    List<Action> actions = new ArrayList<>();
    for (Row row : rows.values()) {
      if (!row.rests(nanos)) {
        TickPlan.Decision decision = decide(row, now, servedSince);
        if (!(decision instanceof TickPlan.Wait)) {
          actions.add(new Action(row, decision));
        }
      }
    }
    actions.sort(Comparator.comparing(Action::due));
    return actions;
  }

  /** Returns how long nothing is to be done, as far as is known; at most that long. */
  long idleNanos(StoreClock clock, Instant servedSince, long nanos, long most) {
    Instant now = clock.at(nanos);
    long idle = most;
    for (Row row : rows.values()) {
      if (row.rests(nanos)) {
        idle = Math.min(idle, row.notBeforeNanos - nanos);
      } else if (decide(row, now, servedSince) instanceof TickPlan.Wait wait) {
        Optional<Instant> until = wait.until().map(due -> due.plus(row.offset));
        idle = Math.min(idle, until.map(due -> until(due, now, most)).orElse(most));
      } else if (bench.free() > 0) {
        idle = 0;
      }
    }
    return idle;
  }

  private static long until(Instant due, Instant now, long most) {
    return due.isAfter(now.plusNanos(most)) ? most : now.until(due, ChronoUnit.NANOS);
  }

  private static boolean sameGrid(Row row, TaskAgenda.Entry entry) {
    return row.anchor.equals(entry.anchor());
  }

  /**
   * A task with a jitter lives that much later than the clock: its ticks are named by the clock.
   */
  private TickPlan.Decision decide(Row row, Instant now, Instant servedSince) {
    int running = runs.active(row.definition.name()) + row.runningElsewhere;
    Instant clocks = row.offset.isZero() ? now : now.minus(row.offset);
    if (row.still && row.seen.holds(running, servedSince, clocks)) {
      return row.seen.rest();
    }
    Instant since = servedSince.equals(Instant.MAX) ? servedSince : servedSince.minus(row.offset);
    TickPlan.Decision decision = TickPlan.decide(standing(row, running), clocks, since);
    row.still = decision instanceof TickPlan.Wait;
    if (decision instanceof TickPlan.Wait wait) {
      row.seen = new Still(running, servedSince, wait);
    }
    return decision;
  }

  private static TickPlan.Standing standing(Row row, int running) {
    String name = row.definition.name();
    return new TickPlan.Standing(
        name,
        row.definition.policy(),
        row.ticks,
        row.nextDue,
        running,
        row.waiting,
        row.ready.map(ready -> ready.minus(row.offset)));
  }
}
