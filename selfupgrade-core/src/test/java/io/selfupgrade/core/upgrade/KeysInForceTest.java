package io.selfupgrade.core.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.release.SigningKeyFiles;
import io.selfupgrade.core.upgrade.UpgradeScene.Parts;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.KeyChange;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.PolicyStore.WantedRollback;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.StepResult;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeListener;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradeStep;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class KeysInForceTest {

  @TempDir Path root;
  private UpgradeScene scene;
  private Parts parts;
  private SigningKeyFiles next;
  private String oldId;
  private String newId;

  @BeforeEach
  void makeScene() throws Exception {
    scene = new UpgradeScene(root);
    parts = scene.parts();
    next = scene.tool.keygen(root, "next");
    oldId = scene.key.id();
    newId = next.id();
  }

  @Test
  void theKeysOfAReleaseOnTrialDoNotCount() throws Exception {
    installRotation("1.1.0");
    KeysInForce candidate = keysOf("1.1.0");

    candidate.keep();

    assertThat(candidate.ring().inForce()).containsOnlyKeys(oldId);
    assertThat(scene.store.policies().revokedKeys(UpgradeScene.AGENT)).isEmpty();
  }

  @Test
  void theyCountFromTheConfirmationOnForTheOldVersionToo() throws Exception {
    installRotation("1.1.0");
    KeysInForce candidate = keysOf("1.1.0");

    candidate.confirmed();
    candidate.keep();

    assertThat(candidate.ring().inForce()).containsOnlyKeys(newId);
    assertThat(parts.keys().ring().inForce()).containsOnlyKeys(newId);
    assertThat(candidate.ring().describe().summary())
        .contains(newId + " from 1.1.0", oldId + " from trust(...) revoked by 1.1.0");
  }

  @Test
  void afterAKillBetweenConfirmationAndKeepingTheNextStartKeepsThem() throws Exception {
    installRotation("1.1.0");
    Files.writeString(scene.home.resolve("current"), "1.1.0\n");

    assertThat(keysOf("1.1.0").ring().inForce()).containsOnlyKeys(newId);
    // And once more, by the process after that one.
    keysOf("1.1.0").keep();
    assertThat(scene.store.policies().revokedKeys(UpgradeScene.AGENT))
        .isEqualTo(Map.of(oldId, "1.1.0"));
  }

  @Test
  void aVersionThatIsGoneBackToDoesNotReopenARevokedKey() throws Exception {
    confirmRotation("1.1.0");
    Files.writeString(scene.home.resolve("current"), "1.0.0\n");

    assertThat(scene.parts().keys().ring().inForce()).containsOnlyKeys(newId);
    scene.publish("1.2.0");
    Reason reason = UpgradeScene.reasonOf(parts.check());
    assertThat(reason.code()).isEqualTo(ReasonCode.KEY_REVOKED);
    assertThat(reason.message()).contains(oldId, "1.1.0 revoked", newId);
  }

  @Test
  void aRevokedKeyStaysRevokedWhenTheHomeIsLost() throws Exception {
    confirmRotation("1.1.0");
    Files.delete(scene.home.resolve("keys"));

    assertThat(parts.keys().ring().inForce()).containsOnlyKeys(newId);
    scene.publish("1.2.0");
    assertThat(UpgradeScene.reasonOf(parts.check()).code()).isEqualTo(ReasonCode.KEY_REVOKED);
  }

  @Test
  void aRowThatCameBackFromABackupTrustsNobodyAndOldRowsReopenNothing() throws Exception {
    confirmRotation("1.1.0");
    KeysInForce withoutRows =
        new KeysInForce(
            UpgradeScene.AGENT,
            new InMemoryStore(scene.clock).policies(),
            scene.trust(),
            Optional.of(scene.link));

    assertThat(withoutRows.ring().inForce()).containsOnlyKeys(newId);
  }

  @Test
  void whatARevokedKeySignedStillRunsAndIsGoneBackTo() throws Exception {
    scene.confirm(scene.install("0.9.0"));
    confirmRotation("1.1.0");

    scene.store.policies().askRollback(UpgradeScene.AGENT, Version.parse("0.9.0"), "ada");
    WantedRollback wish = scene.store.policies().waitingRollback(UpgradeScene.AGENT).orElseThrow();
    Proof.Staged staged = UpgradeScene.proof(parts.pipeline().rollback(wish));

    UpgradeScene.proof(parts.pipeline().validate(staged));
  }

  @Test
  void aReleaseOfTheNewKeyIsTakenAfterTheRotationAndNotBefore() throws Exception {
    Path release = scene.make("1.2.0");
    Files.delete(release.resolve("release.json.sig"));
    scene.tool.sign(release, List.of(next.privateKey()));
    scene.tool.publish(release, "stable", List.of(next.privateKey()));

    Reason before = UpgradeScene.reasonOf(parts.check());
    assertThat(before.code()).isEqualTo(ReasonCode.UNTRUSTED_KEYS);
    assertThat(before.message()).contains("sign it with the old keys too");
    confirmRotation("1.1.0");

    StepResult<Proof.Available> after = parts.check();
    assertThat(UpgradeScene.proof(after).release().version()).isEqualTo(Version.parse("1.2.0"));
  }

  @Test
  void withoutALauncherTheKeysAreThoseOfTheProgram() throws Exception {
    KeysInForce plain =
        new KeysInForce(
            UpgradeScene.AGENT, scene.store.policies(), scene.trust(), Optional.empty());
    plain.confirmed();
    plain.keep();

    assertThat(plain.ring().inForce()).containsOnlyKeys(oldId);
  }

  @Test
  void aRecordThatCannotBeReadLetsNothingBeInstalled() throws Exception {
    Files.writeString(scene.home.resolve("keys"), "key." + oldId + "=nonsense\n");
    scene.publish("1.2.0");

    assertThatThrownBy(() -> parts.keys().ring())
        .isInstanceOf(AdapterException.class)
        .hasMessageContaining("it is not known which keys count");
    assertThat(UpgradeScene.reasonOf(parts.check()).code()).isEqualTo(ReasonCode.TROUBLE);
  }

  @Test
  @Timeout(60)
  void aRecordThatCannotBeReadStopsNeitherRequestsNorTheWayBack() throws Exception {
    scene.confirm(scene.install("0.9.0"));
    installRotation("1.1.0");
    Files.writeString(scene.home.resolve("current"), "1.1.0\n");
    Files.write(scene.home.resolve("keys"), new byte[] {(byte) 0xff});
    scene.publish("1.2.0");
    CountDownLatch wentBack = new CountDownLatch(1);
    List<UpgradeListener> listeners =
        List.of(
            (upgrade, step) -> {
              if (step.step() == UpgradeStep.BACKUP && step.event() == StepRecord.Event.PASSED) {
                wentBack.countDown();
              }
            });

    try (UpgradeEngine engine = scene.engine("1.1.0", listeners)) {
      engine.start();
      engine.beforeWork(scene.side.fence);
      UpgradeOutcome outcome = engine.upgrade(Trigger.MANUAL);
      assertThat(UpgradeScene.reasonOf(outcome).message())
          .contains("keys cannot be read", "it is not known which keys count");

      engine.rollback(Version.parse("0.9.0"), "ada");
      wentBack.await();
    }
    assertThat(scene.store.policies().revokedKeys(UpgradeScene.AGENT)).containsKey(oldId);
  }

  private void confirmRotation(String version) throws Exception {
    installRotation(version);
    KeysInForce candidate = keysOf(version);
    candidate.confirmed();
    candidate.keep();
  }

  /** Puts a release into its slot that brings the new key and revokes the old one. */
  private void installRotation(String version) throws Exception {
    KeyChange change =
        new KeyChange(List.of(Keys.file(next.publicKey())), Set.of(oldId), OptionalInt.empty());
    Path release = scene.make(version, recipe -> recipe.keys(change));
    scene.tool.sign(release, List.of(next.privateKey()));
    Path other = root.resolve("other-" + version);
    scene.tool.install(other, release, scene.trust());
    Files.move(
        other.resolve("versions").resolve(version),
        scene.home.resolve("versions").resolve(version));
  }

  /** The keys as the process of an installed version sees them. */
  private KeysInForce keysOf(String version) throws Exception {
    return new KeysInForce(
        UpgradeScene.AGENT,
        scene.store.policies(),
        scene.trust(),
        Optional.of(scene.linkOf(version)));
  }
}
