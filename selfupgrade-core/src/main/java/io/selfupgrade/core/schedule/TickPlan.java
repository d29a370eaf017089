package io.selfupgrade.core.schedule;

import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.Overlap;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore.Claiming;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Decides what becomes of a task's due ticks; pure.
 *
 * <p>A tick is <i>missed</i> if it was due before this primary served. Of several due ticks
 *
 * <ul>
 *   <li>{@code RUN_ALL} runs each, oldest first, and passes over all but the newest {@code max};
 *   <li>{@code QUEUE} and {@code ALLOW} run each that was not missed, after one for the missed;
 *   <li>otherwise the newest stands for all.
 * </ul>
 */
final class TickPlan {

  /** A tick so young counts as on time: a hand-over or a take-over is no reason to leave it out. */
  static final Duration ON_TIME = Duration.ofSeconds(10);

  private TickPlan() {}

  /** What to do now with one task. */
  sealed interface Decision {}

  /** Claim this tick. */
  record Claim(Claiming claiming) implements Decision {}

  /** Claim the oldest tick that was given back or lost. */
  record ClaimWaiting() implements Decision {}

  /** Record this tick as skipped. */
  record Skip(Claiming claiming) implements Decision {}

  /** Nothing until then; empty: until something else changes. */
  record Wait(Optional<Instant> until) implements Decision {}

  /**
   * A task as it stands.
   *
   * @param name its name
   * @param policy its policy
   * @param ticks when it is due
   * @param nextDue the first tick that is not in the ledger; empty when there is none to come
   * @param running how many of its ticks are being run
   * @param waiting how many of its ticks wait for another attempt
   * @param ready when the first of those may be claimed; empty if none waits
   */
  record Standing(
      String name,
      TaskPolicy policy,
      Ticks ticks,
      Optional<Instant> nextDue,
      int running,
      int waiting,
      Optional<Instant> ready) {
    private boolean isReady(Instant now) {
      return waiting > 0 && ready.filter(now::isBefore).isEmpty();
    }
  }

  /**
   * Decides.
   *
   * @param now not later than the store's clock
   * @param servedSince since when this primary has served
   */
  static Decision decide(Standing task, Instant now, Instant servedSince) {
    boolean free = task.running() == 0;
    Overlap overlap = task.policy().overlap();
    boolean mayAgain = task.waiting() > 0 && (free || overlap == Overlap.ALLOW);
    if (mayAgain && task.isReady(now)) {
      return new ClaimWaiting();
    }
    Optional<Instant> again = mayAgain ? task.ready() : Optional.empty();
    if (mayAgain && overlap == Overlap.QUEUE) {
      return new Wait(again); // Later ticks stay behind one that is tried again.
    }
    if (task.nextDue().isEmpty() || task.nextDue().get().isAfter(now)) {
      return new Wait(earlier(task.nextDue(), again));
    }
    Instant next = task.nextDue().get();
    if (!free && overlap == Overlap.SKIP) {
      return new Skip(claiming(task, next, now, 1));
    }
    if (!free && overlap == Overlap.QUEUE) {
      return new Wait(Optional.empty());
    }
    if (task.policy().missed() instanceof Missed.RunAll all) {
      return new Claim(claiming(task, next, now, all.most()));
    }
    if (overlap == Overlap.SKIP) {
      return judged(task, claiming(task, next, now, 1), now, servedSince);
    }
    if (next.isBefore(servedSince)) {
      Instant lastMissed = servedSince.minusNanos(1);
      Instant until = lastMissed.isBefore(now) ? lastMissed : now;
      return judged(task, claiming(task, next, until, 1), now, servedSince);
    }
    return new Claim(claiming(task, next, now, Missed.MOST));
  }

  private static Optional<Instant> earlier(Optional<Instant> one, Optional<Instant> other) {
    return one.isEmpty() || (other.isPresent() && other.get().isBefore(one.get())) ? other : one;
  }

  private static Decision judged(
      Standing task, Claiming claiming, Instant now, Instant servedSince) {
    boolean missed = claiming.tick().isBefore(servedSince);
    return missed && !made(task.policy().missed(), Duration.between(claiming.tick(), now))
        ? new Skip(claiming)
        : new Claim(claiming);
  }

  private static boolean made(Missed rule, Duration age) {
    if (rule instanceof Missed.Within within) {
      return age.compareTo(within.oldest()) <= 0;
    }
    return !(rule instanceof Missed.Skip) || age.compareTo(ON_TIME) <= 0;
  }

  /** Chooses the oldest of the newest {@code keep} ticks that are due until then. */
  private static Claiming claiming(Standing task, Instant next, Instant until, int keep) {
    long passedOver = Math.max(0, task.ticks().count(next, until, keep) - keep);
    Instant tick = task.ticks().skip(next, passedOver);
    return new Claiming(
        task.name(),
        next,
        tick,
        task.ticks().after(tick),
        (int) Math.min(passedOver, Integer.MAX_VALUE));
  }
}
