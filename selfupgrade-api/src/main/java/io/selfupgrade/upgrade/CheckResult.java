package io.selfupgrade.upgrade;

import io.selfupgrade.agent.Version;
import java.util.Objects;

/** What a look for a newer release found; closed. */
public sealed interface CheckResult {

  /** Returns one sentence for people. */
  String summary();

  /**
   * There is a newer release that may be installed.
   *
   * @param update the release
   */
  record Available(UpdateAvailable update) implements CheckResult {
    /** Validates that the update is there. */
    public Available {
      Objects.requireNonNull(update, "update");
    }

    @Override
    public String summary() {
      return update.release().version() + " is available, " + update.running() + " runs";
    }
  }

  /**
   * Nothing newer is published.
   *
   * @param running the version that runs
   */
  record NothingNewer(Version running) implements CheckResult {
    /** Validates that the version is there. */
    public NothingNewer {
      Objects.requireNonNull(running, "running");
    }

    @Override
    public String summary() {
      return running + " is the newest release";
    }
  }

  /**
   * Something is published, and it must not be installed.
   *
   * @param reason why
   */
  record NotAcceptable(Reason reason) implements CheckResult {
    /** Validates that the reason is there. */
    public NotAcceptable {
      Objects.requireNonNull(reason, "reason");
    }

    @Override
    public String summary() {
      return "not acceptable: " + reason.message();
    }
  }

  /**
   * The look itself could not be made; it is made again later.
   *
   * @param reason why
   */
  record NotReachable(Reason reason) implements CheckResult {
    /** Validates that the reason is there. */
    public NotReachable {
      Objects.requireNonNull(reason, "reason");
    }

    @Override
    public String summary() {
      return "not reachable: " + reason.message();
    }
  }
}
