package io.selfupgrade.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** A world whose processes are killed at points, row after row; each row is a new version. */
final class Siege implements AutoCloseable {

  /** Longest time for one kill and what follows, on a machine that has much else to do. */
  private static final Duration LONGEST = Duration.ofSeconds(30);

  /** How many versions a row may take until all of its points are met. */
  private static final int MOST_VERSIONS = 3;

  /** Longer than a primary takes to look after its chores. */
  private static final Duration BETWEEN_RESTARTS = Duration.ofSeconds(35);

  private static final Duration LOOK = Duration.ofMillis(50);

  private final World world;
  private final Laws laws;
  private int minor;

  Siege(Path directory, EmbeddedPostgres server, String... args) throws Exception {
    this.world = new World(directory, server);
    this.laws = new Laws(world);
    world.restartKilledLaunchers();
    try {
      world.start("1.0.0", args);
      world.awaitTicking("1.0.0");
    } catch (Exception | AssertionError e) {
      world.close();
      throw e;
    }
  }

  /**
   * Upgrades to a new version while the points are met one after the other.
   *
   * @return a line for each point
   */
  List<Line> endure(Points.Row row) throws Exception {
    world.halts().arm(row.points());
    if (row.way() == Points.Way.RELIEF) {
      relieve(row);
      laws.hold();
      return lines(row, "served");
    }
    String version = upgrade(row);
    for (int more = 1; !missing(row).isEmpty(); more++) {
      if (more >= (row.isRandom() ? row.points().size() + MOST_VERSIONS : MOST_VERSIONS)) {
        throw new AssertionError(
            more + " versions, the last " + version + "; not reached: " + missing(row) + state());
      }
      version = upgrade(row);
    }
    String outcome = told(version);
    laws.hold();
    return lines(row, outcome);
  }

  private List<Line> lines(Points.Row row, String outcome) {
    List<Line> lines = new ArrayList<>();
    for (String point : row.points()) {
      Halts.Kill kill = world.halts().kill(point).orElseThrow();
      lines.add(new Line(point, kill.where(), outcome, millisUntilServed(kill)));
    }
    return lines;
  }

  World world() {
    return world;
  }

  Laws laws() {
    return laws;
  }

  /** Publishes the next version. */
  String publish(String... args) throws Exception {
    minor++;
    String version = "1." + minor + ".0";
    world.publish(version, args);
    return version;
  }

  /** Waits until something holds, and asks for an upgrade again that ends before it. */
  void until(String what, String version, BooleanSupplier condition) {
    Eventually.holds(
        what,
        World.SOON.multipliedBy(2),
        () -> {
          boolean holds = condition.getAsBoolean();
          return holds || (isDecided(version) && condition.getAsBoolean());
        });
  }

  /** Waits until the upgrade to a version has ended, and asks for it again where it is tried so. */
  UpgradeOutcome decided(String version) {
    Eventually.holds(
        "the upgrade to " + version + " is decided",
        World.SOON.multipliedBy(2),
        () -> isDecided(version));
    return world.record(version).orElseThrow().outcome().orElseThrow();
  }

  boolean isConfirmed(String version) {
    return world.record(version).filter(row -> row.phase() == UpgradePhase.CONFIRMED).isPresent();
  }

  /** No version is to blame for what others did to it. */
  void assertNotListed(String version) {
    assertThat(
            world.number(
                "select count(*) from selfupgrade.failed_versions where version = '"
                    + version
                    + "'"))
        .as("failed versions named " + version)
        .isZero();
  }

  /** Says how the upgrade to a version has ended, and why. */
  String told(String version) {
    UpgradeRecord row = world.record(version).orElseThrow();
    return row.outcome().orElseThrow().name()
        + row.decision().reason().map(reason -> " " + reason.code()).orElse("");
  }

  private String upgrade(Points.Row row) throws Exception {
    String version = publish(row.args());
    long end = System.nanoTime() + LONGEST.multipliedBy(2 + row.points().size()).toNanos();
    boolean decided = false;
    while (!decided || !missing(row).isEmpty()) {
      if (decided && row.isRandom()) {
        return version; // The rest comes in the next upgrade.
      }
      if (System.nanoTime() - end > 0) {
        if (decided) {
          return version; // Who was killed need not do the same again: another one did it for him.
        }
        throw new AssertionError(version + " is not decided" + state());
      }
      LockSupport.parkNanos(LOOK.toNanos());
      if (!decided && isDecided(version)) {
        decided = true;
        end = System.nanoTime() + LONGEST.multipliedBy(1 + missing(row).size()).toNanos();
      }
    }
    return version;
  }

  /** Asks for restarts until all points are met; one that is under way takes further ones in. */
  private void relieve(Points.Row row) throws IOException {
    long end = System.nanoTime() + LONGEST.multipliedBy(2 + row.points().size()).toNanos();
    while (!missing(row).isEmpty()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("not reached: " + missing(row) + state());
      }
      world.wish("restart");
      Eventually.holds(
          "somebody was asked to restart", World.SOON, () -> !world.isWished("restart"));
      long next = System.nanoTime() + BETWEEN_RESTARTS.toNanos();
      int before = missing(row).size();
      while (System.nanoTime() - next < 0 && missing(row).size() == before) {
        LockSupport.parkNanos(LOOK.toNanos());
      }
    }
  }

  private List<String> missing(Points.Row row) {
    return row.points().stream().filter(point -> world.halts().kill(point).isEmpty()).toList();
  }

  private boolean isDecided(String version) {
    if (world.store().journal().openUpgrade(World.AGENT).isPresent()) {
      return false;
    }
    Optional<UpgradeRecord> newest = world.record(version);
    boolean early = newest.map(found -> found.phase() == UpgradePhase.ABORTED).orElse(true);
    if (early && newest.map(found -> found.decision().retryable()).orElse(true)) {
      askAgain();
      return false;
    }
    return true;
  }

  /** What the schedule would try again in an hour is asked for now. */
  private void askAgain() {
    if (world.store().journal().waitingRequest(World.AGENT).isEmpty()) {
      world.store().journal().request(World.AGENT, Trigger.MANUAL);
    }
  }

  private long millisUntilServed(Halts.Kill kill) {
    return Eventually.present(
        "it served again after " + kill,
        World.SOON,
        () -> {
          long millis =
              world.number(
                  "select coalesce(ceil(1000 * extract(epoch from min(finished_at) - '"
                      + kill.at()
                      + "'::timestamptz)), -1)::bigint from selfupgrade.task_runs"
                      + " where task = 'tick' and state = 'SUCCEEDED' and finished_at > '"
                      + kill.at()
                      + "'");
          return millis < 0 ? Optional.empty() : Optional.of(millis);
        });
  }

  private String state() {
    StringBuilder text = new StringBuilder();
    for (UpgradeRecord row : world.store().journal().history(World.AGENT, 5)) {
      text.append('\n').append(row);
    }
    return text + "\nin " + world.directory();
  }

  /** Stops the world; nothing of it may be left. */
  @Override
  public void close() throws IOException {
    world.halts().disarm();
    world.close();
    laws.nothingRuns();
  }

  /**
   * What became of one kill.
   *
   * @param point the point
   * @param where the effect at which it was reached
   * @param outcome of the upgrade
   * @param millis until the next tick was committed
   */
  record Line(String point, String where, String outcome, long millis) {}
}
