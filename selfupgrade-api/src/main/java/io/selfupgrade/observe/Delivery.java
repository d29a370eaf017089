package io.selfupgrade.observe;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** How an attempt to deliver a notification ended. */
public sealed interface Delivery {

  /** Returns what happened, in a sentence without secrets. */
  String summary();

  /** It has arrived. */
  record Delivered() implements Delivery {
    @Override
    public String summary() {
      return "delivered";
    }
  }

  /**
   * It has not arrived, and may if it is tried again.
   *
   * @param why what was seen, without secrets
   * @param pause how long the other side asks to wait; empty: a time that grows with the attempts
   */
  record Later(String why, Optional<Duration> pause) implements Delivery {
    /** Validates the parts. */
    public Later {
      Objects.requireNonNull(why, "why");
      Objects.requireNonNull(pause, "pause");
    }

    @Override
    public String summary() {
      return "not delivered yet: " + why;
    }
  }

  /**
   * It cannot arrive, however often it is tried.
   *
   * @param why what was seen and what to do, without secrets
   */
  record Impossible(String why) implements Delivery {
    /** Validates the parts. */
    public Impossible {
      Objects.requireNonNull(why, "why");
    }

    @Override
    public String summary() {
      return "cannot be delivered: " + why;
    }
  }
}
