package io.selfupgrade.testkit;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.control.JobStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The jobs, in memory: noted as run by the primaries. They do nothing here, because no agent
 * outlives the store that would tell of its absence.
 */
final class InMemoryJobStore implements JobStore {

  private static final Map<String, Duration> TIMES =
      Map.of(
          "agent-health-check", Duration.ofMinutes(5),
          "auto-upgrade-check", Duration.ofHours(6),
          "log-cleanup", Duration.ofDays(1));

  private final InMemoryState state;

  InMemoryJobStore(InMemoryState state) {
    this.state = state;
    state.transact(
        () -> NAMES.forEach(name -> state.jobs.putIfAbsent(name, new Row(name, state.now()))));
  }

  @Override
  public boolean declare(Fence fence, Watch watch) {
    return state.change(() -> state.fenced(fence), rows -> rows.watch = Optional.of(watch));
  }

  @Override
  public List<Job> all() {
    return state.transact(
        () -> state.jobs.values().stream().map(row -> row.job(state.now())).toList());
  }

  @Override
  public List<Ran> runDue() {
    return state.transact(
        () -> {
          List<Ran> ran = new ArrayList<>();
          for (Row row : state.jobs.values()) {
            if (row.runIfDue(state.now())) {
              ran.add(new Ran(row.name, "nothing to do in memory"));
            }
          }
          return ran;
        });
  }

  /** A job. */
  static final class Row {
    private final String name;
    private final Instant since;
    private Optional<Instant> ranAt = Optional.empty();
    private long runs;

    Row(String name, Instant now) {
      this.name = name;
      this.since = now;
    }

    private Duration every() {
      return Optional.ofNullable(TIMES.get(name)).orElseThrow();
    }

    private boolean runIfDue(Instant now) {
      boolean due = ranAt.map(at -> at.plus(every()).isBefore(now)).orElse(true);
      if (due) {
        ranAt = Optional.of(now);
        runs++;
      }
      return due;
    }

    private Job job(Instant now) {
      return new Job(
          name,
          Runner.AGENT,
          every(),
          Duration.between(ranAt.orElse(since), now),
          runs,
          ranAt.map(at -> "nothing to do in memory"));
    }
  }
}
