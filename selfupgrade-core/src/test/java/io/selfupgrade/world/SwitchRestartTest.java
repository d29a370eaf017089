package io.selfupgrade.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradeOutcome.RolledBack;
import io.selfupgrade.upgrade.UpgradeOutcome.Upgraded;
import io.selfupgrade.upgrade.UpgradePhase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Upgrades on a host that cannot run two versions at once: {@code Switch.RESTART}. */
class SwitchRestartTest {

  /** Processes that live at the same moment, by what the database saw of them. */
  private static final String OVERLAPS =
      "select count(*) from selfupgrade.instances a join selfupgrade.instances b"
          + " on a.id < b.id and a.started_at < coalesce(b.stopped_at, b.heartbeat_at)"
          + " and b.started_at < coalesce(a.stopped_at, a.heartbeat_at)";

  @TempDir Path serverDirectory;
  @TempDir Path directory;

  @Test
  void theNewVersionTakesThePlaceAndABadOneGivesItBack() throws Exception {
    try (EmbeddedPostgres server = TestPostgres.attach(serverDirectory);
        World world = new World(directory, server)) {
      world.start("1.0.0", "switch-restart");
      world.awaitTicking("1.0.0");

      world.publish("1.1.0", "switch-restart");
      assertThat(world.outcome("1.1.0")).isInstanceOf(Upgraded.class);
      Eventually.holds("the launcher points to 1.1.0", World.SOON, () -> pointsTo(world, "1.1.0"));
      assertSaysInterruption(world, "1.1.0", "Upgraded with interruption of ");

      world.publish("1.2.0", "switch-restart", "path-fails");
      assertRolledBack(world, "1.2.0", ReasonCode.CRITICAL_PATH_FAILED);
      assertSaysInterruption(world, "1.2.0", "RolledBack with interruption of ");

      world.publish("1.3.0", "switch-restart", "exits");
      assertRolledBack(world, "1.3.0", ReasonCode.CANDIDATE_DIED);

      world.awaitTicking("1.1.0");
      assertThat(pointsTo(world, "1.1.0")).isTrue();
      assertThat(world.number("select count(*) from selfupgrade.failed_versions")).isEqualTo(2);
      assertThat(world.number(OVERLAPS)).isZero();
    }
  }

  @Test
  void aLauncherThatIsKilledInTheMiddleGoesOn() throws Exception {
    try (EmbeddedPostgres server = TestPostgres.attach(serverDirectory);
        World world = new World(directory, server)) {
      world.start("1.0.0", "switch-restart");
      world.awaitTicking("1.0.0");
      world.publish("1.1.0", "switch-restart");

      Eventually.holds(
          "the lead is given away",
          World.SOON,
          () ->
              world
                  .record("1.1.0")
                  .filter(row -> row.phase() == UpgradePhase.HANDED_OVER)
                  .isPresent());
      world.launcher().destroyForcibly().waitFor();
      world.startLauncher();

      assertThat(world.outcome("1.1.0")).isInstanceOf(Upgraded.class);
      world.awaitTicking("1.1.0");
      assertThat(world.number(OVERLAPS)).isZero();
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "long", matches = ".*")
  void aVersionThatHangsGivesThePlaceBackAtTheDeadlineAndIsNotCondemned() throws Exception {
    try (EmbeddedPostgres server = TestPostgres.attach(serverDirectory);
        World world = new World(directory, server)) {
      world.start("1.0.0", "switch-restart");
      world.awaitTicking("1.0.0");

      world.publish("1.1.0", "switch-restart", "never-ready");
      Eventually.holds(
          "the trial is over",
          World.SOON.multipliedBy(3),
          () -> world.record("1.1.0").filter(row -> row.phase().isFinal()).isPresent());

      assertRolledBack(world, "1.1.0", ReasonCode.DEADLINE_PASSED);
      world.awaitTicking("1.0.0");
      assertThat(world.number("select count(*) from selfupgrade.failed_versions")).isZero();
      assertThat(world.number(OVERLAPS)).isZero();
    }
  }

  private static boolean pointsTo(World world, String version) {
    try {
      return Files.readString(world.home().resolve("current")).equals(version + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void assertRolledBack(World world, String version, ReasonCode code) {
    UpgradeOutcome outcome = world.outcome(version);
    assertThat(outcome).isInstanceOf(RolledBack.class);
    assertThat(((RolledBack) outcome).reason().code())
        .as(() -> outcome.summary() + "\n" + String.join("\n", details(world, version)))
        .isEqualTo(code);
  }

  private static void assertSaysInterruption(World world, String version, String report) {
    Eventually.holds(
        "the journal reports " + report,
        World.SOON,
        () -> details(world, version).stream().anyMatch(detail -> detail.startsWith(report)));
    assertThat(details(world, version))
        .anyMatch(detail -> detail.contains("is stopped before " + version + " starts"));
  }

  private static List<String> details(World world, String version) {
    return world.store().journal().steps(world.record(version).orElseThrow().id()).stream()
        .map(StepRecord::detail)
        .toList();
  }
}
