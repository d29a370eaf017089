package io.selfupgrade.schedule;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * A task as its operator sees it.
 *
 * @param config what it is
 * @param paused whether it is paused
 * @param nextDue its next tick; empty when there is none to come, or none planned yet
 * @param running how many of its ticks are being run
 * @param waiting how many of its ticks wait for another attempt
 * @param last its newest tick in the ledger
 */
public record TaskStatus(
    TaskConfig config,
    boolean paused,
    Optional<Instant> nextDue,
    int running,
    int waiting,
    Optional<RunRecord> last) {

  /** Validates the parts. */
  public TaskStatus {
    Objects.requireNonNull(config, "config");
    Objects.requireNonNull(nextDue, "nextDue");
    Objects.requireNonNull(last, "last");
  }
}
