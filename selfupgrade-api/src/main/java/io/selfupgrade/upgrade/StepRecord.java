package io.selfupgrade.upgrade;

import io.selfupgrade.agent.InstanceId;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * One recorded event of a step.
 *
 * @param step the step
 * @param event what happened
 * @param detail a sentence for people, possibly empty, at most 8,000 characters
 * @param instance the instance that recorded it
 * @param epoch its epoch
 * @param at when, on the store's clock; empty in a record that is yet to be written
 */
public record StepRecord(
    UpgradeStep step,
    Event event,
    String detail,
    InstanceId instance,
    long epoch,
    Optional<Instant> at) {

  private static final int MAX_DETAIL = 8000;

  /** Validates the parts and cuts a longer detail, keeping its end. */
  public StepRecord {
    Objects.requireNonNull(step, "step");
    Objects.requireNonNull(event, "event");
    Objects.requireNonNull(detail, "detail");
    Objects.requireNonNull(instance, "instance");
    Objects.requireNonNull(at, "at");
    if (detail.length() > MAX_DETAIL) {
      detail = "..." + detail.substring(detail.length() - MAX_DETAIL + 3);
    }
  }

  /** What can happen in a step. */
  public enum Event {
    /** The step began. */
    STARTED,
    /** Something worth knowing on the way. */
    PROGRESS,
    /** The step, or the part that the detail names, passed. */
    PASSED,
    /** The step, or the part that the detail names, failed. */
    FAILED,
    /** There was nothing to do, and the detail says why. */
    NOT_APPLICABLE,
    /** The old primary closed its admission: it takes no new work. */
    ADMISSION_CLOSED,
    /** The running version is stopped before the new one starts: {@link Switch#RESTART}. */
    INTERRUPTED,
    /** The new primary is ready to claim and its {@code PrimaryWork.start} has returned. */
    PRIMARY_READY,
    /** A version was adopted as confirmed without an upgrade. */
    ADOPTED,
    /** Copied from the launcher's own journal. */
    LAUNCHER
  }
}
