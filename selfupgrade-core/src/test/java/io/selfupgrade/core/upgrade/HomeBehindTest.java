package io.selfupgrade.core.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.release.ManifestCodec;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.core.release.SigningKeyFiles;
import io.selfupgrade.core.upgrade.UpgradeScene.Parts;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.KeyChange;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.PolicyStore;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Trust;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A home of 1.0.0 that trusts the old key, after another home has confirmed its revocation. */
class HomeBehindTest {

  @TempDir Path root;
  private UpgradeScene scene;
  private Parts parts;
  private SigningKeyFiles old;
  private SigningKeyFiles next;
  private PolicyStore rows;

  @BeforeEach
  void makeScene() throws Exception {
    scene = new UpgradeScene(root);
    parts = scene.parts();
    old = scene.key;
    next = scene.tool.keygen(root, "next");
    rows = scene.store.policies();
  }

  @Test
  void itGoesToTheReleaseThatRevokedItsKey() throws Exception {
    Path rotation = rotation("1.1.0", old, next);
    index(rotation, old, next);
    confirmElsewhere(rotation, old);

    Proof.Available found = UpgradeScene.proof(parts.check());
    Proof.Staged staged = UpgradeScene.proof(parts.pipeline().pull(found));

    assertThat(staged.release().version()).isEqualTo(Version.parse("1.1.0"));
    UpgradeScene.proof(parts.pipeline().validate(staged));
  }

  @Test
  void itGoesToALaterReleaseOfTheNewKeyAtOnce() throws Exception {
    confirmElsewhere(rotation("1.1.0", old, next), old);
    index(release("1.2.0", KeyChange.NONE, next), next);

    Proof.Available found = UpgradeScene.proof(parts.check());

    assertThat(found.release().version()).isEqualTo(Version.parse("1.2.0"));
    assertThat(parts.keys().ring().describe().summary())
        .contains(next.id() + " from 1.1.0", old.id() + " from trust(...) revoked by 1.1.0");
  }

  @Test
  void itFollowsSeveralRotations() throws Exception {
    SigningKeyFiles last = scene.tool.keygen(root, "last");
    confirmElsewhere(rotation("1.1.0", old, next), old);
    confirmElsewhere(rotation("1.2.0", next, last), next);
    index(release("1.3.0", KeyChange.NONE, last), last);

    assertThat(parts.keys().ring().inForce()).containsOnlyKeys(last.id());
    UpgradeScene.proof(parts.check());
    assertRefused(release("1.4.0", KeyChange.NONE, next));
  }

  @Test
  void itRefusesAnotherReleaseOfTheRevokedKey() throws Exception {
    Path rotation = rotation("1.1.0", old, next);
    confirmElsewhere(rotation, old);

    assertRefused(release("1.2.0", KeyChange.NONE, old));
    SigningKeyFiles evil = scene.tool.keygen(root, "evil");
    assertRefused(rotation("1.3.0", old, evil));
  }

  @Test
  void itRefusesAnIndexOfTheRevokedKeyWhateverItNames() throws Exception {
    Path rotation = rotation("1.1.0", old, next);
    confirmElsewhere(rotation, old);

    for (Path named : List.of(rotation, release("1.2.0", KeyChange.NONE, old))) {
      index(named, old);
      assertThat(UpgradeScene.reasonOf(parts.check()).code()).isEqualTo(ReasonCode.KEY_REVOKED);
    }
    assertThat(rows.seen(UpgradeScene.AGENT, "stable")).isEmpty();
  }

  @Test
  void aRotationThatNobodyHasConfirmedChangesNothing() throws Exception {
    index(rotation("1.1.0", old, next), old, next);

    UpgradeScene.proof(parts.check());

    assertThat(parts.keys().ring().inForce()).containsOnlyKeys(old.id());
  }

  @Test
  void whoWritesRowsAddsNoKeyToAHomeThatRevokedHis() throws Exception {
    KeysInForce ahead = confirmElsewhere(rotation("1.1.0", old, next), old);
    SigningKeyFiles evil = scene.tool.keygen(root, "evil");
    InMemoryStore forged = new InMemoryStore(scene.clock);
    for (Path release : List.of(rotation("1.2.0", old, evil), rotation("1.3.0", evil, evil))) {
      forged.policies().noteKeyChange(UpgradeScene.AGENT, ManifestCodec.signed(release));
    }

    assertThat(ahead.ring().inForce()).containsOnlyKeys(next.id());
    KeysInForce onForgedRows =
        new KeysInForce(UpgradeScene.AGENT, forged.policies(), scene.trust(), linkOf("1.1.0"));
    assertThat(onForgedRows.ring().inForce()).containsOnlyKeys(next.id());
  }

  @Test
  void aManifestThatTooFewOfItsOwnKeysSignedAddsNone() throws Exception {
    rows.noteKeyChange(UpgradeScene.AGENT, ManifestCodec.signed(rotation("1.1.0", next, next)));

    assertThat(parts.keys().ring().inForce()).containsOnlyKeys(old.id());
  }

  @Test
  void aReinstalledHomeGoesOnByTheKeyThatItWasInstalledWith() throws Exception {
    rows.revoke(UpgradeScene.AGENT, Set.of(old.id()), Version.parse("1.2.0"));
    Files.deleteIfExists(scene.home.resolve("keys"));
    scene.tool.reinstall(scene.home, release("1.3.0", KeyChange.NONE, next), trust(next));
    index(release("1.4.0", KeyChange.NONE, next), next);

    Proof.Available found = UpgradeScene.proof(parts.check());

    assertThat(found.release().version()).isEqualTo(Version.parse("1.4.0"));
    assertThat(parts.keys().ring().describe().summary())
        .contains(next.id() + " from installing 1.3.0");
  }

  /** Installs a release in a home of its own and runs it there as the confirmed one. */
  private KeysInForce confirmElsewhere(Path release, SigningKeyFiles by) throws Exception {
    String version = release.getFileName().toString();
    scene.tool.install(root.resolve("other-" + version), release, trust(by));
    KeysInForce there = new KeysInForce(UpgradeScene.AGENT, rows, scene.trust(), linkOf(version));
    there.keep();
    return there;
  }

  private Optional<LauncherLink> linkOf(String version) {
    Path home = root.resolve("other-" + version);
    return LauncherLink.from(
        Map.of(
            "SELFUPGRADE_HOME", home.toString(),
            "SELFUPGRADE_SLOT", home.resolve("versions").resolve(version).toString(),
            "SELFUPGRADE_INSTANCE", scene.self.id().toString()));
  }

  /** Makes a release that brings one key and revokes the other, signed by both. */
  private Path rotation(String version, SigningKeyFiles from, SigningKeyFiles to) throws Exception {
    Set<String> revoked = from.equals(to) ? Set.of() : Set.of(from.id());
    KeyChange change =
        new KeyChange(List.of(Keys.file(to.publicKey())), revoked, OptionalInt.empty());
    return release(version, change, from, to);
  }

  private Path release(String version, KeyChange change, SigningKeyFiles... signers)
      throws Exception {
    Path release = scene.make(version, recipe -> recipe.keys(change));
    Files.delete(release.resolve("release.json.sig"));
    scene.tool.sign(release, Arrays.stream(signers).map(SigningKeyFiles::privateKey).toList());
    return release;
  }

  private void index(Path release, SigningKeyFiles... signers) throws Exception {
    scene.tool.publish(
        release, "stable", Arrays.stream(signers).map(SigningKeyFiles::privateKey).toList());
  }

  private static Trust trust(SigningKeyFiles key) throws Exception {
    return Trust.keys(Keys.file(key.publicKey()));
  }

  private void assertRefused(Path release) {
    RefusalException refused =
        catchThrowableOfType(
            RefusalException.class,
            () -> parts.finder().release(Version.parse(release.getFileName().toString())));
    assertThat(refused.reason().code()).isEqualTo(ReasonCode.KEY_REVOKED);
  }
}
