package io.selfupgrade.world;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * The points of the crash matrix, in rows: each row is one upgrade in which they come in turn.
 *
 * <p>A row before the hand-over can have many kills of the old process; each one but the last ends
 * the upgrade, which is then asked for again.
 */
final class Points {

  private static final List<Row> ROWS = rows();

  /** All effects that have a point. */
  static final Set<String> EFFECTS = effects();

  private Points() {}

  static List<Row> all() {
    return ROWS;
  }

  private static List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    // The long ones first, so that several worlds end at about one time.
    rows.addAll(ofTheLauncher());
    rows.addAll(beforeTheHandOver());
    rows.addAll(theWayBack());
    rows.addAll(afterTheHandOver());
    return List.copyOf(rows);
  }

  private static List<Row> beforeTheHandOver() {
    return List.of(
        good(
            "old before tasks.claim",
            "old after ticks.insert",
            "old after ticks.commit",
            "old before journal.open",
            "old after journal.open",
            "old before journal.target",
            "old after journal.target"),
        good(
            "old before source.open",
            "old after source.open",
            "old before rename staging/*/launch.properties",
            "old before journal.move(STAGED)",
            "old after journal.move(STAGED)",
            "old before snapshots.take",
            "old after snapshots.take"),
        good(
            "old before store.migrate",
            "old after store.migrate",
            "old before rename versions/V",
            "old after rename versions/V",
            "old before journal.move(TRIAL)",
            "old after journal.move(TRIAL)",
            "old before leadership.acquire",
            "old after leadership.acquire",
            "old before journal.move(ABORTED)",
            "old after journal.move(ABORTED)"),
        good(
            "old before rename run/*/try",
            "old after rename run/*/try",
            "candidate after store.open",
            "candidate before rename run/*/ready"),
        good(
            "candidate before instances.register",
            "candidate after rename run/*/ready",
            "old before journal.record(APPLY ADMISSION_CLOSED)",
            "old after work.stop",
            "old before journal.handOver"));
  }

  private static List<Row> afterTheHandOver() {
    return List.of(
        good("old after journal.handOver"),
        good("old after rename run/*/handed-over"),
        good("old before journal.look"),
        good("old after journal.look"),
        good("candidate before work.start"),
        good("candidate after work.start"),
        good("candidate before journal.record(APPLY PRIMARY_READY)"),
        good("candidate after instances.ready"),
        good("candidate after ticks.insert"),
        good("candidate after ticks.commit"),
        good("candidate before journal.confirm"),
        good("candidate after journal.confirm"),
        good("any before rename run/*/confirmed", "any after rename run/*/confirmed"),
        good("any before journal.record(VERIFY PASSED)"));
  }

  private static List<Row> theWayBack() {
    return List.of(
        bad("candidate before journal.selfCheck", "old before work.start", "old after work.start"),
        bad("candidate after journal.selfCheck"),
        bad(
            "old before journal.goBack",
            "old after journal.goBack",
            "old before journal.listFailed",
            "old after journal.listFailed",
            "old before journal.move(ROLLED_BACK)",
            "old after journal.move(ROLLED_BACK)"),
        bad("any before rename run/*/dropped", "any after rename run/*/dropped"),
        bad("candidate after work.stop"));
  }

  private static List<Row> ofTheLauncher() {
    return List.of(
        good(
            "launcher before rename candidate",
            "launcher after rename candidate",
            "launcher before start candidate",
            "launcher after start candidate",
            "launcher after append run/launcher.log HANDED_OVER",
            "launcher before rename run/obeyed",
            "launcher after rename run/obeyed",
            "launcher before rename current",
            "launcher after rename current",
            "launcher before delete candidate",
            "launcher after delete candidate",
            "launcher before terminate",
            "launcher after terminate",
            "launcher before rename run/*/reaped",
            "launcher after rename run/*/reaped"),
        bad(
            "launcher before rename run/obeyed",
            "launcher after rename run/obeyed",
            "launcher before terminate",
            "launcher after terminate",
            "launcher before rename run/*/reaped",
            "launcher after rename run/*/reaped",
            "launcher before delete candidate",
            "launcher after delete candidate"),
        good(
            "old after journal.move(STAGED)",
            "launcher before start current",
            "old after journal.move(TRIAL)",
            "launcher after start current",
            "launcher before append run/launcher.log HANDED_OVER"));
  }

  /**
   * Pairs of kills: one before the hand-over, at what each upgrade does, and another soon after it,
   * whatever it meets.
   */
  static Row pairs(Random random, int pairs) {
    List<String> first =
        beforeTheHandOver().stream()
            .flatMap(row -> row.points().stream())
            .filter(point -> point.startsWith("old"))
            .filter(point -> !point.contains("ABORTED") && !point.contains("leadership.acquire"))
            .toList();
    List<String> points = new ArrayList<>();
    for (int pair = 0; pair < pairs; pair++) {
      String point = first.get(random.nextInt(first.size()));
      if (points.contains(point)) {
        pair--;
      } else {
        points.add(point);
        points.add(Halts.countdown(1 + random.nextInt(20), pair));
      }
    }
    return new Row(List.of(), points);
  }

  private static Row good(String... points) {
    return new Row(List.of(), List.of(points));
  }

  private static Row bad(String... points) {
    return new Row(List.of("path-fails"), List.of(points));
  }

  private static Set<String> effects() {
    Set<String> effects = new TreeSet<>();
    for (Row row : ROWS) {
      for (String point : row.points()) {
        effects.add(point.split(" ", 3)[2]);
      }
    }
    effects.removeIf(effect -> effect.startsWith("tick") || effect.startsWith("tasks."));
    effects.remove("leadership.renew");
    return Set.copyOf(effects);
  }

  /**
   * Points that are reached one after the other in the upgrade to one version.
   *
   * @param faults arguments of that version's agent
   * @param points the points
   */
  record Row(List<String> faults, List<String> points) {

    /** Tells whether it may take more than one version until all points are reached. */
    boolean isRandom() {
      return points.stream().anyMatch(point -> point.startsWith(Halts.COUNTDOWN));
    }
  }
}
