package io.selfupgrade.core.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Version;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import io.selfupgrade.upgrade.Approval;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StateVersions;
import io.selfupgrade.upgrade.Switch;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AcceptanceTest {

  @TempDir Path root;
  private UpgradeScene scene;

  @BeforeEach
  void makeScene() throws Exception {
    scene = new UpgradeScene(root);
  }

  @Test
  void aReleaseOfAnotherChannelIsNotSeen() throws Exception {
    scene.publish(scene.make("1.1.0"), "beta");

    assertThat(scene.parts().pipeline().look()).isEmpty();
    assertThat(scene.parts(policy("beta", Duration.ZERO, Set.of())).pipeline().look()).isPresent();
  }

  @Test
  void aYoungReleaseIsLeftAloneUntilItIsOldEnough() throws Exception {
    scene.publish("1.1.0");
    var parts = scene.parts(policy("stable", Duration.ofDays(3), Set.of()));

    Reason reason = UpgradeScene.reasonOf(parts.check());

    assertThat(reason.code()).isEqualTo(ReasonCode.TOO_YOUNG);
    assertThat(reason.message())
        .contains("1.1.0 was made at 2026-03-01T12:00:00Z", "PT72H", "2026-03-04T12:00:00Z");
    scene.clock.advance(Duration.ofDays(3));
    assertThat(parts.pipeline().look()).isPresent();
  }

  @Test
  void nothingBelowTheFloorIsInstalled() throws Exception {
    scene.confirm(new UpgradeRecord.Target(Version.parse("1.5.0"), "a".repeat(64)));
    scene.publish("1.2.0");

    Reason reason = UpgradeScene.reasonOf(scene.parts().check());

    assertThat(reason.code()).isEqualTo(ReasonCode.BELOW_FLOOR);
    assertThat(reason.message()).contains("1.2.0 is older than 1.5.0", "publish a newer version");
    scene.publish("1.5.0");
    assertThat(scene.parts().pipeline().look()).isPresent();
  }

  @Test
  void aReleaseThatCannotReadTheStateIsRefusedEvenIfItIsAllowed() throws Exception {
    scene.publish("1.1.0", recipe -> recipe.state(new StateVersions(2, 3, 2)));
    var parts = scene.parts(policy("stable", Duration.ZERO, Set.of(Version.parse("1.1.0"))));

    Reason reason = UpgradeScene.reasonOf(parts.check());

    assertThat(reason.code()).isEqualTo(ReasonCode.STATE_INCOMPATIBLE);
    assertThat(reason.message()).contains("reads state 2..3 and writes 2", "cannot read what is");
  }

  @Test
  void aReleaseThatTheRunningVersionCannotReadIsRefusedUnlessItIsAllowedByName() throws Exception {
    scene.publish("1.1.0", recipe -> recipe.state(new StateVersions(1, 2, 2)));

    Reason reason = UpgradeScene.reasonOf(scene.parts().check());

    assertThat(reason.code()).isEqualTo(ReasonCode.STATE_INCOMPATIBLE);
    assertThat(reason.message()).contains("no way back", "allowOneWay(\"1.1.0\")");
    assertThat(refused(Set.of(Version.parse("1.2.0")))).isTrue();
    assertThat(refused(Set.of(Version.parse("1.1.0")))).isFalse();
  }

  @Test
  void memoryMustHoldTheCandidatesHeapAndAQuarterMore() throws Exception {
    scene.publish("1.1.0", recipe -> recipe.heapMb(800));
    scene.memory(999L << 20);

    Reason reason = UpgradeScene.reasonOf(scene.parts().check());

    assertThat(reason.code()).isEqualTo(ReasonCode.NOT_ENOUGH_MEMORY);
    assertThat(reason.message()).contains("999 MiB", "needs 1000 MiB", "heap of 800 MiB", "heapMb");
    assertThat(reason.message()).contains("switchBy(Switch.RESTART)");
    Policy restart =
        new Policy(
            "stable",
            Duration.ZERO,
            Duration.ofHours(24),
            Set.of(),
            Approval.NONE,
            Duration.ofHours(72),
            Switch.RESTART);
    assertThat(scene.parts(restart).pipeline().look()).isPresent();
    scene.memory(1000L << 20);
    assertThat(scene.parts().pipeline().look()).isPresent();
  }

  @Test
  void freeConnectionsMustBeEnoughForASecondProcess() throws Exception {
    scene.publish("1.1.0");
    scene.store.leaveConnections(2);

    Reason reason = UpgradeScene.reasonOf(scene.parts().check());

    assertThat(reason.code()).isEqualTo(ReasonCode.NOT_ENOUGH_CONNECTIONS);
    assertThat(reason.message()).contains("2 free connections", "needs 3", "connection limit");
    scene.store.leaveConnections(3);
    assertThat(scene.parts().pipeline().look()).isPresent();
  }

  @Test
  void anExpiredIndexIsRefusedAndStale() throws Exception {
    Path release = scene.make("1.1.0");
    scene.index(release, Duration.ofHours(1));
    var parts = scene.parts();
    assertThat(parts.pipeline().look()).isPresent();
    assertThat(parts.finder().freshness().isStale()).isFalse();
    scene.clock.advance(Duration.ofHours(1));

    Reason reason = UpgradeScene.reasonOf(parts.check());

    assertThat(reason.code()).isEqualTo(ReasonCode.EXPIRED);
    assertThat(parts.finder().freshness().stale().orElseThrow().code())
        .isEqualTo(ReasonCode.EXPIRED);
    scene.index(release, Duration.ofHours(1));
    assertThat(parts.pipeline().look()).isPresent();
    assertThat(parts.finder().freshness().isStale()).isFalse();
  }

  @Test
  void aDayWithoutAGoodLookIsStaleAndNothingIsInstalled() throws Exception {
    scene.publish("1.1.0");
    var parts = scene.parts();
    Proof.Available available = UpgradeScene.proof(parts.check());
    Proof.Staged staged = UpgradeScene.proof(parts.pipeline().pull(available));
    Proof.Validated validated = UpgradeScene.proof(parts.pipeline().validate(staged));
    Proof.Prepared prepared = UpgradeScene.proof(parts.pipeline().backup(validated));
    scene.clock.advance(Duration.ofHours(24));
    assertThat(parts.finder().freshness().isStale()).isFalse();
    scene.clock.advance(Duration.ofSeconds(1));

    Reason reason = UpgradeScene.reasonOf(parts.pipeline().deploy(prepared));

    assertThat(reason.code()).isEqualTo(ReasonCode.STALE);
    assertThat(reason.message())
        .contains("since 2026-03-01T12:00:00Z", "PT24H", "directory", "signed anew");
    assertThat(parts.finder().freshness().stale()).contains(reason);
  }

  @Test
  void anAgentThatNeverSawAnIndexIsStaleADayAfterItsStart() throws Exception {
    var parts = scene.parts();
    assertThat(parts.pipeline().look()).isEmpty();
    assertThat(parts.finder().freshness().lastGood()).isEmpty();
    scene.clock.advance(Duration.ofHours(25));

    assertThat(parts.finder().freshness().stale().orElseThrow().message())
        .contains("none is published");
  }

  @Test
  void anOldIndexIsRefusedByTheRowWhenTheFileIsLostAndByTheFileWhenTheRowIs() throws Exception {
    Path old = scene.make("1.1.0");
    scene.publish(old, "stable");
    Path saved = root.resolve("saved");
    copyIndex(saved);
    scene.publish("1.2.0");
    assertThat(scene.parts().pipeline().look()).isPresent();
    restoreIndex(saved);

    Files.delete(scene.home.resolve("seen"));
    assertThat(UpgradeScene.reasonOf(scene.parts().check()).code())
        .as("the file is lost")
        .isEqualTo(ReasonCode.SERIAL_DECREASED);

    Files.delete(scene.home.resolve("seen"));
    scene.publish("1.3.0");
    long newest = serialOfIndex();
    assertThat(scene.parts().pipeline().look()).isPresent();
    restoreIndex(saved);
    Seen fileOnly =
        new Seen(
            UpgradeScene.AGENT,
            new InMemoryStore(scene.clock).policies(),
            Optional.of(scene.home.resolve("seen")),
            scene.clock);
    assertThat(fileOnly.serial("stable")).isEqualTo(newest);
  }

  @Test
  void aClockThatIsSetBackMakesNothingYoungAgain() throws Exception {
    scene.publish("1.1.0", recipe -> recipe.expires(UpgradeScene.START.plus(Duration.ofDays(1))));
    scene.clock.advance(Duration.ofDays(2));
    assertThat(UpgradeScene.reasonOf(scene.parts().check()).code()).isEqualTo(ReasonCode.EXPIRED);

    scene.clock.advance(Duration.ofDays(-2));

    assertThat(UpgradeScene.reasonOf(scene.parts().check()).code()).isEqualTo(ReasonCode.EXPIRED);
  }

  @Test
  void aClockThatIsBehindIsCorrectedByTheStores() {
    var behind = ManualClock.at(UpgradeScene.START.minus(Duration.ofDays(9)));
    Seen seen = new Seen(UpgradeScene.AGENT, scene.store.policies(), Optional.empty(), behind);

    assertThat(seen.now()).isEqualTo(UpgradeScene.START);
  }

  private boolean refused(Set<Version> oneWay) throws Exception {
    try {
      return scene.parts(policy("stable", Duration.ZERO, oneWay)).pipeline().look().isEmpty();
    } catch (RefusalException e) {
      return e.reason().code() == ReasonCode.STATE_INCOMPATIBLE;
    }
  }

  private long serialOfIndex() throws Exception {
    String index = Files.readString(root.resolve("releases/latest.json"));
    Matcher serial = Pattern.compile("\"serial\"\\s*:\\s*(\\d+)").matcher(index);
    assertThat(serial.find()).as(index).isTrue();
    return Long.parseLong(serial.group(1));
  }

  private void copyIndex(Path to) throws Exception {
    Files.createDirectories(to);
    try (var files = Files.walk(root.resolve("releases"))) {
      for (Path file : files.filter(f -> f.toString().contains("latest")).toList()) {
        if (Files.isRegularFile(file)) {
          Path target = to.resolve(root.resolve("releases").relativize(file));
          Files.createDirectories(target.getParent());
          Files.copy(file, target);
        }
      }
    }
  }

  private void restoreIndex(Path from) throws Exception {
    try (var files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = root.resolve("releases").resolve(from.relativize(file));
        Files.delete(target);
        Files.copy(file, target);
      }
    }
  }

  private static Policy policy(String channel, Duration age, Set<Version> oneWay) {
    return new Policy(
        channel,
        age,
        Duration.ofHours(24),
        oneWay,
        Approval.NONE,
        Duration.ofHours(72),
        Switch.BESIDE);
  }
}
