package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.FailedVersion;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeJournal;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/** The journal in memory; the decisions of a trial are those of {@link InMemoryTrials}. */
final class InMemoryUpgradeJournal implements UpgradeJournal {

  private final InMemoryState state;
  private final InMemoryTrials trials;

  InMemoryUpgradeJournal(InMemoryState state) {
    this.state = state;
    this.trials = new InMemoryTrials(state);
  }

  @Override
  public Optional<UpgradeRecord> open(Fence fence, Trigger trigger, Version from) {
    return state.transact(
        () ->
            state
                .fenced(fence)
                .map(rows -> rows.openUpgrade().orElseGet(() -> opened(rows, trigger, from)))
                .map(row -> row.record(state.now())));
  }

  private UpgradeRow opened(AgentRows rows, Trigger trigger, Version from) {
    UpgradeRow row = new UpgradeRow(rows.agent, trigger, from, state.now());
    rows.upgrades.add(0, row);
    return row;
  }

  @Override
  public Optional<UpgradeRecord> openUpgrade(AgentName agent) {
    return state.transact(
        () -> state.rows(agent).openUpgrade().map(row -> row.record(state.now())));
  }

  @Override
  public Optional<UpgradeRecord> find(UUID upgrade) {
    return state.transact(() -> state.upgrade(upgrade).map(row -> row.record(state.now())));
  }

  @Override
  public List<UpgradeRecord> history(AgentName agent, int limit) {
    return state.transact(
        () ->
            state.rows(agent).upgrades.stream()
                .limit(limit)
                .map(row -> row.record(state.now()))
                .toList());
  }

  @Override
  public List<UpgradeRecord> historyOf(AgentName agent, String manifestSha256, int limit) {
    return state.transact(
        () ->
            state.rows(agent).upgrades.stream()
                .filter(row -> !row.forgiven)
                .filter(
                    row ->
                        row.target
                            .filter(target -> target.manifestSha256().equals(manifestSha256))
                            .isPresent())
                .limit(limit)
                .map(row -> row.record(state.now()))
                .toList());
  }

  @Override
  public boolean target(Fence fence, UUID upgrade, UpgradeRecord.Target target) {
    return state.change(
        () -> state.fenced(fence, upgrade, UpgradePhase.OPEN),
        row -> row.target = Optional.of(target));
  }

  @Override
  public boolean move(
      Fence fence, UUID upgrade, UpgradePhase from, UpgradePhase to, Optional<Ending> ending) {
    boolean decidedWithTheLease = to == UpgradePhase.HANDED_OVER || to == UpgradePhase.CONFIRMED;
    if (decidedWithTheLease || !from.canMoveTo(to)) {
      return false;
    }
    return state.change(
        () -> state.fenced(fence, upgrade, from), row -> row.moveTo(to, ending, state.now()));
  }

  @Override
  public boolean record(Fence fence, UUID upgrade, StepRecord step) {
    return state.change(() -> state.fenced(fence, upgrade), row -> row.addStep(step, state.now()));
  }

  @Override
  public boolean copyLauncherEntry(
      Fence fence, UUID upgrade, String launcher, long sequence, StepRecord step) {
    return state.change(
        () ->
            state
                .fenced(fence, upgrade)
                .filter(row -> row.launcherEntries.add(launcher + " " + sequence)),
        row -> row.addStep(step, state.now()));
  }

  @Override
  public List<StepRecord> steps(UUID upgrade) {
    return state.transact(
        () -> state.upgrade(upgrade).map(row -> List.copyOf(row.steps)).orElse(List.of()));
  }

  @Override
  public UUID request(AgentName agent, Trigger trigger) {
    return state.transact(
        () -> {
          AgentRows.Request request = new AgentRows.Request(trigger);
          state.rows(agent).requests.add(request);
          return request.id;
        });
  }

  @Override
  public boolean answerRequests(Fence fence, UUID upgrade) {
    return state.transact(
        () -> {
          List<AgentRows.Request> waiting =
              state.fenced(fence, upgrade).stream()
                  .flatMap(row -> waiting(row.agent).stream().filter(one -> mayAnswer(row, one)))
                  .toList();
          waiting.forEach(request -> request.answer = upgrade);
          return !waiting.isEmpty();
        });
  }

  @Override
  public Optional<Trigger> waitingRequest(AgentName agent) {
    return state.transact(
        () -> waiting(agent).stream().findFirst().map(request -> request.trigger));
  }

  @Override
  public Optional<UUID> answerOf(UUID request) {
    return state.transact(
        () ->
            state.all().stream()
                .flatMap(rows -> rows.requests.stream())
                .filter(row -> row.id.equals(request))
                .findFirst()
                .flatMap(row -> Optional.ofNullable(row.answer)));
  }

  @Override
  public boolean listFailed(Fence fence, Version version, String manifestSha256, Reason reason) {
    return state.transact(
        () -> {
          Optional<AgentRows> held = state.fenced(fence);
          held.filter(rows -> rows.failed.stream().noneMatch(isBuild(version, manifestSha256)))
              .ifPresent(
                  rows ->
                      rows.failed.add(
                          0, new FailedVersion(version, manifestSha256, reason, state.now())));
          return held.isPresent();
        });
  }

  @Override
  public List<FailedVersion> failedVersions(AgentName agent) {
    return state.transact(() -> List.copyOf(state.rows(agent).failed));
  }

  @Override
  public boolean forgive(AgentName agent, Version version) {
    return state.transact(
        () -> {
          boolean listed = state.rows(agent).failed.removeIf(one -> one.version().equals(version));
          state.rows(agent).upgrades.stream()
              .filter(row -> listed && row.phase.isFinal())
              .filter(row -> row.target.filter(one -> one.version().equals(version)).isPresent())
              .forEach(row -> row.forgiven = true);
          return listed;
        });
  }

  @Override
  public Optional<String> frozen(AgentName agent) {
    return state.transact(() -> state.rows(agent).frozen.map(AgentRows.Freeze::why));
  }

  @Override
  public Optional<Instant> frozenSince(AgentName agent) {
    return state.transact(() -> state.rows(agent).frozen.map(AgentRows.Freeze::at));
  }

  @Override
  public void freeze(AgentName agent, String why) {
    state.transact(
        () -> {
          AgentRows rows = state.rows(agent);
          rows.frozen =
              Optional.of(
                  new AgentRows.Freeze(
                      why, rows.frozen.map(AgentRows.Freeze::at).orElseGet(state::now)));
          return true;
        });
  }

  @Override
  public void unfreeze(AgentName agent) {
    state.transact(() -> state.rows(agent).frozen = Optional.empty());
  }

  @Override
  public Optional<Version> confirmedVersion(AgentName agent) {
    return state.transact(() -> state.rows(agent).confirmed);
  }

  /** Keeps no ADOPTED step: it belongs to no upgrade, and the port reads steps by upgrade. */
  @Override
  public boolean adopt(Fence fence, Version version) {
    return state.transact(
        () -> {
          Optional<AgentRows> held =
              state.fenced(fence).filter(rows -> rows.openUpgrade().isEmpty());
          held.ifPresent(rows -> rows.confirmed = Optional.of(version));
          return held.isPresent();
        });
  }

  @Override
  public Optional<Fence> handOver(
      Fence fence, UUID upgrade, InstanceId candidate, Duration ttl, Duration limit) {
    return trials.handOver(fence, upgrade, candidate, ttl, limit);
  }

  @Override
  public boolean resume(Fence fence, UUID upgrade, Duration remaining) {
    return trials.resume(fence, upgrade, remaining);
  }

  @Override
  public boolean selfCheck(Fence fence, UUID upgrade, Optional<Reason> failure) {
    return trials.selfCheck(fence, upgrade, failure);
  }

  @Override
  public boolean look(UUID upgrade, Version fromVersion, Optional<Reason> failure) {
    return trials.look(upgrade, fromVersion, failure);
  }

  @Override
  public Optional<Fence> goBack(
      UUID upgrade, Version fromVersion, InstanceId instance, Duration ttl, Ending ending) {
    return trials.goBack(upgrade, fromVersion, instance, ttl, ending);
  }

  @Override
  public boolean confirm(Fence fence, UUID upgrade, Duration ttl) {
    return trials.confirm(fence, upgrade, ttl);
  }

  private static boolean mayAnswer(UpgradeRow row, AgentRows.Request request) {
    boolean hasLooked = row.phase != UpgradePhase.OPEN || row.target.isPresent();
    return request.trigger != Trigger.WEBHOOK || !hasLooked;
  }

  private List<AgentRows.Request> waiting(AgentName agent) {
    return state.rows(agent).requests.stream().filter(row -> row.answer == null).toList();
  }

  private static Predicate<FailedVersion> isBuild(Version version, String manifestSha256) {
    return listed ->
        listed.version().equals(version) && listed.manifestSha256().equals(manifestSha256);
  }
}
