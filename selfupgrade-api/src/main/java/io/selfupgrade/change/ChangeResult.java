package io.selfupgrade.change;

import java.util.Objects;
import java.util.Optional;

/** How a change stands when the call returns; closed. */
public sealed interface ChangeResult {

  /** Returns what happened, in a sentence. */
  String summary();

  /**
   * It is merged: the release that is made of it upgrades the agent, as every release does.
   *
   * @param change its row
   */
  record Merged(ChangeRecord change) implements ChangeResult {
    /** Validates that it is there. */
    public Merged {
      Objects.requireNonNull(change, "change");
    }

    @Override
    public String summary() {
      return "merged as " + change.progress().merged().orElse("an unknown commit");
    }
  }

  /**
   * A pull request is open; the row says whether checks or a person are awaited, or what failed.
   *
   * @param change its row, {@code WAITING}, {@code READY} or {@code FAILED}
   */
  record Open(ChangeRecord change) implements ChangeResult {
    /** Validates that it is there. */
    public Open {
      Objects.requireNonNull(change, "change");
    }

    @Override
    public String summary() {
      return change.state() + ", " + pullRequest(change) + ": " + change.note();
    }
  }

  /**
   * A person closed its pull request without merging it.
   *
   * @param change its row
   */
  record Closed(ChangeRecord change) implements ChangeResult {
    /** Validates that it is there. */
    public Closed {
      Objects.requireNonNull(change, "change");
    }

    @Override
    public String summary() {
      return "closed by a person, " + pullRequest(change);
    }
  }

  /**
   * It may not be made, or not be taken further at the moment.
   *
   * @param code why, from a closed set
   * @param message what was seen, what was expected and what to do
   * @param change its row, if it has one
   */
  record Refused(ChangeRefusal code, String message, Optional<ChangeRecord> change)
      implements ChangeResult {
    /** Validates that all are there. */
    public Refused {
      Objects.requireNonNull(code, "code");
      Objects.requireNonNull(message, "message");
      Objects.requireNonNull(change, "change");
    }

    /** Refuses what has no row. */
    public Refused(ChangeRefusal code, String message) {
      this(code, message, Optional.empty());
    }

    @Override
    public String summary() {
      return code + ": " + message;
    }
  }

  /**
   * There is trouble with the target; the row says how far it has come.
   *
   * @param change its row
   * @param why what was seen
   * @param retryable whether the same call may help, with nothing changed
   */
  record Troubled(ChangeRecord change, String why, boolean retryable) implements ChangeResult {
    /** Validates that all are there. */
    public Troubled {
      Objects.requireNonNull(change, "change");
      Objects.requireNonNull(why, "why");
    }

    @Override
    public String summary() {
      return why + (retryable ? "; call again, it goes on from where it stands" : "");
    }
  }

  private static String pullRequest(ChangeRecord change) {
    return change
        .progress()
        .pullRequest()
        .map(number -> "pull request " + number + " of " + change.brief().target())
        .orElse("without a pull request");
  }
}
