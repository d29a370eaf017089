package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.schedule.Overlap;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.upgrade.UpgradePhase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What was run, in memory, as operators and judges read it. */
abstract class InMemoryTaskLedger implements TaskStore {

  static final Comparator<RunRow> BY_TICK = Comparator.comparing(run -> run.claim.due());

  private static final Set<UpgradePhase> ON_TRIAL =
      Set.of(UpgradePhase.HANDED_OVER, UpgradePhase.ROLLING_BACK);

  final InMemoryState state;

  InMemoryTaskLedger(InMemoryState state) {
    this.state = state;
  }

  @Override
  public Optional<Declared> declare(Fence fence, Set<String> tasks) {
    return state.transact(
        () -> state.fenced(fence).map(rows -> declared(rows, fence.epoch(), tasks)));
  }

  private Declared declared(AgentRows rows, long epoch, Set<String> tasks) {
    boolean onTrial = rows.upgrades.stream().anyMatch(row -> ON_TRIAL.contains(row.phase));
    List<String> retired = new ArrayList<>();
    rows.declaredAt = Optional.of(epoch);
    rows.tasks.replaceAll(
        (name, task) -> {
          if (tasks.contains(name)) {
            return task.declaredAt(Optional.of(epoch));
          }
          if (onTrial || !task.enabled() || !rows.leftOut(task)) {
            return task;
          }
          retired.add(name);
          return task.retired(notDeclared(rows));
        });
    return new Declared(onTrial, retired);
  }

  private static String notDeclared(AgentRows rows) {
    return rows.leader
        .map(leader -> rows.instances.get(leader.fence().holder()))
        .map(leading -> "version " + leading.record.version() + " does not declare it")
        .orElse("the version that leads does not declare it");
  }

  static Optional<String> hindrance(AgentRows rows, AgentRows.Task task) {
    if (task.definition().schedule() instanceof Schedule.Unreadable unreadable) {
      return Optional.of(unreadable.why());
    }
    return task.retired()
        .or(() -> rows.leftOut(task) ? Optional.of(notDeclared(rows)) : Optional.empty());
  }

  @Override
  public Optional<RunRecord> find(RunClaim claim) {
    return state.transact(
        () -> {
          AgentRows rows = state.rows(claim.fence().agent());
          return claim.kind() == RunClaim.Kind.ONE_SHOT
              ? rows.oneShots.find(claim.run())
              : rows.runs.find(claim.run()).map(RunRow::record);
        });
  }

  @Override
  public List<RunRecord> history(AgentName agent, String task, int limit) {
    return newest(agent, limit, run -> run.claim.task().equals(task));
  }

  @Override
  public List<RunRecord> quarantined(AgentName agent, int limit) {
    return newest(agent, limit, run -> run.quarantined);
  }

  private List<RunRecord> newest(AgentName agent, int limit, Predicate<RunRow> wanted) {
    return state.transact(
        () -> {
          AgentRows rows = state.rows(agent);
          return Stream.concat(rows.runs.all().stream(), rows.oneShots.begun().stream())
              .filter(wanted)
              .sorted(BY_TICK.reversed())
              .limit(limit)
              .map(RunRow::record)
              .toList();
        });
  }

  @Override
  public List<RunRecord> runsOfEpoch(AgentName agent, long epoch, int limit) {
    return state.transact(
        () ->
            state.rows(agent).runs.all().stream()
                .filter(run -> run.claim.fence().epoch() == epoch)
                .sorted(BY_TICK)
                .limit(limit)
                .map(RunRow::record)
                .toList());
  }

  @Override
  public boolean release(AgentName agent, UUID run) {
    return state.transact(
        () -> {
          AgentRows rows = state.rows(agent);
          Optional<RunRow> tick =
              rows.runs
                  .find(run)
                  .filter(row -> row.quarantined && rows.tasks.containsKey(row.claim.task()));
          tick.ifPresent(
              row -> {
                row.release(state.now());
                rows.runs.settle(row);
              });
          InMemoryLeadershipSession.signal(state, agent);
          return tick.isPresent() || rows.oneShots.release(run, state.now());
        });
  }

  @Override
  public List<String> overdue(AgentName agent, Duration grace) {
    return state.transact(
        () -> {
          AgentRows rows = state.rows(agent);
          Instant latest = state.now().minus(grace);
          Predicate<Map.Entry<String, AgentRows.Task>> isOverdue =
              task ->
                  task.getValue().enabled()
                      && !rows.leftOut(task.getValue())
                      && count(rows, task.getKey(), RunRecord.State.RUNNING) == 0
                      && rows.runs.of(task.getKey()).values().stream()
                          .noneMatch(run -> rows.isOfPresentEpoch(run) && run.endedAfter(latest))
                      && (isDueSince(latest, rows, task.getValue())
                          || rows.runs.open(task.getKey()).stream()
                              .filter(RunRow::isWaiting)
                              .anyMatch(
                                  run ->
                                      run.claim.due().isBefore(latest)
                                          && (run.failures == 0 || run.ready.isBefore(latest))));
          return rows.tasks.entrySet().stream().filter(isOverdue).map(Map.Entry::getKey).toList();
        });
  }

  /** A jitter makes a tick later; where ticks queue, one that pauses holds the later ones back. */
  private static boolean isDueSince(Instant latest, AgentRows rows, AgentRows.Task task) {
    TaskPolicy policy = task.definition().policy();
    Instant jittered = latest.minus(policy.jitter());
    boolean held =
        policy.overlap() == Overlap.QUEUE
            && rows.runs.open(task.definition().name()).stream()
                .anyMatch(run -> run.isWaiting() && run.failures > 0 && run.ready.isAfter(latest));
    return !held && task.nextDue().filter(jittered::isAfter).isPresent();
  }

  @Override
  public Standstill standstill(AgentName agent, Duration grace) {
    return state.transact(
        () ->
            new Standstill(
                overdue(agent, grace), state.rows(agent).oneShots.lying(state.now().minus(grace))));
  }

  static int count(AgentRows rows, String task, RunRecord.State wanted) {
    int found = 0;
    for (RunRow run : rows.runs.open(task)) {
      found += run.state == wanted ? 1 : 0;
    }
    return found;
  }
}
