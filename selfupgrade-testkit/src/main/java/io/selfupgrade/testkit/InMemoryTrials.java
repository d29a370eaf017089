package io.selfupgrade.testkit;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.TrialDecisions;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** The decisions of a trial in memory. */
final class InMemoryTrials implements TrialDecisions {

  private final InMemoryState state;

  InMemoryTrials(InMemoryState state) {
    this.state = state;
  }

  @Override
  public Optional<Fence> handOver(
      Fence fence, UUID upgrade, InstanceId candidate, Duration ttl, Duration limit) {
    return state.transact(
        () -> {
          Instant now = state.now();
          return state
              .fenced(fence, upgrade, UpgradePhase.TRIAL)
              .filter(row -> state.rows(row.agent).frozen.isEmpty())
              .map(
                  row -> {
                    Fence next = state.rows(row.agent).passLead(candidate, now.plus(ttl));
                    row.moveTo(UpgradePhase.HANDED_OVER, Optional.empty(), now);
                    row.tryCandidate(next, now.plus(limit));
                    return next;
                  });
        });
  }

  @Override
  public boolean resume(Fence fence, UUID upgrade, Duration remaining) {
    return state.change(
        () -> state.fenced(fence, upgrade, UpgradePhase.HANDED_OVER),
        row -> row.tryCandidate(fence, state.now().plus(remaining)));
  }

  @Override
  public boolean selfCheck(Fence fence, UUID upgrade, Optional<Reason> failure) {
    return state.change(
        () -> state.fenced(fence, upgrade, UpgradePhase.HANDED_OVER),
        row -> row.selfCheck = Optional.of(new UpgradeRow.Judgement(failure, state.now())));
  }

  @Override
  public boolean look(UUID upgrade, Version fromVersion, Optional<Reason> failure) {
    return state.change(
        () -> state.upgrade(upgrade).filter(row -> row.handedOverFrom(fromVersion)),
        row -> row.look = Optional.of(new UpgradeRow.Judgement(failure, state.now())));
  }

  @Override
  public Optional<Fence> goBack(
      UUID upgrade,
      Version fromVersion,
      InstanceId instance,
      Duration ttl,
      UpgradeJournal.Ending ending) {
    return state.transact(
        () -> {
          Instant now = state.now();
          return state
              .upgrade(upgrade)
              .filter(row -> row.handedOverFrom(fromVersion))
              .filter(
                  row ->
                      row.deadlinePassed(now)
                          || row.look.flatMap(UpgradeRow.Judgement::failure).isPresent())
              .map(
                  row -> {
                    row.moveBack(ending, now);
                    return state.rows(row.agent).passLead(instance, now.plus(ttl));
                  });
        });
  }

  @Override
  public boolean confirm(Fence fence, UUID upgrade, Duration ttl) {
    return state.change(
        () ->
            state
                .fenced(fence, upgrade, UpgradePhase.HANDED_OVER)
                .filter(row -> !row.deadlinePassed(state.now()))
                .filter(row -> state.rows(row.agent).frozen.isEmpty())
                .filter(row -> passedOrAlone(row, ttl)),
        row -> {
          row.moveTo(UpgradePhase.CONFIRMED, Optional.empty(), state.now());
          AgentRows rows = state.rows(row.agent);
          rows.confirmed = row.target.map(UpgradeRecord.Target::version);
          rows.floor = rows.confirmed;
        });
  }

  private boolean passedOrAlone(UpgradeRow row, Duration ttl) {
    Instant now = state.now();
    if (row.look.flatMap(UpgradeRow.Judgement::failure).isPresent()) {
      return false;
    }
    return row.look.filter(judgement -> judgement.passedWithin(ttl, now)).isPresent()
        || state.rows(row.agent).instances.values().stream()
            .filter(instance -> instance.record.version().equals(row.from))
            .filter(instance -> !Optional.of(instance.record.id()).equals(row.candidate))
            .allMatch(instance -> instance.silentFor(ttl, now));
  }
}
