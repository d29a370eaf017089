package io.selfupgrade.world;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The points of the crash matrix, in rows: each row is one upgrade in which they come in turn.
 *
 * <p>A row before the hand-over can have many kills of the old process; each one but the last ends
 * the upgrade, which is then asked for again.
 */
final class Points {

  private static final List<Row> ROWS = rows();

  /** All effects that have a point. */
  static final Set<String> NAMED = named();

  /** Those that a countdown counts: they come once in an upgrade. */
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
    rows.add(untilTheTrial());
    rows.addAll(theWayBack());
    rows.addAll(afterTheHandOver());
    rows.addAll(inPlace());
    rows.addAll(relief());
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
            "old after journal.record(APPLY PROGRESS)",
            "old before journal.record(APPLY ADMISSION_CLOSED)",
            "old after work.stop",
            "old before journal.handOver"));
  }

  /** What is noted and laid out on the way to the trial. */
  private static Row untilTheTrial() {
    return good(
        "old after policies.saw",
        "old after journal.record(TRIGGER PASSED)",
        "old after journal.answerRequests",
        "old after journal.record(CHECK PASSED)",
        "old after journal.record(VALIDATE STARTED)",
        "old before rename staging/*/release.json",
        "old after rename staging/*/release.json.sig",
        "old before create staging/*/models/a/weights",
        "old after append staging/*/models/words",
        "old after journal.record(VALIDATE PASSED)",
        "old after journal.record(BACKUP PASSED)",
        "old after journal.record(APPLY PASSED)");
  }

  private static List<Row> afterTheHandOver() {
    return List.of(
        good("old after journal.handOver"),
        good("old after rename run/*/handed-over"),
        good("old before journal.look"),
        good("old after journal.look"),
        good("any after jobs.declare"),
        good("candidate before work.start"),
        good("candidate after work.start"),
        good("candidate before journal.record(APPLY PRIMARY_READY)"),
        good("candidate after instances.ready"),
        good("candidate after rename run/*/handed-over"),
        good("candidate after ticks.insert"),
        good("candidate after ticks.commit"),
        good("candidate before journal.confirm"),
        good("candidate after journal.confirm"),
        good("any before rename run/*/confirmed", "any after rename run/*/confirmed"),
        good("any before journal.record(VERIFY PASSED)"),
        good("any after journal.copyLauncherEntry(APPLY LAUNCHER)"),
        good("any after journal.record(REPORT PASSED)"));
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
            "old before rename failed/V",
            "old after rename failed/V",
            "old after journal.record(VERIFY PROGRESS)",
            "old before journal.move(ROLLED_BACK)",
            "old after journal.move(ROLLED_BACK)"),
        bad("candidate after journal.record(VERIFY FAILED)"),
        bad("candidate before leadership.release", "old before instances.ready"),
        bad("candidate before instances.stopped"),
        bad("any before rename run/*/dropped", "any after rename run/*/dropped"),
        bad("candidate after work.stop"));
  }

  private static List<Row> ofTheLauncher() {
    return List.of(
        good(
            "launcher before rename candidate",
            "launcher after rename candidate",
            "launcher before rename run/*/child",
            "launcher before start candidate",
            "launcher after start candidate",
            "launcher after append run/launcher.log HANDED_OVER",
            "launcher before rename run/obeyed",
            "launcher after rename run/obeyed",
            "launcher before rename current",
            "launcher after rename current",
            "launcher before delete candidate",
            "launcher after delete candidate",
            "launcher after append run/launcher.log STOPPING",
            "launcher before terminate",
            "launcher after terminate",
            "launcher before rename run/*/reaped",
            "launcher after rename run/*/reaped"),
        good(
            "launcher after append run/launcher.log TRIAL",
            "launcher after append run/launcher.log CONFIRMED",
            "launcher after append run/launcher.log POINTED",
            "launcher after append run/launcher.log REAPED"),
        bad(
            "launcher after expendable true",
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
            "launcher after append run/launcher.log STARTED",
            "old after journal.move(TRIAL)",
            "launcher after start current",
            "launcher before append run/launcher.log HANDED_OVER",
            "launcher after expendable false"));
  }

  /** On a host with room for one: the old process ends before the new one starts. */
  private static List<Row> inPlace() {
    return List.of(
        row(
            Way.IN_PLACE,
            "launcher after append run/launcher.log HANDED_OVER",
            "launcher after append run/launcher.log STOPPING",
            "launcher before terminate",
            "launcher after terminate",
            "launcher before rename run/*/reaped",
            "launcher after rename run/*/reaped",
            "launcher before start candidate",
            "launcher after start candidate",
            "launcher before rename current",
            "launcher after delete candidate"),
        back(
            Way.IN_PLACE,
            "launcher after append run/launcher.log DROPPED",
            "launcher after terminate",
            "launcher before start current",
            "launcher after start current"),
        back(
            Way.IN_PLACE,
            "old before journal.goBack",
            "old after journal.goBack",
            "old after leadership.acquire",
            "old after journal.listFailed",
            "old before journal.move(ROLLED_BACK)"),
        row(
            Way.IN_PLACE,
            "old after journal.move(TRIAL)",
            "old after rename run/*/try",
            "launcher after rename candidate",
            "old after journal.record(APPLY INTERRUPTED)",
            "old after work.stop",
            "old before journal.handOver"),
        row(Way.IN_PLACE, "old after journal.handOver"),
        row(Way.IN_PLACE, "old after rename run/*/handed-over"),
        row(Way.IN_PLACE, "old before instances.stopped"),
        row(Way.IN_PLACE, "candidate after instances.register"),
        row(Way.IN_PLACE, "candidate after work.start"),
        row(Way.IN_PLACE, "candidate before journal.confirm"),
        row(Way.IN_PLACE, "candidate after journal.confirm"),
        back(Way.IN_PLACE, "candidate after journal.selfCheck"));
  }

  /** A restart by a fresh process of the same version, which is up before the old one leaves. */
  private static List<Row> relief() {
    return List.of(
        row(
            Way.RELIEF,
            "launcher before rename run/*/child",
            "launcher before start current",
            "launcher after start current",
            "launcher after append run/launcher.log STARTED",
            "launcher after append run/launcher.log STOPPING",
            "launcher before terminate",
            "launcher after terminate",
            "launcher after rename run/*/reaped"),
        row(
            Way.RELIEF,
            "old before rename run/*/restart",
            "old after rename run/*/restart",
            "old after instances.register",
            "old after rename run/*/ready",
            "old after instances.living",
            "old after work.stop",
            "old before leadership.transfer",
            "old after leadership.transfer",
            "old after jobs.declare",
            "old before work.start",
            "old after work.start",
            "old before instances.stopped"));
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
    return new Row(Way.BESIDE, List.of(), points);
  }

  private static Row good(String... points) {
    return row(Way.BESIDE, points);
  }

  private static Row bad(String... points) {
    return back(Way.BESIDE, points);
  }

  private static Row row(Way way, String... points) {
    return new Row(way, List.of(), List.of(points));
  }

  /** A row in the upgrade to a version that does not pass its probation. */
  private static Row back(Way way, String... points) {
    return new Row(way, List.of("path-fails"), List.of(points));
  }

  private static Set<String> named() {
    return ROWS.stream()
        .flatMap(row -> row.points().stream())
        .map(point -> point.split(" ", 3)[2])
        .collect(Collectors.toUnmodifiableSet());
  }

  private static Set<String> effects() {
    Set<String> effects = new TreeSet<>(NAMED);
    effects.removeIf(effect -> effect.startsWith("tick") || effect.startsWith("tasks."));
    effects.remove("leadership.renew");
    return Set.copyOf(effects);
  }

  /** How one process follows another. */
  enum Way {
    /** An upgrade, with both versions beside each other. */
    BESIDE(""),
    /** An upgrade on a host with room for one process only. */
    IN_PLACE("switch-restart"),
    /** A restart: a fresh process of the same version takes over. */
    RELIEF("");

    private final String arg;

    Way(String arg) {
      this.arg = arg;
    }

    /** Returns what every agent of such a world gets as arguments. */
    List<String> args() {
      return arg.isEmpty() ? List.of() : List.of(arg);
    }

    /** Returns these arguments, and those of a version that has faults. */
    String[] with(String... faults) {
      return Stream.concat(args().stream(), Stream.of(faults)).toArray(String[]::new);
    }
  }

  /**
   * Points that are reached one after the other in the upgrade to one version.
   *
   * @param way what happens in the row
   * @param faults arguments of that version's agent
   * @param points the points
   */
  record Row(Way way, List<String> faults, List<String> points) {

    /** Returns what an agent of the row's version gets as arguments. */
    String[] args() {
      return way.with(faults.toArray(new String[0]));
    }

    /** Tells whether it may take more than one version until all points are reached. */
    boolean isRandom() {
      return points.stream().anyMatch(point -> point.startsWith(Halts.COUNTDOWN));
    }
  }
}
