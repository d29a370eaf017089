package io.selfupgrade.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Version;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradeOutcome.Aborted;
import io.selfupgrade.upgrade.UpgradeOutcome.Refused;
import io.selfupgrade.upgrade.UpgradeOutcome.RolledBack;
import io.selfupgrade.upgrade.UpgradeOutcome.Upgraded;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole upgrades: real JVMs under the real launcher, on a real Postgres. */
class UpgradeProcessTest {

  private static final String MISSED =
      "select count(*) from generate_series("
          + "(select min(due) from public.ticks), (select max(due) from public.ticks),"
          + " interval '100 ms') grid(due) left join public.ticks t using (due)"
          + " where t.due is null";

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
  void aGoodVersionIsConfirmedAndAPersonGoesBackFromIt() throws Exception {
    try (World world = new World(directory, server)) {
      world.start("1.0.0");
      world.awaitTicking("1.0.0");
      long oldPid = world.primaryPid();
      world.publish("1.1.0");

      assertThat(world.outcome("1.1.0")).isInstanceOf(Upgraded.class);

      Eventually.holds("the old process is gone", World.SOON, () -> isGone(oldPid));
      assertThat(Files.readString(world.home().resolve("current"))).isEqualTo("1.1.0\n");
      world.awaitTicking("1.1.0");
      assertThat(world.number(MISSED)).isZero();

      world.store().policies().askRollback(World.AGENT, Version.parse("1.0.0"), "ada");

      assertThat(world.outcome("1.0.0")).isInstanceOf(Upgraded.class);
      assertThat(world.record("1.0.0").orElseThrow().trigger()).isEqualTo(Trigger.ROLLBACK);
      assertThat(world.store().policies().floor(World.AGENT)).contains(Version.parse("1.0.0"));
      Eventually.holds("the launcher points to 1.0.0", World.SOON, () -> pointsTo(world, "1.0.0"));
      world.awaitTicking("1.0.0");
      assertThat(world.number(MISSED)).isZero();
    }
  }

  @Test
  void badVersionsAreRefusedOrTurnedBackFrom() throws Exception {
    try (World world = new World(directory, server)) {
      world.start("1.0.0");
      world.awaitTicking("1.0.0");

      world.publish("1.1.0", "smoke-fails");
      assertRefused(world.outcome("1.1.0"), ReasonCode.SMOKE_FAILED);

      Path changed = world.make("1.2.0");
      flipLastByte(changed.resolve("agent-1.2.0.jar"));
      world.publish(changed);
      assertRefused(world.outcome("1.2.0"), ReasonCode.DIGEST_MISMATCH);

      world.publish("1.3.0", "exits");
      UpgradeOutcome died = world.outcome("1.3.0");
      assertThat(died).isInstanceOf(Aborted.class);
      assertThat(((Aborted) died).reason().code()).isEqualTo(ReasonCode.CANDIDATE_DIED);

      world.publish("1.4.0", "path-fails");
      assertRolledBack(world.outcome("1.4.0"), ReasonCode.CRITICAL_PATH_FAILED);

      world.publish("1.5.0", "work-fails");
      assertRolledBack(world.outcome("1.5.0"), ReasonCode.WORK_FAILED);

      world.publish("1.6.0", "dies-leading");
      assertRolledBack(world.outcome("1.6.0"), ReasonCode.CANDIDATE_DIED);

      assertThat(world.number("select count(*) from selfupgrade.failed_versions")).isEqualTo(5);
      assertThat(Files.readString(world.home().resolve("current"))).isEqualTo("1.0.0\n");
      world.awaitTicking("1.0.0");
      assertThat(world.number(MISSED)).isZero();
    }
  }

  @Test
  void aKilledPrimaryComesBackAndMakesUpForItsTicks() throws Exception {
    try (World world = new World(directory, server)) {
      world.start("1.0.0");
      world.awaitTicking("1.0.0");
      long pid = world.primaryPid();
      long epoch = world.number("select epoch from selfupgrade.leadership");

      ProcessHandle.of(pid).orElseThrow().destroyForcibly();

      Eventually.holds(
          "another process leads",
          World.SOON,
          () -> world.number("select epoch from selfupgrade.leadership") > epoch);
      world.awaitTicking("1.0.0");
      assertThat(world.number(MISSED)).isZero();
    }
  }

  private static boolean pointsTo(World world, String version) {
    try {
      return Files.readString(world.home().resolve("current")).equals(version + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isGone(long pid) {
    return ProcessHandle.of(pid).map(process -> !process.isAlive()).orElse(true);
  }

  private static void assertRefused(UpgradeOutcome outcome, ReasonCode code) {
    assertThat(outcome).isInstanceOf(Refused.class);
    assertThat(((Refused) outcome).reason().code()).isEqualTo(code);
  }

  private static void assertRolledBack(UpgradeOutcome outcome, ReasonCode code) {
    assertThat(outcome).isInstanceOf(RolledBack.class);
    assertThat(((RolledBack) outcome).reason().code()).isEqualTo(code);
  }

  private static void flipLastByte(Path file) throws Exception {
    file.toFile().setWritable(true);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, Arrays.copyOf(bytes, bytes.length));
  }
}
