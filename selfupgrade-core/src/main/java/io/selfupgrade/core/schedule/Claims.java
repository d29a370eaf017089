package io.selfupgrade.core.schedule;

import io.selfupgrade.schedule.ClaimedRun;
import io.selfupgrade.schedule.TaskStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Claims due ticks, one round trip for all of a kind, and gives them to threads. */
final class Claims {

  private final TaskStore ledger;
  private final Admission admission;
  private final Runs runs;
  private final Bench bench;

  Claims(TaskStore ledger, Admission admission, Runs runs, Bench bench) {
    this.ledger = ledger;
    this.admission = admission;
    this.runs = runs;
    this.bench = bench;
  }

  /**
   * What a round of claims came to.
   *
   * @param moved how many tasks went on
   * @param refused tasks of which the store knows better how they stand
   */
  record Round(int moved, List<Board.Row> refused) {}

  /** The actions of a kind, by the task's name. */
  private record Kinds(
      Map<String, Board.Row> waiting,
      Map<String, Board.Row> rows,
      List<TaskStore.Claiming> claims,
      List<TaskStore.Claiming> skips) {}

  /**
   * Carries out what is due.
   *
   * @param now the store's clock, not ahead of it
   * @throws RuntimeException whatever the store throws; of a batch that failed nothing is known
   */
  Round carryOut(Term term, List<Board.Action> actions, Instant now) {
    Kinds kinds = kinds(actions);
    List<Board.Row> refused = new ArrayList<>();
    int moved = 0;
    if (!kinds.skips().isEmpty()) {
      moved += skip(term, kinds, refused);
    }
    if (!kinds.waiting().isEmpty()) {
      Set<String> names = kinds.waiting().keySet();
      Optional<List<ClaimedRun>> answer =
          admitted(term, () -> ledger.claimWaiting(term.by(), names), kinds.waiting(), now);
      if (answer.isPresent()) {
        answer.get().forEach(run -> row(kinds.waiting(), run.claim().task()).claimedWaiting());
        moved += answer.get().size();
        refused.addAll(others(kinds.waiting(), answer.get()));
      }
    }
    if (!kinds.claims().isEmpty()) {
      Optional<List<ClaimedRun>> answer =
          admitted(term, () -> ledger.claim(term.by(), kinds.claims()), kinds.rows(), now);
      if (answer.isPresent()) {
        moved += moved(kinds, answer.get(), refused);
      }
    }
    return new Round(moved, refused);
  }

  private static int moved(Kinds kinds, List<ClaimedRun> claimed, List<Board.Row> refused) {
    Set<String> tasks = new HashSet<>();
    claimed.forEach(run -> tasks.add(run.claim().task()));
    for (TaskStore.Claiming tick : kinds.claims()) {
      Board.Row row = row(kinds.rows(), tick.task());
      if (tasks.contains(tick.task())) {
        row.moved(tick.nextDue());
      } else {
        refused.add(row);
      }
    }
    return claimed.size();
  }

  /** Takes no more claims than there are threads for; the rest is due still. */
  private Kinds kinds(List<Board.Action> actions) {
    Kinds kinds =
        new Kinds(
            new LinkedHashMap<>(), new LinkedHashMap<>(), new ArrayList<>(), new ArrayList<>());
    int free = bench.free();
    for (Board.Action action : actions) {
      Board.Row row = action.row();
      String name = row.definition().name();
      if (action.decision() instanceof TickPlan.Skip skip) {
        kinds.skips().add(skip.claiming());
        kinds.rows().put(name, row);
      } else if (free > 0) {
        free--;
        if (action.decision() instanceof TickPlan.Claim claim) {
          kinds.claims().add(claim.claiming());
          kinds.rows().put(name, row);
        } else {
          kinds.waiting().put(name, row);
        }
      }
    }
    return kinds;
  }

  private int skip(Term term, Kinds kinds, List<Board.Row> refused) {
    if (!admission.enter(term)) {
      return 0;
    }
    Set<String> skipped;
    try {
      skipped = ledger.skip(term.by(), kinds.skips());
    } finally {
      admission.leave(term);
    }
    for (TaskStore.Claiming tick : kinds.skips()) {
      Board.Row row = row(kinds.rows(), tick.task());
      if (skipped.contains(tick.task())) {
        row.moved(tick.nextDue());
      } else {
        refused.add(row);
      }
    }
    return skipped.size();
  }

  /**
   * Claims, and starts what was claimed unless admission was closed meanwhile; empty if it was
   * closed before.
   */
  private Optional<List<ClaimedRun>> admitted(
      Term term, Supplier<List<ClaimedRun>> claiming, Map<String, Board.Row> rows, Instant now) {
    if (!admission.enter(term)) {
      return Optional.empty();
    }
    List<ClaimedRun> claimed;
    List<ActiveRun> taken = new ArrayList<>();
    boolean admitted = false;
    try {
      claimed = claiming.get();
      for (ClaimedRun run : claimed) {
        Board.Row row = row(rows, run.claim().task());
        taken.add(runs.add(run, row.definition().handler(), row.definition().policy(), now));
      }
    } finally {
      admitted = admission.leave(term);
    }
    Collection<ActiveRun> back = admitted ? bench.start(taken) : taken;
    for (ActiveRun run : back) {
      runs.giveBack(run);
    }
    if (admitted) {
      back.forEach(run -> rest(rows, run));
    }
    return Optional.of(claimed);
  }

  private static void rest(Map<String, Board.Row> rows, ActiveRun run) {
    Board.Row row = rows.get(run.task());
    if (row != null) {
      row.restAfterRefusal();
    }
  }

  private static Board.Row row(Map<String, Board.Row> rows, String task) {
    Board.Row row = rows.get(task);
    if (row == null) {
      throw new IllegalStateException(
          "the store gave a claim of task " + task + ", which was not asked for");
    }
    return row;
  }

  private static List<Board.Row> others(Map<String, Board.Row> rows, List<ClaimedRun> claimed) {
    Map<String, Board.Row> left = new LinkedHashMap<>(rows);
    claimed.forEach(run -> left.remove(run.claim().task()));
    return List.copyOf(left.values());
  }
}
