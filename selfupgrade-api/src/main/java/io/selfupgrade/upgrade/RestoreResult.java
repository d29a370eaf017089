package io.selfupgrade.upgrade;

import java.util.Objects;

/** What came of a restore; closed. */
public sealed interface RestoreResult {

  /** Returns one sentence for people. */
  String summary();

  /**
   * The data is as the snapshot shows it.
   *
   * @param plan what was done
   * @param undo a snapshot of how it was before
   */
  record Restored(RestorePlan plan, SnapshotStore.Snapshot undo) implements RestoreResult {
    /** Validates the parts. */
    public Restored {
      Objects.requireNonNull(plan, "plan");
      Objects.requireNonNull(undo, "undo");
    }

    @Override
    public String summary() {
      return "restored snapshot "
          + plan.snapshot().id()
          + "; snapshot "
          + undo.id()
          + " has what was there before";
    }
  }

  /**
   * The data or the leadership is not what the plan was made for; nothing was changed.
   *
   * @param now the plan as it would be now
   */
  record Stale(RestorePlan now) implements RestoreResult {
    /** Validates that the plan is there. */
    public Stale {
      Objects.requireNonNull(now, "now");
    }

    @Override
    public String summary() {
      return "the plan is stale: look at it as it is now, then apply that";
    }
  }

  /**
   * It cannot be done; nothing was changed.
   *
   * @param why a sentence that says what to do
   */
  record Refused(String why) implements RestoreResult {
    /** Validates that the reason is there. */
    public Refused {
      Objects.requireNonNull(why, "why");
    }

    @Override
    public String summary() {
      return "refused: " + why;
    }
  }
}
