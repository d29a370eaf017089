package io.selfupgrade.upgrade;

import java.time.Duration;
import java.util.Objects;
import java.util.UUID;

/** What became of a delivery that was verified; closed. */
public sealed interface DeliveryReceipt {

  /** Returns what happened, in a sentence. */
  String summary();

  /**
   * It was new: it is kept, and a request is filed.
   *
   * @param request what the primary takes
   */
  record Queued(UUID request) implements DeliveryReceipt {
    /** Validates that it is there. */
    public Queued {
      Objects.requireNonNull(request, "request");
    }

    @Override
    public String summary() {
      return "queued as request " + request;
    }
  }

  /**
   * Its id is known: nothing was done again.
   *
   * @param request what was filed when it came first
   */
  record Known(UUID request) implements DeliveryReceipt {
    /** Validates that it is there. */
    public Known {
      Objects.requireNonNull(request, "request");
    }

    @Override
    public String summary() {
      return "known: it came before and was queued as request " + request;
    }
  }

  /**
   * There is no need for a request of its own: another one does, or has just done, what it asks
   * for.
   *
   * @param request the other one
   */
  record Joined(UUID request) implements DeliveryReceipt {
    /** Validates that it is there. */
    public Joined {
      Objects.requireNonNull(request, "request");
    }

    @Override
    public String summary() {
      return "joined request " + request + ", which asks for the same";
    }
  }

  /**
   * There were too many: it is not kept, and may come again.
   *
   * @param retryAfter when there is room again
   */
  record TurnedAway(Duration retryAfter) implements DeliveryReceipt {
    /** Validates that it is there. */
    public TurnedAway {
      Objects.requireNonNull(retryAfter, "retryAfter");
    }

    @Override
    public String summary() {
      return "turned away: too many deliveries; there is room again in "
          + Math.max(1, retryAfter.toSeconds())
          + " s, and the agent looks by itself anyway";
    }
  }
}
