package io.selfupgrade.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.launcher.Home;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What must hold of a world after every kill, whatever became of the upgrade. */
final class Laws {

  private static final List<String> LEDGER =
      List.of(
          "upgrades",
          "upgrade_steps",
          "upgrade_requests",
          "failed_versions",
          "snapshots",
          "task_runs");

  private final World world;
  private final Map<String, Long> rows = new HashMap<>();

  Laws(World world) {
    this.world = world;
  }

  /** Waits until one trusted version runs, leads and ticks, and checks what was written. */
  void hold() {
    Eventually.holds(
        "no upgrade is open",
        World.SOON,
        () -> world.store().journal().openUpgrade(World.AGENT).isEmpty());
    String version = world.store().journal().confirmedVersion(World.AGENT).orElseThrow().toString();
    long before = world.number("select count(*) from public.ticks");
    Eventually.holds("current is " + version, World.SOON, () -> version.equals(current()));
    Eventually.holds(
        "no candidate is left",
        World.SOON,
        () -> Files.notExists(world.home().resolve("candidate")));
    Eventually.holds("one process is left", World.SOON, () -> living() == 1);
    world.awaitTicking(version);
    Eventually.holds(
        "it ticks on",
        World.SOON,
        () -> world.number("select count(*) from public.ticks") > before + 3);
    Eventually.holds("every tick was made up for", World.SOON, () -> missed() == 0);
    nothingTwice();
    assertKept();
  }

  /** Checks that nothing was applied twice, and that ticks and their ledger agree. */
  void nothingTwice() {
    assertZero("select count(*) - count(distinct due) from public.ticks");
    assertZero("select count(*) - count(distinct version) from public.migrated");
    assertZero("select count(*) - count(distinct upgrade) from selfupgrade.snapshots");
    assertZero(
        "select count(*) - count(distinct to_version) from selfupgrade.upgrades"
            + " where phase = 'CONFIRMED'");
    assertZero(
        "select count(*) from selfupgrade.schema_history h1 join selfupgrade.schema_history"
            + " h2 on h1.version = h2.version and h1.ctid <> h2.ctid");
    // In one statement, so that both sides are read at one moment.
    assertZero(
        "select count(*) from public.ticks t full join (select due from selfupgrade.task_runs"
            + " where task = 'tick' and state = 'SUCCEEDED') r using (due)"
            + " where t.ctid is null or r.due is null");
    assertZero("select count(*) from selfupgrade.task_runs where state = 'FAILED'");
  }

  private void assertKept() {
    for (String table : LEDGER) {
      long now = world.number("select count(*) from selfupgrade." + table);
      assertThat(now).as("rows of " + table).isGreaterThanOrEqualTo(rows.getOrDefault(table, 0L));
      rows.put(table, now);
    }
    for (UpgradeRecord upgrade : world.store().journal().history(World.AGENT, 100)) {
      assertThat(upgrade.outcome()).as("the outcome of " + upgrade).isPresent();
    }
  }

  private void assertZero(String query) {
    assertThat(world.number(query)).as(query).isZero();
  }

  private long missed() {
    return world.number(
        "select count(*) from generate_series((select min(due) from public.ticks),"
            + " (select max(due) from public.ticks), interval '100 ms') grid(due)"
            + " left join public.ticks t using (due) where t.due is null");
  }

  private String current() {
    try {
      return Home.at(world.home()).confirmedVersion().orElse("");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns how many processes of the agent live, launchers and smoke checks not counted. */
  long living() {
    return agents().count();
  }

  /** Waits until no process of the world is left. */
  void nothingRuns() {
    Eventually.holds(
        "no process of " + world.directory() + " is left",
        World.SOON,
        () -> processes().findAny().isEmpty());
  }

  /** Returns the agents that live, launchers and smoke checks not counted. */
  Stream<ProcessHandle> agents() {
    return processes().filter(process -> commandLine(process).contains("/versions/"));
  }

  private Stream<ProcessHandle> processes() {
    Path home = world.home();
    return ProcessHandle.allProcesses()
        .filter(ProcessHandle::isAlive)
        .filter(
            process ->
                commandLine(process).contains(home + "/")
                    || commandLine(process).endsWith(home.toString()));
  }

  private static String commandLine(ProcessHandle process) {
    return process.info().commandLine().orElse("");
  }
}
