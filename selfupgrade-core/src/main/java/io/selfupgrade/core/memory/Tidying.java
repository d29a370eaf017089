package io.selfupgrade.core.memory;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.memory.MemoryStore;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps memories in order, a batch in a statement, so that it can be ended between two.
 *
 * <p>A round asks the store nothing unless this instance has written since the last one, it just
 * began to lead, or the last look at all was ten minutes ago: others write too.
 */
final class Tidying {

  /** How long a round looks for work at most, so that the next tick finds its thread. */
  static final Duration LONGEST_ROUND = Duration.ofSeconds(45);

  /** How often a round looks for work that others have left. */
  static final Duration BETWEEN_LOOKS = Duration.ofMinutes(10);

  private static final int REMOVED_AT_ONCE = 500;
  private static final int SETTLED_AT_ONCE = 500;
  private static final Logger LOG = LoggerFactory.getLogger(MemoryEngine.class);

  private final AgentName agent;
  private final Supplier<MemoryStore> store;
  private final MemoryEngine.Standing standing;
  private final Optional<Reembedding> reembedding;
  private final LongSupplier nanoTime;
  private volatile boolean written = true;
  private volatile boolean unsorted = true;
  private long looked;

  Tidying(
      AgentName agent,
      Supplier<MemoryStore> store,
      MemoryEngine.Standing standing,
      Optional<Reembedding> reembedding,
      LongSupplier nanoTime) {
    this.agent = agent;
    this.store = store;
    this.standing = standing;
    this.reembedding = reembedding;
    this.nanoTime = nanoTime;
    this.looked = nanoTime.getAsLong();
  }

  /** Notes that there may be a vector to make, or to put into the index. */
  void noteWritten() {
    written = true;
  }

  /** Notes that there may be memories of a version that was rolled back. */
  void noteStanding() {
    written = true;
    unsorted = true;
  }

  /** Does all there is to do. */
  void all(BooleanSupplier cancelled) {
    removeExpired(cancelled);
    setAside();
    vectors(cancelled);
  }

  /** Does what is to be done since the last round, for a while. */
  synchronized void round(BooleanSupplier cancelled) {
    long begin = nanoTime.getAsLong();
    if (begin - looked >= BETWEEN_LOOKS.toNanos()) {
      looked = begin;
      noteStanding();
    }
    if (unsorted) {
      setAside();
    }
    if (written) {
      vectors(
          () ->
              cancelled.getAsBoolean() || nanoTime.getAsLong() - begin >= LONGEST_ROUND.toNanos());
    }
  }

  void removeExpired(BooleanSupplier cancelled) {
    boolean more = true;
    while (more && !cancelled.getAsBoolean()) {
      more = store.get().removeExpired(agent, REMOVED_AT_ONCE) == REMOVED_AT_ONCE;
    }
  }

  /** Sets aside what versions remembered that were rolled back, if this instance leads. */
  int setAside() {
    unsorted = false;
    int found = 0;
    boolean done = false;
    try {
      found = standing.fence().map(fence -> store.get().setAside(fence)).orElse(0);
      done = true;
    } finally {
      unsorted |= !done;
    }
    if (found > 0) {
      LOG.warn(
          "{} memories of a version that was rolled back are set aside: see memory().setAside()",
          found);
    }
    return found;
  }

  private void vectors(BooleanSupplier cancelled) {
    written = false;
    boolean done = false;
    try {
      boolean embedded = embed(cancelled);
      done = settle(cancelled) && embedded;
    } finally {
      written |= !done;
    }
  }

  private boolean embed(BooleanSupplier cancelled) {
    if (reembedding.isEmpty()) {
      return true;
    }
    return standing.mayReplaceVectors() && reembedding.get().all(cancelled);
  }

  private boolean settle(BooleanSupplier cancelled) {
    boolean more = true;
    while (more && !cancelled.getAsBoolean()) {
      more = store.get().settle(agent, SETTLED_AT_ONCE) == SETTLED_AT_ONCE;
    }
    return !more;
  }
}
