package io.selfupgrade.upgrade;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * Whether an agent still learns of new releases.
 *
 * <p>One that is stale keeps running and installs nothing: somebody may be holding an old index
 * before it, or nobody signs a new one.
 *
 * @param lastGood when a good index was seen last, by any instance, on the store's clock; empty if
 *     none ever was
 * @param stale why it is stale, with what to do; empty if it is not
 */
public record Freshness(Optional<Instant> lastGood, Optional<Reason> stale) {
  /** Validates the parts. */
  public Freshness {
    Objects.requireNonNull(lastGood, "lastGood");
    Objects.requireNonNull(stale, "stale");
  }

  /** Tells whether nothing is installed until a good index is seen. */
  public boolean isStale() {
    return stale.isPresent();
  }
}
