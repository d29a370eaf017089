package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.TaskAgenda;
import io.selfupgrade.schedule.TaskDefinition;
import io.selfupgrade.schedule.TaskStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/** Tasks and ticks in memory. */
final class InMemoryTaskStore implements TaskStore {

  private static final Comparator<RunRow> BY_TICK = Comparator.comparing(run -> run.claim.due());

  private final InMemoryState state;

  InMemoryTaskStore(InMemoryState state) {
    this.state = state;
  }

  @Override
  public Optional<Change> upsert(Fence fence, TaskDefinition definition) {
    return state.transact(() -> state.fenced(fence).map(rows -> upsert(rows, definition)));
  }

  private Change upsert(AgentRows rows, TaskDefinition definition) {
    AgentRows.Task before = rows.tasks.get(definition.name());
    if (before != null && before.definition().equals(definition)) {
      return Change.UNCHANGED;
    }
    boolean sameGrid =
        before != null && before.definition().schedule().equals(definition.schedule());
    AgentRows.Task task =
        before != null && sameGrid
            ? new AgentRows.Task(definition, before.anchor(), before.nextDue())
            : new AgentRows.Task(definition, state.now(), Optional.empty());
    rows.tasks.put(definition.name(), task);
    return before == null ? Change.CREATED : Change.UPDATED;
  }

  @Override
  public boolean plan(Fence fence, String task, Instant firstDue) {
    return state.transact(
        () -> {
          Optional<AgentRows.Task> unplanned =
              state
                  .fenced(fence)
                  .flatMap(rows -> Optional.ofNullable(rows.tasks.get(task)))
                  .filter(row -> row.nextDue().isEmpty());
          unplanned.ifPresent(
              row -> state.rows(fence.agent()).tasks.put(task, row.due(Optional.of(firstDue))));
          return unplanned.isPresent();
        });
  }

  @Override
  public TaskAgenda agenda(AgentName agent, Collection<String> tasks) {
    return state.transact(
        () -> {
          AgentRows rows = state.rows(agent);
          List<TaskAgenda.Entry> entries = new ArrayList<>();
          for (AgentRows.Task task : rows.tasks.values()) {
            String name = task.definition().name();
            if (tasks.contains(name)) {
              entries.add(
                  new TaskAgenda.Entry(
                      task.definition(),
                      task.anchor(),
                      task.nextDue(),
                      count(rows, name, RunRecord.State.RUNNING),
                      count(rows, name, RunRecord.State.WAITING)));
            }
          }
          return new TaskAgenda(state.now(), entries);
        });
  }

  @Override
  public Optional<RunClaim> claim(Fence fence, Claiming claiming) {
    return state.transact(() -> write(fence, claiming).map(run -> run.claim));
  }

  @Override
  public boolean skip(Fence fence, Claiming claiming) {
    return state.transact(
        () -> {
          Optional<RunRow> run = write(fence, claiming);
          run.ifPresent(row -> row.end(RunRecord.State.SKIPPED, "", state.now()));
          return run.isPresent();
        });
  }

  /** Writes a tick and moves the next one, if fence and expectation hold. */
  private Optional<RunRow> write(Fence fence, Claiming claiming) {
    String name = claiming.task();
    Optional<AgentRows> held =
        state
            .fenced(fence)
            .filter(
                rows ->
                    Optional.ofNullable(rows.tasks.get(name))
                        .flatMap(AgentRows.Task::nextDue)
                        .equals(Optional.of(claiming.expectedNext())))
            .filter(
                rows ->
                    rows.runs(name).stream()
                        .noneMatch(run -> run.claim.due().equals(claiming.tick())));
    return held.map(
        rows -> {
          RunRow run =
              new RunRow(
                  new RunClaim(UUID.randomUUID(), name, claiming.tick(), 1, fence), state.now());
          rows.runs.add(run);
          rows.tasks.computeIfPresent(name, (key, task) -> task.due(claiming.nextDue()));
          return run;
        });
  }

  @Override
  public Optional<RunClaim> claimWaiting(Fence fence, String task) {
    return state.transact(
        () -> {
          Optional<RunRow> oldest =
              state
                  .fenced(fence)
                  .flatMap(
                      rows ->
                          rows.runs(task).stream()
                              .filter(run -> run.state == RunRecord.State.WAITING)
                              .min(BY_TICK));
          oldest.ifPresent(run -> run.runAgain(fence, state.now()));
          return oldest.map(run -> run.claim);
        });
  }

  @Override
  public boolean finish(RunClaim claim, Optional<String> error) {
    return state.transact(
        () -> {
          Optional<RunRow> run = running(claim);
          RunRecord.State end =
              error.isEmpty() ? RunRecord.State.SUCCEEDED : RunRecord.State.FAILED;
          run.ifPresent(row -> row.end(end, error.orElse(""), state.now()));
          return run.isPresent();
        });
  }

  @Override
  public boolean giveBack(RunClaim claim) {
    return state.transact(
        () -> {
          Optional<RunRow> run = running(claim);
          run.ifPresent(RunRow::backToWaiting);
          return run.isPresent();
        });
  }

  @Override
  public Optional<RunRecord> find(RunClaim claim) {
    return state.transact(
        () ->
            state.rows(claim.fence().agent()).runs.stream()
                .filter(run -> run.claim.run().equals(claim.run()))
                .findFirst()
                .map(RunRow::record));
  }

  @Override
  public int reclaim(Fence fence, Optional<InstanceId> attestedDead, Duration silence) {
    return state.transact(
        () -> {
          List<RunRow> lost =
              state.fenced(fence).stream()
                  .flatMap(rows -> rows.runs.stream())
                  .filter(RunRow::isRunning)
                  .filter(run -> isLost(run.claim.fence().holder(), attestedDead, silence))
                  .toList();
          lost.forEach(RunRow::backToWaiting);
          return lost.size();
        });
  }

  @Override
  public List<RunRecord> history(AgentName agent, String task, int limit) {
    return state.transact(
        () ->
            state.rows(agent).runs(task).stream()
                .sorted(BY_TICK.reversed())
                .limit(limit)
                .map(RunRow::record)
                .toList());
  }

  @Override
  public List<RunRecord> runsOfEpoch(AgentName agent, long epoch, int limit) {
    return state.transact(
        () ->
            state.rows(agent).runs.stream()
                .filter(run -> run.claim.fence().epoch() == epoch)
                .sorted(BY_TICK)
                .limit(limit)
                .map(RunRow::record)
                .toList());
  }

  @Override
  public List<String> overdue(AgentName agent, Duration grace) {
    return state.transact(
        () -> {
          AgentRows rows = state.rows(agent);
          Instant latest = state.now().minus(grace);
          Predicate<Map.Entry<String, AgentRows.Task>> isOverdue =
              task ->
                  count(rows, task.getKey(), RunRecord.State.RUNNING) == 0
                      && rows.runs(task.getKey()).stream()
                          .noneMatch(run -> rows.isOfPresentEpoch(run) && run.endedAfter(latest))
                      && (task.getValue().nextDue().filter(latest::isAfter).isPresent()
                          || rows.runs(task.getKey()).stream()
                              .filter(run -> run.state == RunRecord.State.WAITING)
                              .anyMatch(run -> run.claim.due().isBefore(latest)));
          return rows.tasks.entrySet().stream().filter(isOverdue).map(Map.Entry::getKey).toList();
        });
  }

  private Optional<RunRow> running(RunClaim claim) {
    return state.rows(claim.fence().agent()).runs.stream()
        .filter(run -> run.isRunningAs(claim))
        .findFirst();
  }

  private boolean isLost(InstanceId claimant, Optional<InstanceId> attestedDead, Duration silence) {
    return attestedDead.equals(Optional.of(claimant))
        || state.instance(claimant).map(row -> row.silentFor(silence, state.now())).orElse(true);
  }

  private static int count(AgentRows rows, String task, RunRecord.State wanted) {
    return (int) rows.runs(task).stream().filter(run -> run.state == wanted).count();
  }
}
