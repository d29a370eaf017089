package io.selfupgrade.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.KeptUntil;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.UpgradeOutcome.Aborted;
import io.selfupgrade.upgrade.UpgradeOutcome.RolledBack;
import io.selfupgrade.upgrade.UpgradeOutcome.Upgraded;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Upgrades by a workflow of GitHub: real JVMs, which its runs start and stop, on a real Postgres.
 */
class WorkflowProcessTest {

  private static final Duration MINUTE = Duration.ofMinutes(1);

  @TempDir static Path serverDirectory;
  private static EmbeddedPostgres server;

  @TempDir Path directory;

  @BeforeAll
  static void startServer() {
    server = TestPostgres.attach(serverDirectory);
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void aGoodVersionIsConfirmedAndItsRunFollowedToTheEnd() throws Exception {
    try (World world = new World(directory, server);
        WorldPlatform platform = new WorldPlatform(world, KeptUntil.CONFIRMED, MINUTE);
        WorldGitHub github = WorldGitHub.before(platform)) {
      Process old = platform.start("1.0.0");
      world.awaitTicking("1.0.0");
      github.actions().loseNextAnswer();
      world.publish("1.1.0");

      assertThat(world.outcome("1.1.0")).isInstanceOf(Upgraded.class);

      Eventually.holds("the old process is gone", World.SOON, () -> !old.isAlive());
      world.awaitTicking("1.1.0");
      Eventually.holds("its end is told", World.SOON, () -> !told(world, Event.PASSED).isEmpty());
      assertThat(told(world, Event.PASSED)).singleElement().asString().endsWith("succeeded");
      Eventually.holds(
          "and recorded", World.SOON, () -> github.actions().statuses().contains("success"));
      assertThat(github.actions().dispatched()).as("an answer was lost").isEqualTo(1);
      assertThat(platform.asked()).containsExactly("1.1.0");
      new Laws(world).nothingTwice();
    }
  }

  @Test
  void aBadVersionIsTurnedBackFromAndARunBringsTheOldOneBack() throws Exception {
    try (World world = new World(directory, server);
        WorldPlatform platform = new WorldPlatform(world, KeptUntil.HEALTHY, MINUTE);
        WorldGitHub github = WorldGitHub.before(platform)) {
      platform.arguments("1.1.0", "path-fails");
      platform.start("1.0.0");
      world.awaitTicking("1.0.0");
      world.publish("1.1.0");

      RolledBack back = (RolledBack) world.outcome("1.1.0");

      assertThat(back.reason().code())
          .as(back.summary())
          .isEqualTo(ReasonCode.CRITICAL_PATH_FAILED);
      world.awaitTicking("1.0.0");
      Eventually.holds("one process is left", World.SOON, () -> platform.living() == 1);
      assertThat(platform.asked()).containsExactly("1.1.0", "1.0.0");
      assertThat(github.actions().dispatched()).isEqualTo(2);
      new Laws(world).nothingTwice();
    }
  }

  @Test
  void oneThatNeverComesUpIsGivenUpWhenItsTimeIsOver() throws Exception {
    try (World world = new World(directory, server);
        WorldPlatform platform =
            new WorldPlatform(world, KeptUntil.CONFIRMED, Duration.ofSeconds(6));
        WorldGitHub github = WorldGitHub.before(platform)) {
      platform.arguments("1.1.0", "never-ready");
      Process old = platform.start("1.0.0");
      world.awaitTicking("1.0.0");
      world.publish("1.1.0");

      Aborted aborted = (Aborted) world.outcome("1.1.0");

      assertThat(aborted.reason().code()).isEqualTo(ReasonCode.NOT_READY);
      assertThat(github.actions().dispatched()).isEqualTo(1);
      assertThat(old.isAlive()).isTrue();
      world.awaitTicking("1.0.0");
    }
  }

  @Test
  void aRunThatFailsEndsTheUpgradeAtOnceWithItsJobAndTheEndOfItsLog() throws Exception {
    try (World world = new World(directory, server);
        WorldPlatform platform = new WorldPlatform(world, KeptUntil.CONFIRMED, MINUTE);
        WorldGitHub github = WorldGitHub.before(platform)) {
      platform.misses("1.1.0");
      Process old = platform.start("1.0.0");
      world.awaitTicking("1.0.0");
      long epoch = world.number("select epoch from selfupgrade.leadership");
      world.publish("1.1.0");

      Aborted aborted = (Aborted) world.outcome("1.1.0");

      System.out.println(
          "a failed run ended its upgrade "
              + (System.nanoTime() - github.endedNanos()) / 1_000_000
              + " ms after its own end, "
              + world.number(
                  "select (extract(epoch from u.phase_at - d.created_at) * 1000)::bigint"
                      + " from selfupgrade.upgrades u join selfupgrade.deployments d using (id)")
              + " ms after the dispatch; the time for a candidate was "
              + MINUTE);
      assertThat(aborted.reason().code()).isEqualTo(ReasonCode.PLATFORM_FAILED);
      assertThat(aborted.retryable()).isTrue();
      assertThat(aborted.reason().message())
          .contains("deploy, step Ask the platform: failure", WorldGitHub.LOG.strip());
      assertThat(told(world, Event.FAILED)).hasSize(1);
      assertThat(github.actions().statuses()).contains("failure");
      assertThat(old.isAlive()).isTrue();
      assertThat(world.number("select epoch from selfupgrade.leadership")).isEqualTo(epoch);
      assertThat(world.number("select count(*) from selfupgrade.failed_versions")).isZero();
      assertThat(github.actions().dispatched()).isEqualTo(1);
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "long", matches = ".*")
  void aRunThatFailsEndsTheUpgradeOfAnOldVersionThatWasKilledAndStartedAgain() throws Exception {
    try (World world = new World(directory, server);
        WorldPlatform platform = new WorldPlatform(world, KeptUntil.CONFIRMED, MINUTE);
        WorldGitHub github = WorldGitHub.before(platform)) {
      platform.misses("1.1.0");
      Process old = platform.start("1.0.0");
      world.awaitTicking("1.0.0");
      platform.whenAsked(old::destroyForcibly);
      world.publish("1.1.0");
      Eventually.holds("the old process is killed", World.SOON, () -> !old.isAlive());

      platform.start("1.0.0");

      Aborted aborted = (Aborted) world.outcome("1.1.0");
      assertThat(aborted.reason().code()).isEqualTo(ReasonCode.PLATFORM_FAILED);
      assertThat(github.actions().dispatched()).isEqualTo(1);
      world.awaitTicking("1.0.0");
    }
  }

  private static List<String> told(World world, Event event) {
    return world.store().journal().steps(world.record("1.1.0").orElseThrow().id()).stream()
        .filter(step -> step.event() == event)
        .map(StepRecord::detail)
        .filter(detail -> detail.startsWith("deploy.yml on 1.1.0: "))
        .toList();
  }
}
