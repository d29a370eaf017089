package io.selfupgrade.upgrade;

import java.time.Duration;
import java.util.Objects;

/** How the next version comes to run: from a slot of the launcher, or by a platform; closed. */
public sealed interface Install {

  /** Puts releases into slots, which the launcher starts: the default. */
  static Install.Slots slots() {
    return new Slots();
  }

  /**
   * Asks a platform to run the next version, which has to promise {@link KeptUntil#CONFIRMED}.
   *
   * <p>Of a release only the manifest and the migrations are read; what the platform runs as that
   * version is what it was given.
   */
  static Install.Deploying deploying(DeployTarget target) {
    return new Deploying(target, KeptUntil.CONFIRMED, Deploying.WITHIN);
  }

  /** Into slots. */
  record Slots() implements Install {}

  /**
   * By a platform.
   *
   * @param target the platform
   * @param allowed the least that it has to promise about the running version
   * @param within longest time from the question until the new version is a standby, also for one
   *     that is asked for on the way back; default 15 min
   */
  record Deploying(DeployTarget target, KeptUntil allowed, Duration within) implements Install {

    private static final Duration WITHIN = Duration.ofMinutes(15);
    private static final Duration LONGEST = Duration.ofDays(1);

    /**
     * Validates the parts.
     *
     * @throws IllegalArgumentException if the time is not more than zero and at most a day
     */
    public Deploying {
      Objects.requireNonNull(target, "target");
      Objects.requireNonNull(allowed, "allowed");
      Objects.requireNonNull(within, "within");
      if (within.isZero() || within.isNegative() || within.compareTo(LONGEST) > 0) {
        throw new IllegalArgumentException(
            "Install.deploying(...).within("
                + within
                + "): expected more than zero and at most "
                + LONGEST);
      }
    }

    /** Allows a platform that promises no more than this about the running version. */
    public Deploying allowing(KeptUntil least) {
      return new Deploying(target, least, within);
    }

    /** Sets how long the platform may take until the new version is a standby. */
    public Deploying within(Duration longest) {
      return new Deploying(target, allowed, longest);
    }
  }
}
