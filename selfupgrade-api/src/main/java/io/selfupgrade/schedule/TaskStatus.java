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
 * @param hindrance why none of its ticks is run even if it is not paused: its row cannot be read,
 *     or the code that leads does not declare it; empty if nothing is in the way
 */
public record TaskStatus(
    TaskConfig config,
    boolean paused,
    Optional<Instant> nextDue,
    int running,
    int waiting,
    Optional<RunRecord> last,
    Optional<String> hindrance) {

  /** Validates the parts. */
  public TaskStatus {
    Objects.requireNonNull(config, "config");
    Objects.requireNonNull(nextDue, "nextDue");
    Objects.requireNonNull(last, "last");
    Objects.requireNonNull(hindrance, "hindrance");
  }
}
