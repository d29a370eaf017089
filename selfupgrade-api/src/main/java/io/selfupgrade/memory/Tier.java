package io.selfupgrade.memory;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/** How long a memory lives. */
public enum Tier {
  /** A day. */
  SHORT_TERM("short-term", Duration.ofHours(24)),
  /** 30 days; the default. */
  WORKING("working", Duration.ofDays(30)),
  /** For ever. */
  LONG_TERM("long-term");

  private final String label;
  private final Optional<Duration> life;

  Tier(String label) {
    this.label = label;
    this.life = Optional.empty();
  }

  Tier(String label, Duration life) {
    this.label = label;
    this.life = Optional.of(life);
  }

  /** Returns the name that the database and people use, such as {@code short-term}. */
  public String label() {
    return label;
  }

  /** Returns how long its memories live by default; empty: for ever. */
  public Optional<Duration> life() {
    return life;
  }

  /**
   * Returns the tier of a label.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Tier labelled(String label) {
    return Arrays.stream(values())
        .filter(tier -> tier.label.equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "tier \"" + label + "\": expected short-term, working or long-term"));
  }
}
