package io.selfupgrade.core.upgrade;

import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.StepRecord.Event;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Says whether an upgrade took the agent away, and for how long. */
final class Interruption {

  private Interruption() {}

  /** Returns what to add to the outcome's name; empty if nobody was away. */
  static String of(List<StepRecord> steps) {
    Optional<StepRecord> begun =
        steps.stream().filter(step -> step.event() == Event.INTERRUPTED).findFirst();
    if (begun.isEmpty()) {
      return "";
    }
    Optional<Duration> length =
        steps.stream()
            .filter(step -> step.event() == Event.PRIMARY_READY)
            .findFirst()
            .flatMap(StepRecord::at)
            .flatMap(end -> begun.get().at().map(start -> Duration.between(start, end)));
    return " with interruption" + length.map(time -> " of " + time.toMillis() + " ms").orElse("");
  }
}
