package io.selfupgrade.examples.quickstart;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.examples.quickstart.Narrator.Tone;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Reads the agent's journal and tells each step as it appears there. Not thread-safe. */
final class Chronicle {

  private static final int FOLLOWED = 2;
  private static final int HISTORY = 100;

  private final UpgradeJournal journal;
  private final AgentName agent;
  private final Narrator narrator;
  private final Path root;
  private final Set<StepRecord> told = new HashSet<>();

  Chronicle(UpgradeJournal journal, AgentName agent, Narrator narrator, Path root) {
    this.root = root;
    this.journal = journal;
    this.agent = agent;
    this.narrator = narrator;
  }

  /** Tells what is new. */
  void follow() {
    List<UpgradeRecord> newest = new ArrayList<>(journal.history(agent, FOLLOWED));
    for (int i = newest.size() - 1; i >= 0; i--) {
      UpgradeRecord upgrade = newest.get(i);
      String version = upgrade.target().map(target -> target.version().toString()).orElse("");
      for (StepRecord step : journal.steps(upgrade.id())) {
        if (told.add(step) && isWorthTelling(step)) {
          narrator.agent(step.at().orElseThrow(), tone(step), version, sentence(step));
        }
      }
    }
  }

  /** Returns how the newest upgrade to a version ended; empty while there is no end. */
  Optional<UpgradeOutcome> outcome(String version) {
    return newest(version).flatMap(UpgradeRecord::outcome);
  }

  /** Returns the phase of the newest upgrade to a version, for a person. */
  String phase(String version) {
    return newest(version).map(upgrade -> upgrade.phase().toString()).orElse("not begun");
  }

  /** Returns the longest time in which nobody was in service, over all forward hand-overs. */
  Duration longestHandOver() {
    Duration longest = Duration.ZERO;
    for (UpgradeRecord upgrade : journal.history(agent, HISTORY)) {
      List<StepRecord> steps = journal.steps(upgrade.id());
      Optional<Instant> closed = first(steps, Event.ADMISSION_CLOSED);
      Optional<Instant> ready = first(steps, Event.PRIMARY_READY);
      if (closed.isPresent() && ready.isPresent()) {
        Duration gap = Duration.between(closed.get(), ready.get());
        longest = gap.compareTo(longest) > 0 ? gap : longest;
      }
    }
    return longest;
  }

  private Optional<UpgradeRecord> newest(String version) {
    return journal.history(agent, HISTORY).stream()
        .filter(
            upgrade ->
                upgrade.target().isPresent()
                    && upgrade.target().get().version().toString().equals(version))
        .findFirst();
  }

  private static Optional<Instant> first(List<StepRecord> steps, Event event) {
    return steps.stream().filter(step -> step.event() == event).findFirst().flatMap(StepRecord::at);
  }

  private static boolean isWorthTelling(StepRecord step) {
    return step.event() != Event.LAUNCHER && step.step() != UpgradeStep.TRIGGER;
  }

  private static Tone tone(StepRecord step) {
    if (step.step() == UpgradeStep.REPORT) {
      return Tone.RESULT;
    }
    return switch (step.event()) {
      case FAILED -> Tone.BAD;
      case PASSED, PRIMARY_READY -> Tone.GOOD;
      default -> Tone.QUIET;
    };
  }

  private String sentence(StepRecord step) {
    String event = step.event().toString().toLowerCase(Locale.ROOT).replace('_', ' ');
    String detail = step.detail().replace(root + "/", "");
    return String.format(Locale.ROOT, "%-8s  %-16s  %s", step.step(), event, detail);
  }
}
