package io.selfupgrade.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.schedule.ClaimedRun;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.TaskAgenda;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskStore.Claiming;
import io.selfupgrade.schedule.TaskStore.Submitted;
import io.selfupgrade.testkit.InMemoryStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** What happened in a simulation, and the one place that judges it. */
final class SimulatedHistory {

  private static final Duration STILL = Duration.ofHours(9);

  private final Map<String, TreeMap<Instant, Integer>> taken = new HashMap<>();
  private final Map<UUID, Integer> commits = new HashMap<>();
  private final Map<UUID, Submitted> submitted = new HashMap<>();
  private final Map<String, List<RunRecord>> runs = new HashMap<>();
  private final List<TaskAgenda.Entry> tasks = new ArrayList<>();
  private Instant end = Instant.EPOCH;
  private int early;

  void submitted(Submitted work) {
    submitted.put(work.id(), work);
  }

  void committed(ActiveRun run) {
    commits.merge(run.claim().run(), 1, Integer::sum);
  }

  /** Notes which ticks a batch took, and how many each passed over. */
  void note(String method, Object[] arguments, Object answer) {
    if (!method.equals("claim") && !method.equals("skip")) {
      return;
    }
    for (Object each : (Collection<?>) arguments[1]) {
      Claiming tick = (Claiming) each;
      boolean done =
          answer instanceof Set<?> skipped
              ? skipped.contains(tick.task())
              : ((List<?>) answer)
                  .stream().anyMatch(run -> ((ClaimedRun) run).claim().task().equals(tick.task()));
      if (done) {
        taken
            .computeIfAbsent(tick.task(), task -> new TreeMap<>())
            .put(tick.tick(), tick.passedOver());
      }
    }
  }

  /** Reads the ledger. */
  void close(InMemoryStore store, Instant now) {
    end = now;
    TaskAgenda agenda =
        store.tasks().agenda(Simulation.AGENT, new SimulatedTasks().handlers().names());
    tasks.addAll(agenda.tasks());
    for (TaskAgenda.Entry task : tasks) {
      runs.put(task.definition().name(), read(store, task.definition().name()));
    }
    for (String handler : List.of(SimulatedTasks.OWN, SimulatedTasks.SHARED)) {
      runs.put(handler, read(store, handler));
    }
  }

  private static List<RunRecord> read(InMemoryStore store, String task) {
    return store.tasks().history(Simulation.AGENT, task, 1_000_000).stream()
        .sorted(Comparator.comparing(run -> run.claim().due()))
        .toList();
  }

  /** Counts the runs that the ledger holds. */
  int size() {
    return runs.values().stream().mapToInt(List::size).sum();
  }

  /** Judges it all; a message names the seed. */
  void check(String seed) {
    assertThat(commits.values()).as("%s: commits of a run", seed).allMatch(count -> count == 1);
    for (TaskAgenda.Entry task : tasks) {
      checkTicks(seed, task);
    }
    checkOneShots(seed);
    assertThat(early).as("%s: runs before they were due", seed).isZero();
  }

  /** Every tick of the grid is in the ledger, or was passed over by one that is and may. */
  private void checkTicks(String seed, TaskAgenda.Entry task) {
    TaskConfig config = task.definition();
    String what = seed + ", task " + config.name();
    Ticks ticks = Ticks.of(config.schedule(), task.anchor());
    TreeMap<Instant, Integer> mine = taken.getOrDefault(config.name(), new TreeMap<>());
    Instant tick = ticks.first(task.anchor()).orElseThrow();
    for (Map.Entry<Instant, Integer> next : mine.entrySet()) {
      int passed = 0;
      while (tick.isBefore(next.getKey())) {
        passed++;
        tick = ticks.after(tick).orElseThrow();
      }
      assertThat(next.getKey()).as("%s: off the grid", what).isEqualTo(tick);
      assertThat(next.getValue()).as("%s: passed over before %s", what, tick).isEqualTo(passed);
      if (config.policy().missed() instanceof Missed.RunAll) {
        assertThat(passed).as("%s: left out before %s", what, tick).isZero();
      }
      tick = ticks.after(tick).orElseThrow();
    }
    assertThat(tick).as("%s: stands still", what).isAfter(end.minus(STILL));
    List<RunRecord> ledger = runs.getOrDefault(config.name(), List.of());
    assertThat(ledger.stream().map(run -> run.claim().due()))
        .as("%s: the ledger", what)
        .containsExactlyElementsOf(mine.keySet());
    for (RunRecord run : ledger) {
      early += run.startedAt().isBefore(run.claim().due()) ? 1 : 0;
      boolean recent = run.claim().due().isAfter(end.minus(STILL));
      assertThat(recent || run.finishedAt().isPresent())
          .as("%s: tick %s is still %s", what, run.claim().due(), run.state())
          .isTrue();
      if (config.policy().missed() instanceof Missed.RunAll) {
        assertThat(run.state())
            .as("%s: tick %s", what, run.claim().due())
            .isNotEqualTo(RunRecord.State.SKIPPED);
      }
    }
  }

  private void checkOneShots(String seed) {
    Map<UUID, RunRecord> ends = new HashMap<>();
    for (String handler : List.of(SimulatedTasks.OWN, SimulatedTasks.SHARED)) {
      for (RunRecord run : runs.getOrDefault(handler, List.of())) {
        assertThat(ends.put(run.claim().run(), run)).as("%s: twice in the ledger", seed).isNull();
      }
    }
    for (Submitted work : submitted.values()) {
      boolean far = work.work().due().filter(due -> due.isAfter(end.minus(STILL))).isPresent();
      RunRecord run = ends.get(work.id());
      assertThat(far || (run != null && run.finishedAt().isPresent()))
          .as("%s: one-shot %s stands as %s", seed, work, run)
          .isTrue();
    }
    assertThat(submitted.keySet().containsAll(ends.keySet()))
        .as("%s: one-shots that nobody submitted in %s", seed, ends.keySet())
        .isTrue();
  }
}
