package io.selfupgrade.upgrade;

import java.util.Objects;

/**
 * What a step that was called alone gave: the proof that the next one takes, or the upgrade's end.
 *
 * @param <T> the proof
 */
public sealed interface StepResult<T> {

  /**
   * Returns the proof.
   *
   * @throws IllegalStateException if the upgrade ended in this step; the message names the outcome
   */
  T proof();

  /**
   * The step passed.
   *
   * @param proof what the next step takes
   * @param <T> its type
   */
  record Passed<T>(T proof) implements StepResult<T> {
    /** Validates that the proof is there. */
    public Passed {
      Objects.requireNonNull(proof, "proof");
    }
  }

  /**
   * The upgrade ended in this step, and its outcome is in the journal.
   *
   * @param outcome how
   * @param <T> type of the proof that there would have been
   */
  record Ended<T>(UpgradeOutcome outcome) implements StepResult<T> {
    /** Validates that the outcome is there. */
    public Ended {
      Objects.requireNonNull(outcome, "outcome");
    }

    @Override
    public T proof() {
      throw new IllegalStateException("the upgrade ended: " + outcome.summary());
    }
  }
}
