package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Runner;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskStatus;
import io.selfupgrade.schedule.TaskStore;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds what is due and stands still, and releases claims that nobody carries out.
 *
 * <p>Thread-safe, and independent of the coordinator, which may be what stands still.
 */
final class TickWatch {

  /** Nothing is late sooner, however short its period is; nor is a claim released sooner. */
  static final Duration LEAST = Duration.ofSeconds(30);

  private static final Logger LOG = LoggerFactory.getLogger(TickWatch.class);

  private final AgentName agent;
  private final TaskStore ledger;
  private final Runs runs;
  private final TickSettings settings;
  private final Coordinator coordinator;
  private Set<String> told = Set.of();

  /** Watches nothing by itself. */
  TickWatch(
      AgentName agent,
      TaskStore ledger,
      Runs runs,
      TickSettings settings,
      Coordinator coordinator) {
    this.agent = agent;
    this.ledger = ledger;
    this.runs = runs;
    this.settings = settings;
    this.coordinator = coordinator;
  }

  /**
   * Returns what stands still, a sentence each; the primary knows also of tasks that cannot be
   * read.
   */
  List<String> late() {
    TaskStore.Standstill found = ledger.standstill(agent, LEAST);
    Set<String> late = new LinkedHashSet<>();
    if (!found.tasks().isEmpty()) {
      Instant now = ledger.agenda(agent, List.of()).now();
      for (TaskStatus task : ledger.list(agent, Optional.empty())) {
        if (found.tasks().contains(task.config().name())) {
          late(task, now).ifPresent(late::add);
        }
      }
    }
    found.handlers().forEach(handler -> late.add("one-shots of handler " + handler));
    coordinator.unreadable().forEach((task, why) -> late.add(unreadable(task, why)));
    coordinator.failure().ifPresent(late::add);
    return List.copyOf(late);
  }

  private static Optional<String> late(TaskStatus task, Instant now) {
    TaskConfig config = task.config();
    try {
      return due(task, now)
          .filter(due -> forTwoPeriods(task, due, now))
          .map(due -> said(config) + ", due since " + due);
    } catch (IllegalArgumentException e) { // Of a schedule that cannot be read.
      return Optional.of(unreadable(config.name(), String.valueOf(e.getMessage())));
    }
  }

  private static String unreadable(String task, String why) {
    return "task " + task + ", for " + why;
  }

  /**
   * Looks as the primary: releases claims that nobody carries out, and tells the log what is new.
   *
   * @return what it told
   */
  synchronized Optional<String> look(Fence fence) {
    Duration still = coordinator.since();
    boolean hangs = still.compareTo(LEAST) > 0;
    int released = runs.releaseUnbegun(LEAST);
    if (hangs) {
      // What the coordinator does every few seconds while it turns.
      released += ledger.reclaim(fence, Optional.empty(), settings.silence());
    }
    if (released > 0) {
      LOG.warn("Released {} claims of {} that nobody carried out", released, agent);
    }
    Set<String> late = new TreeSet<>(late());
    Optional<String> news = Optional.empty();
    if (!told.containsAll(late)) {
      news = Optional.of(String.join("; ", late));
      LOG.warn(
          "Standing still: {}.{} Expected is a primary with a free thread, an instance with the"
              + " handler, and a row that can be read",
          news.get(),
          hangs ? " The coordinator has hung for " + still + "." : "");
    } else if (late.isEmpty() && !told.isEmpty()) {
      LOG.info("Nothing of {} stands still any more", agent);
    }
    told = late;
    return news;
  }

  private static String said(TaskConfig task) {
    return "task "
        + task.name()
        + (task.runner() == Runner.DATABASE
            ? " of the database (see cron.job_run_details, and that pg_cron is there)"
            : "");
  }

  /** Returns since when a task waits for somebody; empty if it does not by now. */
  private static Optional<Instant> due(TaskStatus task, Instant now) {
    return task.last()
        .filter(run -> run.state() == RunRecord.State.WAITING)
        .map(run -> run.claim().due())
        .or(() -> task.nextDue().filter(next -> !next.isAfter(now)));
  }

  /** The second tick after it is due as well. */
  private static boolean forTwoPeriods(TaskStatus task, Instant due, Instant now) {
    Ticks ticks = Ticks.of(task.config().schedule(), due);
    Optional<Instant> second = ticks.after(due).flatMap(ticks::after);
    return second.filter(now::isBefore).isEmpty();
  }
}
