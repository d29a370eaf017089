package io.selfupgrade.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Version;
import io.selfupgrade.core.release.KeptKeys;
import io.selfupgrade.core.release.KeyRing;
import io.selfupgrade.core.release.SigningKeyFiles;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.KeyChange;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeOutcome.Refused;
import io.selfupgrade.upgrade.UpgradeOutcome.Upgraded;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A rotation of the release key from one version to the next, and after the way back. */
class RotationProcessTest {

  @TempDir Path serverDirectory;
  @TempDir Path directory;

  @Test
  void theNewKeyTakesTheOldOnesPlaceAndTheWayBackDoesNotUndoIt() throws Exception {
    try (EmbeddedPostgres server = TestPostgres.attach(serverDirectory);
        World world = new World(directory, server)) {
      SigningKeyFiles old = world.key();
      SigningKeyFiles next = world.newKey("next");
      KeyChange rotation =
          new KeyChange(
              List.of(Keys.file(next.publicKey())), Set.of(old.id()), OptionalInt.empty());
      world.start("1.0.0");
      world.awaitTicking("1.0.0");

      world.publish(world.make("1.1.0", rotation, List.of(old, next)));
      assertThat(world.outcome("1.1.0")).isInstanceOf(Upgraded.class);
      Eventually.holds(
          "the keys are kept",
          World.SOON,
          () ->
              new KeptKeys(Home.at(world.home()))
                  .addTo(KeyRing.of(Trust.keys(Keys.file(old.publicKey()))))
                  .revokedBy(old.id())
                  .isPresent());

      world.publish(world.make("1.2.0", KeyChange.NONE, List.of(old)), old);
      assertRefusedByRevocation(world);

      world.publish(world.make("1.3.0", KeyChange.NONE, List.of(next)), next);
      assertThat(world.outcome("1.3.0")).isInstanceOf(Upgraded.class);

      world.store().policies().askRollback(World.AGENT, Version.parse("1.0.0"), "ada");
      assertThat(world.outcome("1.0.0")).isInstanceOf(Upgraded.class);
      world.awaitTicking("1.0.0");

      world.publish(world.make("1.4.0", KeyChange.NONE, List.of(old)), old);
      assertRefusedByRevocation(world);
    }
  }

  private static void assertRefusedByRevocation(World world) {
    UUID request = world.store().journal().request(World.AGENT, Trigger.MANUAL);
    Eventually.holds(
        "the request is answered",
        World.SOON,
        () ->
            world
                .store()
                .journal()
                .answerOf(request)
                .flatMap(world.store().journal()::find)
                .filter(row -> row.phase().isFinal())
                .isPresent());
    Refused refused =
        (Refused)
            world
                .store()
                .journal()
                .answerOf(request)
                .flatMap(world.store().journal()::find)
                .orElseThrow()
                .outcome()
                .orElseThrow();
    assertThat(refused.reason().code()).isEqualTo(ReasonCode.KEY_REVOKED);
    assertThat(refused.reason().message()).contains("1.1.0 revoked");
  }
}
