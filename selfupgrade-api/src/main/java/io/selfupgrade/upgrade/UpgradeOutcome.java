package io.selfupgrade.upgrade;

import io.selfupgrade.agent.Version;
import java.util.Objects;

/**
 * How an upgrade ended; a closed set.
 *
 * <p>The simple name of the record ({@code Upgraded}, {@code Refused}, ...) is the name under which
 * logs, journal and reports speak of it.
 */
public sealed interface UpgradeOutcome {

  /** Returns one sentence for people. */
  String summary();

  /** Returns the outcome's name as logs and reports print it. */
  default String name() {
    return getClass().getSimpleName();
  }

  /**
   * There was nothing newer.
   *
   * @param running the version that runs
   */
  record UpToDate(Version running) implements UpgradeOutcome {
    /** Validates that the version is there. */
    public UpToDate {
      Objects.requireNonNull(running, "running");
    }

    @Override
    public String summary() {
      return running + " is the newest release";
    }
  }

  /**
   * The release was not accepted; the running version was never touched.
   *
   * @param reason why
   */
  record Refused(Reason reason) implements UpgradeOutcome {
    /** Validates that the reason is there. */
    public Refused {
      Objects.requireNonNull(reason, "reason");
    }

    @Override
    public String summary() {
      return "refused: " + reason.message();
    }
  }

  /**
   * Ended before the hand-over for a reason that is not the release's.
   *
   * @param reason why
   * @param retryable whether it is tried again without a person
   */
  record Aborted(Reason reason, boolean retryable) implements UpgradeOutcome {
    /** Validates that the reason is there. */
    public Aborted {
      Objects.requireNonNull(reason, "reason");
    }

    @Override
    public String summary() {
      return "aborted" + (retryable ? ", to be retried: " : ": ") + reason.message();
    }
  }

  /**
   * The new version is the confirmed one.
   *
   * @param from the version before
   * @param to the version that now runs
   */
  record Upgraded(Version from, Version to) implements UpgradeOutcome {
    /** Validates the parts. */
    public Upgraded {
      Objects.requireNonNull(from, "from");
      Objects.requireNonNull(to, "to");
    }

    @Override
    public String summary() {
      return "upgraded from " + from + " to " + to;
    }
  }

  /**
   * The old version leads again, with all data kept.
   *
   * @param reason why
   * @param retryable whether the release is tried again without a person
   */
  record RolledBack(Reason reason, boolean retryable) implements UpgradeOutcome {
    /** Validates that the reason is there. */
    public RolledBack {
      Objects.requireNonNull(reason, "reason");
    }

    @Override
    public String summary() {
      return "rolled back" + (retryable ? ", to be retried: " : ": ") + reason.message();
    }
  }

  /**
   * Going back did not succeed.
   *
   * @param running the version that runs now
   * @param reason why
   */
  record RollbackFailed(Version running, Reason reason) implements UpgradeOutcome {
    /** Validates the parts. */
    public RollbackFailed {
      Objects.requireNonNull(running, "running");
      Objects.requireNonNull(reason, "reason");
    }

    @Override
    public String summary() {
      return "rollback failed, " + running + " runs: " + reason.message();
    }
  }
}
