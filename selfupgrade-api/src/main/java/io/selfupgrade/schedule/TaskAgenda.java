package io.selfupgrade.schedule;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The tasks of an agent as they stand at one instant of the store's clock.
 *
 * @param now the store's clock
 * @param tasks the tasks that were asked for, exist, are not paused, and are declared by the code
 *     that leads if they were declared by code
 */
public record TaskAgenda(Instant now, List<Entry> tasks) {

  /** Validates and copies. */
  public TaskAgenda {
    Objects.requireNonNull(now, "now");
    tasks = List.copyOf(tasks);
  }

  /**
   * One task.
   *
   * @param definition what it is
   * @param anchor origin of its grid: its creation, or the last change of its schedule
   * @param nextDue the first tick that is not in the ledger; empty when there is none to come
   * @param running how many of its ticks are being run
   * @param waiting how many of its ticks wait for another attempt
   * @param ready when the first of those may be claimed; empty if none waits
   */
  public record Entry(
      TaskConfig definition,
      Instant anchor,
      Optional<Instant> nextDue,
      int running,
      int waiting,
      Optional<Instant> ready) {
    /** Validates the parts. */
    public Entry {
      Objects.requireNonNull(definition, "definition");
      Objects.requireNonNull(anchor, "anchor");
      Objects.requireNonNull(nextDue, "nextDue");
      Objects.requireNonNull(ready, "ready");
    }
  }
}
