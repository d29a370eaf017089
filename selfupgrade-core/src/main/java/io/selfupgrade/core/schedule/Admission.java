package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.schedule.Claimant;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether ticks may be claimed, and the one place where the engine's threads wait for each other.
 *
 * <p>Thread-safe. No method calls the store while it holds the lock.
 */
final class Admission {

  private enum State {
    PREPARING,
    OPEN,
    CLOSED
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private @Nullable Term term;
  private State state = State.CLOSED;
  private long terms;
  private long lastFailed;
  private boolean unsure;
  private boolean claiming;
  private boolean news;
  private boolean ended;
  private long version;

  /**
   * Begins a term, which claims once it is {@link #prepared}.
   *
   * @throws IllegalStateException if the engine is closed
   */
  Term begin(Claimant by, Optional<InstanceId> attestedDead) {
    return read(
        () -> {
          if (ended) {
            throw new IllegalStateException("the tick engine is closed and serves no more");
          }
          terms++;
          Term begun = new Term(terms, by, attestedDead);
          term = begun;
          state = State.PREPARING;
          unsure = false;
          changed();
          return begun;
        });
  }

  /** Opens a term that is still the current one and was not closed meanwhile. */
  void prepared(Term done) {
    change(
        () -> {
          if (preparing(done)) {
            state = State.OPEN;
          }
        });
  }

  /** Tells who waits for it that a term could not be prepared at the first try. */
  void notPrepared(Term tried) {
    change(() -> lastFailed = tried.number());
  }

  /** Waits until a term is open, was closed or failed its first try; tells whether it is open. */
  boolean awaitOpen(Term begun, Duration longest) {
    await(() -> !preparing(begun) || lastFailed >= begun.number(), longest);
    return read(() -> admits(begun));
  }

  /** Returns the term to prepare or to serve; empty if there is none or it is closed. */
  Optional<Term> term() {
    return read(() -> state == State.CLOSED ? Optional.empty() : Optional.ofNullable(term));
  }

  /** Tells whether a term waits to be prepared. */
  boolean preparing(Term asked) {
    return read(() -> current(asked) && state == State.PREPARING);
  }

  /** Tells whether claiming is paused. */
  boolean unsure() {
    return read(() -> unsure);
  }

  /** Pauses or resumes claiming. */
  void unsure(boolean doubt) {
    change(
        () -> {
          news |= unsure && !doubt;
          unsure = doubt;
        });
  }

  /** Asks to claim; who is admitted calls {@link #leave} after. */
  boolean enter(Term asking) {
    return read(
        () -> {
          claiming = admits(asking) && !unsure;
          return claiming;
        });
  }

  /** Ends what {@link #enter} began; tells whether the claimed run may be started. */
  boolean leave(Term asking) {
    return read(
        () -> {
          claiming = false;
          changed.signalAll();
          return admits(asking);
        });
  }

  /** Admits nobody from now on, and waits a little for a claim that is under way. */
  void close(Duration longest) {
    change(() -> state = State.CLOSED);
    await(() -> !claiming, longest);
  }

  /** Closes for good. */
  void end() {
    change(
        () -> {
          state = State.CLOSED;
          ended = true;
        });
  }

  /** Tells whether it is closed for good. */
  boolean ended() {
    return read(() -> ended);
  }

  /** Tells that the store has news. */
  void wake() {
    change(() -> news = true);
  }

  /** Tells whether the store had news since the last call. */
  boolean takeNews() {
    return read(
        () -> {
          boolean was = news;
          news = false;
          return was;
        });
  }

  /** Tells that a run has ended. */
  void stir() {
    change(() -> {});
  }

  /** Returns a number that changes with everything that the coordinator has to look at. */
  long version() {
    return read(() -> version);
  }

  /** Returns how many terms have begun. */
  long terms() {
    return read(() -> terms);
  }

  /**
   * Waits for a condition on this object or on the runs, or for the end of the engine.
   *
   * @return whether it holds; it may not when the thread is interrupted
   */
  boolean await(BooleanSupplier condition, Duration longest) {
    lock.lock();
    try {
      long left = longest.toNanos();
      while (!condition.getAsBoolean() && !ended && left > 0) {
        left = changed.awaitNanos(left);
      }
      return condition.getAsBoolean();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return condition.getAsBoolean();
    } finally {
      lock.unlock();
    }
  }

  private boolean admits(Term asking) {
    return current(asking) && state == State.OPEN && !ended;
  }

  private boolean current(Term asked) {
    return term != null && term.number() == asked.number();
  }

  private void changed() {
    version++;
    changed.signalAll();
  }

  private void change(Runnable action) {
    read(
        () -> {
          action.run();
          changed();
          return version;
        });
  }

  private <T> T read(Supplier<T> action) {
    lock.lock();
    try {
      return action.get();
    } finally {
      lock.unlock();
    }
  }
}
