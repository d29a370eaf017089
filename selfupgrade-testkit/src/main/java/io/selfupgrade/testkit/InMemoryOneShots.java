package io.selfupgrade.testkit;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Json;
import io.selfupgrade.schedule.ClaimedRun;
import io.selfupgrade.schedule.OneShot;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunEnd;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.TaskStore;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The one-shots of an agent in memory; guarded by the state's lock. */
final class InMemoryOneShots {

  private static final Comparator<Row> BY_READY =
      Comparator.<Row, Instant>comparing(row -> row.ready).thenComparing(row -> row.number);

  private final Map<String, NavigableSet<Row>> waiting = new HashMap<>();
  private final Map<UUID, Row> rows = new LinkedHashMap<>();
  private final Map<UUID, Row> running = new LinkedHashMap<>();
  private final Map<String, UUID> keys = new HashMap<>();
  private long submitted;

  /** One piece of work. */
  static final class Row {
    private final UUID id;
    private final String handler;
    private final Instant due;
    private final Json payload;
    private final long number;
    private Instant ready;
    private @Nullable RunRow run;

    private Row(TaskStore.Submitted from, Instant now, long number) {
      this.id = from.id();
      this.handler = from.work().handler();
      this.due = from.work().due().map(due -> due.truncatedTo(ChronoUnit.MICROS)).orElse(now);
      this.payload = from.work().payload();
      this.number = number;
      this.ready = due;
    }

    Optional<RunRow> run() {
      return Optional.ofNullable(run);
    }
  }

  /** Keeps work; returns its id, or the one that its key had. */
  UUID submit(TaskStore.Submitted submission, Instant now) {
    OneShot work = submission.work();
    Optional<UUID> known = work.key().map(keys::get);
    if (known.isPresent()) {
      return known.get();
    }
    work.key().ifPresent(key -> keys.put(key, submission.id()));
    Row row = new Row(submission, now, submitted++);
    rows.put(row.id, row);
    await(row, row.due);
    return row.id;
  }

  /** Takes work back that nobody has begun. */
  boolean cancel(UUID id) {
    Row row = rows.get(id);
    if (row == null || !of(row.handler).remove(row)) {
      return false;
    }
    rows.remove(id);
    return true;
  }

  List<ClaimedRun> claim(Fence by, String handler, int most, Instant now) {
    List<ClaimedRun> claimed = new ArrayList<>();
    NavigableSet<Row> ready = of(handler);
    while (claimed.size() < most && !ready.isEmpty() && !ready.first().ready.isAfter(now)) {
      Row row = ready.first();
      ready.remove(row);
      RunRow run = row.run;
      if (run == null) {
        run =
            new RunRow(new RunClaim(row.id, RunClaim.Kind.ONE_SHOT, handler, row.due, 1, by), now);
        row.run = run;
      } else {
        run.runAgain(by, now);
      }
      running.put(row.id, row);
      claimed.add(new ClaimedRun(run.claim, row.payload, run.failures));
    }
    return claimed;
  }

  /** Returns when the first of a handler's work that waits is ready. */
  Optional<Instant> next(String handler) {
    NavigableSet<Row> ready = of(handler);
    return ready.isEmpty() ? Optional.empty() : Optional.of(ready.first().ready);
  }

  /** Ends the attempt if that claim is the one that runs. */
  boolean finish(RunEnd end, Instant now) {
    Row row = rows.get(end.claim().run());
    if (row == null || row.run == null || !row.run.isRunningAs(end.claim())) {
      return false;
    }
    row.run.end(end, now);
    running.remove(row.id);
    if (end.how().again()) {
      await(row, row.run.ready);
    }
    return true;
  }

  /** Makes a run wait again. */
  void backToWaiting(Row row) {
    row.run().ifPresent(RunRow::backToWaiting);
    running.remove(row.id);
    await(row, row.ready);
  }

  /** Lets work that was set aside wait again. */
  boolean release(UUID id, Instant now) {
    Row row = rows.get(id);
    if (row == null || row.run == null || !row.run.quarantined) {
      return false;
    }
    row.run.release(now);
    await(row, now);
    return true;
  }

  /** Returns the work that runs now. */
  List<Row> running() {
    return List.copyOf(running.values());
  }

  Optional<RunRecord> find(UUID id) {
    return Optional.ofNullable(rows.get(id)).flatMap(Row::run).map(RunRow::record);
  }

  /** Returns all that was begun, in no order. */
  Collection<RunRow> begun() {
    return rows.values().stream().flatMap(row -> row.run().stream()).toList();
  }

  /** Removes what ended before an instant; returns how many. */
  int removeEndedBefore(Instant cutoff, int most) {
    List<Row> gone =
        rows.values().stream()
            .filter(row -> row.run().filter(run -> run.endedBefore(cutoff)).isPresent())
            .limit(most)
            .toList();
    gone.forEach(row -> rows.remove(row.id));
    keys.values().removeIf(id -> gone.stream().anyMatch(row -> row.id.equals(id)));
    return gone.size();
  }

  /** Returns the handlers whose work was ready before then, while none runs nor has ended since. */
  List<String> lying(Instant then) {
    return waiting.entrySet().stream()
        .filter(of -> !of.getValue().isEmpty() && of.getValue().first().ready.isBefore(then))
        .map(Map.Entry::getKey)
        .filter(
            handler ->
                begun().stream()
                    .filter(run -> run.claim.task().equals(handler))
                    .noneMatch(run -> run.isRunning() || run.endedAfter(then)))
        .sorted()
        .toList();
  }

  private void await(Row row, Instant ready) {
    row.ready = ready;
    of(row.handler).add(row);
  }

  private NavigableSet<Row> of(String handler) {
    return waiting.computeIfAbsent(handler, name -> new TreeSet<>(BY_READY));
  }
}
