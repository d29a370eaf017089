package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.schedule.ClaimedRun;
import io.selfupgrade.schedule.OneShotBatch;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunEnd;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.TaskAgenda;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Tasks, ticks and one-shots in memory. */
final class InMemoryTaskStore extends InMemoryTaskLedger {

  InMemoryTaskStore(InMemoryState state) {
    super(state);
  }

  @Override
  public Optional<Change> upsert(Fence fence, TaskConfig definition) {
    return state.transact(
        () -> state.fenced(fence).map(rows -> rows.declare(definition, state.now())));
  }

  @Override
  public Change schedule(AgentName agent, TaskConfig definition) {
    return state.transact(
        () -> {
          AgentRows rows = state.rows(agent);
          Change change = rows.declare(definition, state.now());
          rows.tasks.computeIfPresent(
              definition.name(), (name, task) -> task.declaredAt(Optional.empty()));
          InMemoryLeadershipSession.signal(state, agent);
          return change;
        });
  }

  @Override
  public boolean remove(AgentName agent, String task) {
    return state.transact(
        () -> {
          AgentRows rows = state.rows(agent);
          for (RunRow run : rows.runs.open(task)) {
            if (run.isWaiting()) {
              run.skip(state.now());
              rows.runs.settle(run);
            }
          }
          return rows.tasks.remove(task) != null;
        });
  }

  @Override
  public boolean pause(AgentName agent, String task, boolean paused) {
    return changed(agent, task, row -> row.paused() != paused, row -> row.paused(paused));
  }

  @Override
  public boolean runNow(AgentName agent, String task) {
    Instant now = state.now();
    return changed(
        agent,
        task,
        AgentRows.Task::enabled,
        row ->
            row.nextDue().filter(due -> !due.isAfter(now)).isPresent()
                ? row
                : row.due(Optional.of(now)));
  }

  private boolean changed(
      AgentName agent,
      String task,
      Predicate<AgentRows.Task> applies,
      UnaryOperator<AgentRows.Task> change) {
    return state.transact(
        () -> {
          Map<String, AgentRows.Task> tasks = state.rows(agent).tasks;
          Optional<AgentRows.Task> row = Optional.ofNullable(tasks.get(task)).filter(applies);
          row.ifPresent(found -> tasks.put(task, change.apply(found)));
          InMemoryLeadershipSession.signal(state, agent);
          return row.isPresent();
        });
  }

  @Override
  public List<TaskStatus> list(AgentName agent, Optional<String> task) {
    return state.transact(
        () -> {
          AgentRows rows = state.rows(agent);
          return rows.tasks.values().stream()
              .filter(row -> task.map(row.definition().name()::equals).orElse(true))
              .map(row -> status(rows, row))
              .toList();
        });
  }

  private static TaskStatus status(AgentRows rows, AgentRows.Task row) {
    String name = row.definition().name();
    return new TaskStatus(
        row.definition(),
        row.paused(),
        row.nextDue(),
        count(rows, name, RunRecord.State.RUNNING),
        count(rows, name, RunRecord.State.WAITING),
        Optional.ofNullable(rows.runs.of(name).lastEntry()).map(last -> last.getValue().record()),
        hindrance(rows, row));
  }

  @Override
  public boolean plan(Claimant by, String task, Instant firstDue) {
    return state.transact(
        () -> {
          Optional<AgentRows.Task> unplanned =
              admitted(by, task).filter(row -> row.nextDue().isEmpty());
          unplanned.ifPresent(
              row -> state.rows(by.agent()).tasks.put(task, row.due(Optional.of(firstDue))));
          return unplanned.isPresent();
        });
  }

  @Override
  public TaskAgenda agenda(AgentName agent, Collection<String> handlers) {
    return state.transact(
        () -> {
          AgentRows rows = state.rows(agent);
          List<TaskAgenda.Entry> entries = new ArrayList<>();
          for (AgentRows.Task task : rows.tasks.values()) {
            if (handlers.contains(task.definition().handler())
                && task.enabled()
                && !rows.leftOut(task)) {
              entries.add(entry(rows, task));
            }
          }
          return new TaskAgenda(state.now(), entries);
        });
  }

  private static TaskAgenda.Entry entry(AgentRows rows, AgentRows.Task task) {
    int running = 0;
    int waiting = 0;
    Optional<Instant> ready = Optional.empty();
    for (RunRow run : rows.runs.open(task.definition().name())) {
      if (run.isRunning()) {
        running++;
      } else {
        waiting++;
        ready = ready.filter(run.ready::isAfter).or(() -> Optional.of(run.ready));
      }
    }
    return new TaskAgenda.Entry(
        task.definition(), task.anchor(), task.nextDue(), running, waiting, ready);
  }

  @Override
  public List<ClaimedRun> claim(Claimant by, List<Claiming> ticks) {
    return state.transact(
        () ->
            ticks.stream()
                .flatMap(tick -> write(by, tick).stream())
                .map(run -> claimed(by.agent(), run))
                .toList());
  }

  @Override
  public Set<String> skip(Claimant by, List<Claiming> ticks) {
    return state.transact(
        () -> {
          Set<String> skipped = new HashSet<>();
          for (Claiming tick : ticks) {
            write(by, tick)
                .ifPresent(
                    run -> {
                      run.skip(state.now());
                      state.rows(by.agent()).runs.settle(run);
                      skipped.add(tick.task());
                    });
          }
          return skipped;
        });
  }

  /** Writes a tick and moves the next one, if the claimant may and the expectation holds. */
  private Optional<RunRow> write(Claimant by, Claiming claiming) {
    String name = claiming.task();
    AgentRows rows = state.rows(by.agent());
    boolean may =
        admitted(by, name)
            .flatMap(AgentRows.Task::nextDue)
            .equals(Optional.of(claiming.expectedNext()));
    boolean early = claiming.tick().isAfter(state.now());
    if (!may || early || rows.runs.of(name).containsKey(claiming.tick())) {
      return Optional.empty();
    }
    RunClaim claim = new RunClaim(UUID.randomUUID(), name, claiming.tick(), 1, stamp(by, rows));
    RunRow run = new RunRow(claim, state.now());
    rows.runs.add(run);
    rows.tasks.computeIfPresent(name, (key, task) -> task.due(claiming.nextDue()));
    return Optional.of(run);
  }

  @Override
  public List<ClaimedRun> claimWaiting(Claimant by, Collection<String> tasks) {
    return state.transact(
        () ->
            tasks.stream()
                .filter(task -> admitted(by, task).isPresent())
                .flatMap(task -> waiting(by.agent(), task).stream())
                .map(
                    run -> {
                      run.runAgain(stamp(by, state.rows(by.agent())), state.now());
                      return claimed(by.agent(), run);
                    })
                .toList());
  }

  private Optional<RunRow> waiting(AgentName agent, String task) {
    return state.rows(agent).runs.open(task).stream()
        .filter(run -> run.isWaiting() && !run.ready.isAfter(state.now()))
        .min(BY_TICK);
  }

  private ClaimedRun claimed(AgentName agent, RunRow run) {
    AgentRows.Task task =
        Objects.requireNonNull(state.rows(agent).tasks.get(run.claim.task()), "claimed of no task");
    return new ClaimedRun(run.claim, task.definition().payload(), run.failures);
  }

  @Override
  public List<UUID> submit(AgentName agent, List<Submitted> work) {
    return state.transact(
        () -> {
          InMemoryOneShots shots = state.rows(agent).oneShots;
          List<UUID> ids = work.stream().map(one -> shots.submit(one, state.now())).toList();
          InMemoryLeadershipSession.signal(state, agent);
          return ids;
        });
  }

  @Override
  public boolean cancel(AgentName agent, UUID work) {
    return state.transact(() -> state.rows(agent).oneShots.cancel(work));
  }

  @Override
  public OneShotBatch claimOneShots(Claimant by, Map<String, Integer> most) {
    return state.transact(
        () -> {
          AgentRows rows = state.rows(by.agent());
          Instant now = state.now();
          List<ClaimedRun> claimed = new ArrayList<>();
          Map<String, Instant> next = new HashMap<>();
          for (Map.Entry<String, Integer> handler : most.entrySet()) {
            if (admitted(by)) {
              claimed.addAll(
                  rows.oneShots.claim(stamp(by, rows), handler.getKey(), handler.getValue(), now));
            }
            rows.oneShots
                .next(handler.getKey())
                .ifPresent(ready -> next.put(handler.getKey(), ready));
          }
          claimed.sort(Comparator.comparing(run -> run.claim().due()));
          return new OneShotBatch(now, claimed, next);
        });
  }

  @Override
  public Set<UUID> finish(List<RunEnd> ends) {
    return state.transact(
        () -> {
          Set<UUID> done = new HashSet<>();
          for (RunEnd end : ends) {
            if (finish(state.rows(end.claim().fence().agent()), end)) {
              done.add(end.claim().run());
            }
          }
          return done;
        });
  }

  private boolean finish(AgentRows rows, RunEnd end) {
    if (end.claim().kind() == RunClaim.Kind.ONE_SHOT) {
      return rows.oneShots.finish(end, state.now());
    }
    Optional<RunRow> run = rows.runs.running(end.claim());
    run.ifPresent(
        row -> {
          row.end(end, state.now());
          rows.runs.settle(row);
        });
    return run.isPresent();
  }

  @Override
  public int disown(Claimant by, Set<UUID> known) {
    return backToWaiting(
        by.agent(),
        run ->
            run.claim.fence().holder().equals(by.instance()) && !known.contains(run.claim.run()));
  }

  @Override
  public int reclaim(Fence fence, Optional<InstanceId> attestedDead, Duration silence) {
    return state.transact(
        () ->
            state.fenced(fence).isEmpty()
                ? 0
                : backToWaiting(
                    fence.agent(),
                    run -> isLost(fence, run.claim.fence().holder(), attestedDead, silence)));
  }

  private int backToWaiting(AgentName agent, Predicate<RunRow> lost) {
    return state.transact(
        () -> {
          AgentRows rows = state.rows(agent);
          List<RunRow> ticks =
              rows.runs.open().stream().filter(RunRow::isRunning).filter(lost).toList();
          ticks.forEach(RunRow::backToWaiting);
          List<InMemoryOneShots.Row> shots =
              rows.oneShots.running().stream()
                  .filter(row -> row.run().filter(lost).isPresent())
                  .toList();
          shots.forEach(rows.oneShots::backToWaiting);
          return ticks.size() + shots.size();
        });
  }

  /** Tells whether the claimant leads, or serves as a registered instance. */
  private boolean admitted(Claimant by) {
    return by.fence()
        .map(fence -> state.fenced(fence).isPresent())
        .orElseGet(
            () ->
                Optional.ofNullable(state.rows(by.agent()).instances.get(by.instance()))
                    .filter(instance -> !instance.stopped)
                    .isPresent());
  }

  /** Returns a task whose ticks the claimant may claim. */
  private Optional<AgentRows.Task> admitted(Claimant by, String task) {
    return Optional.ofNullable(state.rows(by.agent()).tasks.get(task))
        .filter(row -> admitted(by) && by.serves(row.definition().policy().scope()))
        .filter(AgentRows.Task::enabled);
  }

  /**
   * Returns the fence that a claim is stamped with: that of one who serves has the present epoch.
   */
  private static Fence stamp(Claimant by, AgentRows rows) {
    return by.fence()
        .orElseGet(
            () ->
                new Fence(
                    by.agent(),
                    by.instance(),
                    rows.leader.map(leader -> leader.fence().epoch()).orElse(1L)));
  }

  /** Whoever leads is alive, however old its last heartbeat is. */
  private boolean isLost(
      Fence fence, InstanceId claimant, Optional<InstanceId> attestedDead, Duration silence) {
    boolean dead = attestedDead.equals(Optional.of(claimant));
    if (dead || fence.holder().equals(claimant)) {
      return dead;
    }
    return state.instance(claimant).map(row -> row.silentFor(silence, state.now())).orElse(true);
  }
}
