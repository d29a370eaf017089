package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.launcher.Candidate;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The candidate's own part of VERIFY: asks probes and critical paths, and confirms itself in time.
 *
 * <p>Good run time is what earlier processes of the same trial served, which the launcher keeps on
 * disk, and this process's time since it began to act.
 */
final class Probation {

  private static final Duration SHORTEST = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofSeconds(2);

  private final Situation situation;
  private final ProbeRunner probes;
  private final LongSupplier nanoTime;
  private Optional<Fence> since = Optional.empty();
  private Duration servedBefore = Duration.ZERO;
  private long startNanos;

  Probation(Situation situation, ProbeRunner probes, LongSupplier nanoTime) {
    this.situation = situation;
    this.probes = probes;
    this.nanoTime = nanoTime;
  }

  Duration interval() {
    Duration part = situation.settings().times().probation().dividedBy(8);
    Duration bounded = part.compareTo(LONGEST) < 0 ? part : LONGEST;
    return bounded.compareTo(SHORTEST) < 0 ? SHORTEST : bounded;
  }

  /** Notes that this candidate has begun to act under that fence. */
  void begin(Fence fence) {
    servedBefore = onDisk();
    startNanos = nanoTime.getAsLong();
    since = Optional.of(fence);
  }

  boolean hasBegun(Fence fence) {
    return since.equals(Optional.of(fence));
  }

  /** Makes one round; returns whether the version is confirmed by it. */
  boolean round(Fence fence, UpgradeRecord upgrade) throws InterruptedException {
    Optional<Reason> failure = probes.firstFailure();
    if (!situation.journal().selfCheck(fence, upgrade.id(), failure)) {
      return false;
    }
    if (failure.isPresent()) {
      situation
          .log()
          .record(fence, upgrade.id(), UpgradeStep.VERIFY, Event.FAILED, failure.get().toString());
      since = Optional.empty();
      return false;
    }
    if (served().compareTo(situation.settings().times().probation()) < 0
        || situation.frozen().isPresent()) {
      return false;
    }
    return situation.journal().confirm(fence, upgrade.id(), situation.settings().ttl());
  }

  /** Returns the good run time so far. */
  Duration served() {
    return servedBefore.plusNanos(nanoTime.getAsLong() - startNanos);
  }

  /** Returns the run time that the launcher has written down for this trial. */
  Duration onDisk() {
    return situation
        .link()
        .flatMap(link -> link.candidate())
        .filter(candidate -> situation.self().trial().equals(Optional.of(candidate.upgrade())))
        .map(Candidate::runTime)
        .orElse(Duration.ZERO);
  }
}
