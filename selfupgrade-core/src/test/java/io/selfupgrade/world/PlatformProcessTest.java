package io.selfupgrade.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Version;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.KeptUntil;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.UpgradeOutcome.Aborted;
import io.selfupgrade.upgrade.UpgradeOutcome.RolledBack;
import io.selfupgrade.upgrade.UpgradeOutcome.Upgraded;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Upgrades by a platform: real JVMs, which it starts and stops, on a real Postgres. */
class PlatformProcessTest {

  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final String MIGRATED = "select count(*) from public.migrated";

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

  @ParameterizedTest
  @MethodSource("promises")
  void aGoodVersionIsConfirmed(KeptUntil keeps) throws Exception {
    try (World world = new World(directory, server);
        WorldPlatform platform = new WorldPlatform(world, keeps, MINUTE)) {
      Process old = platform.start("1.0.0");
      world.awaitTicking("1.0.0");
      world.publish("1.1.0");

      assertThat(world.outcome("1.1.0")).isInstanceOf(Upgraded.class);

      Eventually.holds("the old process is gone", World.SOON, () -> !old.isAlive());
      world.awaitTicking("1.1.0");
      assertThat(platform.asked()).containsExactly("1.1.0");
      assertThat(platform.living()).isEqualTo(1);
      assertThat(world.number(MIGRATED)).isEqualTo(1);
      assertLaws(world);
    }
  }

  private static Stream<KeptUntil> promises() {
    return System.getProperty("long") == null
        ? Stream.of(KeptUntil.CONFIRMED)
        : Stream.of(KeptUntil.values());
  }

  @ParameterizedTest
  @MethodSource("promises")
  void aBadVersionIsTurnedBackFrom(KeptUntil keeps) throws Exception {
    try (World world = new World(directory, server);
        WorldPlatform platform = new WorldPlatform(world, keeps, MINUTE)) {
      platform.arguments("1.1.0", "path-fails");
      Process old = platform.start("1.0.0");
      world.awaitTicking("1.0.0");
      world.publish("1.1.0");

      RolledBack back = (RolledBack) world.outcome("1.1.0");

      assertThat(back.reason().code()).isEqualTo(ReasonCode.CRITICAL_PATH_FAILED);
      world.awaitTicking("1.0.0");
      Eventually.holds("the new process is gone", World.SOON, () -> platform.living() == 1);
      if (keeps == KeptUntil.CONFIRMED) {
        assertThat(platform.asked()).as("1.0.0 never ended").containsExactly("1.1.0");
        assertThat(old.isAlive()).isTrue();
      } else {
        assertThat(platform.asked()).containsExactly("1.1.0", "1.0.0");
        assertThat(old.isAlive()).isFalse();
      }
      assertThat(world.number("select count(*) from selfupgrade.failed_versions")).isEqualTo(1);
      assertLaws(world);
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "long", matches = ".*")
  void oneThatNeverComesUpIsGivenUpAndTheOldOneNeverStopped() throws Exception {
    try (World world = new World(directory, server);
        WorldPlatform platform =
            new WorldPlatform(world, KeptUntil.CONFIRMED, Duration.ofSeconds(6))) {
      platform.arguments("1.1.0", "never-ready");
      Process old = platform.start("1.0.0");
      world.awaitTicking("1.0.0");
      long epoch = world.number("select epoch from selfupgrade.leadership");
      world.publish("1.1.0");

      Aborted aborted = (Aborted) world.outcome("1.1.0");

      assertThat(aborted.reason().code()).isEqualTo(ReasonCode.NOT_READY);
      assertThat(aborted.retryable()).isTrue();
      assertThat(platform.asked()).as("1.0.0 never ended").containsExactly("1.1.0");
      assertThat(old.isAlive()).isTrue();
      assertThat(world.number("select epoch from selfupgrade.leadership")).isEqualTo(epoch);
      assertLaws(world);
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "long", matches = ".*")
  void oneThatNeverComesUpWhereHealthIsAskedForLeavesTheOldOneAsItIs() throws Exception {
    try (World world = new World(directory, server);
        WorldPlatform platform =
            new WorldPlatform(world, KeptUntil.HEALTHY, Duration.ofSeconds(6))) {
      platform.arguments("1.1.0", "never-ready");
      platform.healthyWithin(Duration.ofSeconds(2));
      Process old = platform.start("1.0.0");
      world.awaitTicking("1.0.0");
      world.publish("1.1.0");

      Aborted aborted = (Aborted) world.outcome("1.1.0");

      assertThat(aborted.reason().code()).isEqualTo(ReasonCode.NOT_READY);
      Eventually.holds("the platform knows", World.SOON, () -> platform.asked().size() == 2);
      assertThat(platform.asked()).containsExactly("1.1.0", "1.0.0");
      Eventually.holds("the new process is gone", World.SOON, () -> platform.living() == 1);
      assertThat(old.isAlive()).isTrue();
      assertLaws(world);
    }
  }

  /** Nobody runs then: whoever looks from beside has the platform start the confirmed version. */
  @Test
  void oneThatNeverComesUpWhereTheOldOneWasStoppedEndsWhenThatIsStartedAgain() throws Exception {
    try (World world = new World(directory, server);
        WorldPlatform platform = new WorldPlatform(world, KeptUntil.NEVER, Duration.ofSeconds(8))) {
      platform.arguments("1.1.0", "never-ready");
      Process old = platform.start("1.0.0");
      world.awaitTicking("1.0.0");
      world.publish("1.1.0");
      Eventually.holds(
          "1.1.0 has taken its place",
          World.SOON,
          () -> platform.asked().contains("1.1.0") && !old.isAlive() && platform.living() == 1);

      Process again = platform.start("1.0.0");

      Aborted aborted = (Aborted) world.outcome("1.1.0");
      assertThat(aborted.reason().code()).isEqualTo(ReasonCode.NOT_READY);
      Eventually.holds("the platform knows", World.SOON, () -> platform.asked().size() == 2);
      assertThat(platform.asked()).containsExactly("1.1.0", "1.0.0");
      Eventually.holds("the new process is gone", World.SOON, () -> platform.living() == 1);
      assertThat(again.isAlive()).isTrue();
      world.awaitTicking("1.0.0");
      assertLaws(world);
    }
  }

  @Test
  void anOldVersionThatIsKilledAfterItHasAskedIsSucceededByTheNewOne() throws Exception {
    try (World world = new World(directory, server);
        WorldPlatform platform = new WorldPlatform(world, KeptUntil.CONFIRMED, MINUTE)) {
      Process old = platform.start("1.0.0");
      world.awaitTicking("1.0.0");
      platform.whenAsked(old::destroyForcibly);
      world.publish("1.1.0");

      assertThat(world.outcome("1.1.0")).isInstanceOf(Upgraded.class);

      assertThat(world.store().journal().steps(world.record("1.1.0").orElseThrow().id()))
          .extracting(StepRecord::detail)
          .anySatisfy(detail -> assertThat(detail).contains("goes on with its trial alone"));
      world.awaitTicking("1.1.0");
      assertThat(platform.asked()).containsExactly("1.1.0");
      assertLaws(world);
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "long", matches = ".*")
  void aBadVersionWhoseOldOneWasKilledBringsThatBack() throws Exception {
    try (World world = new World(directory, server);
        WorldPlatform platform = new WorldPlatform(world, KeptUntil.CONFIRMED, MINUTE)) {
      platform.arguments("1.1.0", "path-fails");
      Process old = platform.start("1.0.0");
      world.awaitTicking("1.0.0");
      platform.whenAsked(old::destroyForcibly);
      world.publish("1.1.0");

      assertThat(world.outcome("1.1.0")).isInstanceOf(RolledBack.class);

      world.awaitTicking("1.0.0");
      assertThat(platform.asked()).containsExactly("1.1.0", "1.0.0");
      assertThat(world.store().journal().confirmedVersion(World.AGENT))
          .contains(Version.parse("1.0.0"));
      Eventually.holds("one process is left", World.SOON, () -> platform.living() == 1);
      assertLaws(world);
    }
  }

  /** Every tick once, and nothing applied twice. */
  private static void assertLaws(World world) {
    Eventually.holds(
        "every tick was made up for",
        World.SOON,
        () ->
            world.number(
                    "select count(*) from generate_series((select min(due) from public.ticks),"
                        + " (select max(due) from public.ticks), interval '100 ms') grid(due)"
                        + " left join public.ticks t using (due) where t.due is null")
                == 0);
    new Laws(world).nothingTwice();
  }
}
