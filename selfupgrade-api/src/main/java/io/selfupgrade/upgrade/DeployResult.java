package io.selfupgrade.upgrade;

import java.util.Objects;

/** What became of the wish to deploy; closed. */
public sealed interface DeployResult {

  /** Returns what happened, in a sentence. */
  String summary();

  /**
   * The platform was asked and has accepted; the version runs later, or fails to.
   *
   * @param deployment what was asked for
   * @param target the platform's name
   * @param reference where a person follows it
   */
  record Dispatched(Deployment deployment, String target, String reference)
      implements DeployResult {
    /** Validates that all are there. */
    public Dispatched {
      Objects.requireNonNull(deployment, "deployment");
      Objects.requireNonNull(target, "target");
      Objects.requireNonNull(reference, "reference");
    }

    @Override
    public String summary() {
      return target + " was asked to run " + deployment.version() + ": " + reference;
    }
  }

  /**
   * Nothing was asked for.
   *
   * @param reason why, and what to do
   */
  record Refused(Reason reason) implements DeployResult {
    /** Validates that the reason is there. */
    public Refused {
      Objects.requireNonNull(reason, "reason");
    }

    @Override
    public String summary() {
      return "not deployed: " + reason.message();
    }
  }

  /**
   * The platform refused, or could not be reached.
   *
   * @param deployment what was asked for
   * @param target the platform's name
   * @param why what was seen
   * @param retryable whether another call may help; it goes on with the same deployment
   */
  record Failed(Deployment deployment, String target, String why, boolean retryable)
      implements DeployResult {
    /** Validates that all are there. */
    public Failed {
      Objects.requireNonNull(deployment, "deployment");
      Objects.requireNonNull(target, "target");
      Objects.requireNonNull(why, "why");
    }

    @Override
    public String summary() {
      return target
          + " does not run "
          + deployment.version()
          + ": "
          + why
          + (retryable ? "; call deployToCloud() again, it goes on with the same one" : "");
    }
  }
}
