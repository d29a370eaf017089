package io.selfupgrade.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.launcher.Candidate;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradeOutcome.RolledBack;
import io.selfupgrade.upgrade.UpgradeOutcome.Upgraded;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** What befalls a world other than a kill at a point; each leaves it in order, or fails. */
final class Troubles {

  private static final int A_WHILE = 10;

  private Troubles() {}

  /** Returns those that CI goes through, the long ones first. */
  static List<Trouble> all() {
    return List.of(
        away("TRIAL", "Upgraded", "candidate after rename run/*/ready", 2),
        away("HANDED_OVER", "", "candidate after ticks.commit", 2),
        away("CONFIRMED", "Upgraded", "candidate after journal.confirm", 1),
        bad("a candidate that never gets ready", "never-ready"),
        new Trouble("a candidate wakes up after the way back", Troubles::wakesUpTooLate),
        bad("a candidate that ignores SIGTERM", "deaf", "path-fails"),
        bad("a candidate that eats its memory", "eats-memory"),
        bad("a candidate that dies late in its probation", "dies-late"),
        bad("a candidate that exits at once", "exits"),
        new Trouble("launcher stop in HANDED_OVER", siege -> stop(siege, UpgradePhase.HANDED_OVER)),
        new Trouble("the launcher stands still", Troubles::launcherStandsStill),
        new Trouble("the launcher is killed", Troubles::launcherIsKilled),
        new Trouble("launcher and agent are killed", Troubles::bothAreKilled),
        new Trouble("the clocks go wrong", Troubles::clocksGoWrong));
  }

  /** Returns the rest. */
  static List<Trouble> others() {
    return List.of(
        bad("a candidate that hangs while it leads", "hangs-leading"),
        new Trouble("launcher stop in TRIAL", siege -> stop(siege, UpgradePhase.TRIAL)),
        away("ABORTED", "Aborted", "old after journal.move(ABORTED)", 1, "exits"),
        away("ROLLING_BACK", "RolledBack", "old after journal.goBack", 1, "path-fails"),
        away("ROLLED_BACK", "RolledBack", "old after journal.move(ROLLED_BACK)", 1, "path-fails"));
  }

  /** The database goes away at a point; launcher and agents are killed and start without it. */
  private static Trouble away(
      String phase, String outcome, String point, int atLeast, String... faults) {
    return new Trouble(
        "everything starts in " + phase + " without the database",
        siege -> {
          World world = siege.world();
          String version = siege.publish(faults);
          world.halts().hold();
          world.halts().arm(List.of(point));
          siege.until(point + " is reached", version, () -> world.halts().kill(point).isPresent());
          world.wire().cut();
          endAll(siege);
          world.halts().release();
          world.startLauncher();
          world.restartKilledLaunchers();
          Eventually.holds(
              "both run, or who is confirmed", World.SOON, () -> siege.laws().living() >= atLeast);
          long ticks = ticks(world);
          standsFor(world, () -> siege.laws().living() >= atLeast);
          assertThat(ticks(world)).isEqualTo(ticks);
          world.wire().mend();
          String end = ended(siege, version);
          assertThat(end).startsWith(outcome);
          if (faults.length == 0) {
            siege.assertNotListed(version);
          }
          return end;
        });
  }

  private static Trouble bad(String name, String... faults) {
    return new Trouble(
        name,
        siege -> {
          String version = siege.publish(faults);
          UpgradeOutcome outcome = siege.world().outcome(version);
          assertThat(outcome).isNotInstanceOf(Upgraded.class);
          return siege.told(version);
        });
  }

  private static String wakesUpTooLate(Siege siege) throws Exception {
    World world = siege.world();
    String version = siege.publish();
    siege.until(
        version + " leads", version, () -> phase(world, version) == UpgradePhase.HANDED_OVER);
    long candidate = world.primaryPid();
    signal("STOP", candidate);
    UpgradeRecord handedOver = world.record(version).orElseThrow();
    long epoch = handedOver.trial().orElseThrow().epoch();
    Eventually.holds(
        "the old version has taken the lead back",
        World.SOON,
        () -> world.number("select epoch from selfupgrade.leadership") > epoch);
    long back = world.number("select (1e6 * extract(epoch from clock_timestamp()))::bigint");
    signal("CONT", candidate);
    UpgradeOutcome outcome = siege.decided(version);
    siege.laws().hold();
    assertThat(outcome).isInstanceOf(RolledBack.class);
    assertThat(
            world.number(
                "select count(*) from selfupgrade.task_runs where epoch = "
                    + epoch
                    + " and 1e6 * extract(epoch from finished_at) > "
                    + back))
        .as("runs that it ended after it had lost the lead")
        .isZero();
    return siege.told(version);
  }

  private static String stop(Siege siege, UpgradePhase phase) throws Exception {
    World world = siege.world();
    String version = siege.publish();
    siege.until(version + " is in " + phase, version, () -> phase(world, version) == phase);
    world.restartNoLauncher();
    world.stop();
    assertThat(siege.laws().living()).isZero();
    siege.laws().nothingRuns();
    world.startLauncher();
    world.restartKilledLaunchers();
    String end = ended(siege, version);
    siege.assertNotListed(version);
    return end;
  }

  private static String launcherStandsStill(Siege siege) throws Exception {
    World world = siege.world();
    long launcher = world.launcher().pid();
    signal("STOP", launcher);
    String version = siege.publish();
    Eventually.holds(
        version + " waits for the launcher",
        World.SOON,
        () -> phase(world, version) == UpgradePhase.TRIAL);
    awaitTicks(world);
    assertThat(Candidate.read(Home.at(world.home()))).isEmpty();
    signal("CONT", launcher);
    return ended(siege, version);
  }

  private static String launcherIsKilled(Siege siege) throws Exception {
    World world = siege.world();
    long agent = world.primaryPid();
    world.restartNoLauncher();
    kill(world.launcher().toHandle());
    awaitTicks(world);
    assertThat(world.primaryPid()).isEqualTo(agent);
    world.startLauncher();
    world.restartKilledLaunchers();
    String version = siege.publish();
    UpgradeOutcome outcome = siege.decided(version);
    assertThat(outcome).isInstanceOf(Upgraded.class);
    return siege.told(version);
  }

  private static String bothAreKilled(Siege siege) throws Exception {
    endAll(siege);
    siege.world().startLauncher();
    siege.world().restartKilledLaunchers();
    awaitTicks(siege.world());
    return "served again";
  }

  private static String clocksGoWrong(Siege siege) throws Exception {
    World world = siege.world();
    turn(world, 3600);
    String version = siege.publish();
    siege.until(
        version + " leads",
        version,
        () -> phase(world, version) == UpgradePhase.HANDED_OVER || siege.isConfirmed(version));
    turn(world, -3600);
    UpgradeOutcome outcome = siege.decided(version);
    assertThat(outcome).isInstanceOf(Upgraded.class);
    awaitTicks(world);
    turn(world, 0);
    return siege.told(version);
  }

  /** Sets by how many seconds the clocks of all agents are wrong. */
  private static void turn(World world, int seconds) throws IOException {
    Path draft = world.clock().resolveSibling("clock.new");
    Files.writeString(draft, Integer.toString(seconds));
    Files.move(draft, world.clock(), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Kills the launcher and all agents; none is left. */
  private static void endAll(Siege siege) {
    siege.world().restartNoLauncher();
    kill(siege.world().launcher().toHandle());
    siege.laws().agents().forEach(Troubles::kill);
    siege.laws().nothingRuns();
  }

  private static void kill(ProcessHandle process) {
    process.destroyForcibly();
    Eventually.holds(process + " is dead", World.SOON, () -> !process.isAlive());
  }

  static void signal(String name, long pid) throws IOException {
    Process sent = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).inheritIO().start();
    assertThat(sent.onExit().join().exitValue()).isZero();
  }

  private static void awaitTicks(World world) {
    long before = ticks(world);
    Eventually.holds("it ticks", World.SOON, () -> ticks(world) >= before + A_WHILE);
  }

  private static long ticks(World world) {
    return world.number("select count(*) from public.ticks");
  }

  /** Something holds for two leases, measured on the database's clock. */
  private static void standsFor(World world, BooleanSupplier condition) {
    String now = "select (1000 * extract(epoch from clock_timestamp()))::bigint";
    long end = world.number(now) + 6000;
    Eventually.holds(
        "two leases are over",
        World.SOON,
        () -> {
          assertThat(condition.getAsBoolean()).isTrue();
          return world.number(now) > end;
        });
  }

  private static @Nullable UpgradePhase phase(World world, String version) {
    return world.record(version).map(UpgradeRecord::phase).orElse(null);
  }

  private static String ended(Siege siege, String version) {
    siege.decided(version);
    return siege.told(version);
  }

  /** A trouble and what follows; returns what became of it. */
  @FunctionalInterface
  interface Script {
    /** Makes the trouble. */
    String play(Siege siege) throws Exception;
  }

  /**
   * A trouble.
   *
   * @param name what happens
   * @param script makes it happen
   */
  record Trouble(String name, Script script) {
    @Override
    public String toString() {
      return name;
    }
  }
}
