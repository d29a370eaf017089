package io.selfupgrade.core.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Version;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.upgrade.KeyChange;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Trust;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Releases that change which keys count. */
class RotationTest {

  private final ReleaseTool tool = new ReleaseTool(Bundle.CLOCK);
  @TempDir Path root;
  private SigningKeyFiles a;
  private SigningKeyFiles b;
  private SigningKeyFiles c;
  private int made;

  @BeforeEach
  void makeKeys() throws Exception {
    a = tool.keygen(root, "a");
    b = tool.keygen(root, "b");
    c = tool.keygen(root, "c");
  }

  @Test
  void aRotationIsSignedByTheOldKeyAndTheNewOne() throws Exception {
    Path rotation = release(brings(b), a, b);

    assertThat(tool.verify(rotation, trust(1, a)).keys()).isEqualTo(brings(b));
    assertRefused(
        () -> tool.verify(release(brings(b), a), trust(1, a)),
        ReasonCode.ROTATION_NOT_SIGNED,
        b.id());
  }

  @Test
  void anAttackersRotationThatOnlyTheNewKeySignedIsRefused() {
    assertRefused(
        () -> tool.verify(release(brings(b), b), trust(1, a)),
        ReasonCode.UNTRUSTED_KEYS,
        "none of which is trusted");
  }

  @Test
  void aFalseSignatureOfTheNewKeyIsNone() throws Exception {
    Path rotation = release(brings(b), a, b);
    Path signatures = rotation.resolve("release.json.sig");
    Path other = release(brings(b), b);
    String forged = Files.readString(other.resolve("release.json.sig"));
    String own = Files.readString(signatures);
    String mine = own.replaceFirst(".*\"" + b.id() + "\",\"signature\":\"([^\"]*)\".*", "$1");
    String theirs = forged.replaceFirst(".*\"signature\":\"([^\"]*)\".*", "$1");
    Files.writeString(signatures, own.replace(mine, theirs));

    assertRefused(() -> tool.verify(rotation, trust(1, a)), ReasonCode.ROTATION_NOT_SIGNED, b.id());
  }

  @Test
  void withAThresholdOfTwoBothQuorumsSign() throws Exception {
    KeyChange change = new KeyChange(List.of(key(c)), Set.of(a.id()), OptionalInt.empty());

    assertRefused(
        () -> tool.verify(release(change, a, c), trust(2, a, b)),
        ReasonCode.TOO_FEW_SIGNATURES,
        "2 of");
    tool.verify(release(change, a, b, c), trust(2, a, b));
    KeyChange both = new KeyChange(List.of(key(c)), Set.of(a.id(), b.id()), OptionalInt.empty());
    assertRefused(
        () -> tool.verify(release(both, a, b, c), trust(2, a, b)),
        ReasonCode.ROTATION_NOT_SIGNED,
        "signatures by 2 of [" + c.id() + "]");
  }

  @Test
  void aThresholdIsRaisedOnlyIfAsManyKeysSigned() throws Exception {
    KeyChange two = new KeyChange(List.of(), Set.of(), OptionalInt.of(2));

    tool.verify(release(two, a, b), trust(1, a, b));
    assertRefused(
        () -> tool.verify(release(two, a), trust(1, a, b)),
        ReasonCode.ROTATION_NOT_SIGNED,
        "only 1 of these");
  }

  @Test
  void theLastKeyCannotBeRevoked() {
    KeyChange none = new KeyChange(List.of(), Set.of(a.id()), OptionalInt.empty());

    assertRefused(
        () -> tool.verify(release(none, a), trust(1, a)),
        ReasonCode.ROTATION_NOT_SIGNED,
        "revoke fewer");
  }

  @Test
  void whatAgentsWouldRefuseIsNotPublished() throws Exception {
    Path rotation = release(brings(b), a);

    assertRefused(
        () -> tool.publish(rotation, "stable", List.of(a.privateKey())),
        ReasonCode.ROTATION_NOT_SIGNED,
        "sign the release with that key");
  }

  @Test
  void theFirstInstallKeepsTheKeysAndAReinstallKnowsTheRevoked() throws Exception {
    Path home = root.resolve("home");
    KeyChange change = new KeyChange(List.of(key(b)), Set.of(a.id()), OptionalInt.empty());
    tool.install(home, release(change, a, b), trust(1, a));

    KeyRing ring = new KeptKeys(Home.at(home)).addTo(KeyRing.of(trust(1, a)));
    assertThat(ring.inForce()).containsOnlyKeys(b.id());
    assertThat(ring.describe().summary())
        .contains("1 of [" + b.id() + " from 1.0.1]", a.id(), "revoked by 1.0.1");
    Path byTheOldKey = release(KeyChange.NONE, a);
    assertRefused(
        () -> tool.reinstall(home, byTheOldKey, trust(1, a)),
        ReasonCode.KEY_REVOKED,
        "1.0.1 revoked");
    Path back = release(brings(a), a, b);
    assertRefused(
        () -> tool.reinstall(home, back, trust(1, b)), ReasonCode.KEY_REVOKED, "make a new one");
    tool.reinstall(home, release(KeyChange.NONE, b), trust(1, b));
  }

  @Test
  void keysAddUpInAnyOrderAndARevocationWins() {
    KeyChange out = new KeyChange(List.of(key(c)), Set.of(b.id()), OptionalInt.of(2));
    KeyRing start = KeyRing.of(trust(1, a));

    KeyRing one = start.with(brings(b), "1").with(out, "2");
    KeyRing other = start.with(out, "2").with(brings(b), "1").with(brings(b), "3");

    assertThat(one.inForce()).containsOnlyKeys(a.id(), c.id()).isEqualTo(other.inForce());
    assertThat(one.threshold()).isEqualTo(2).isEqualTo(other.threshold());
    assertThat(other.with(new KeyChange(List.of(), Set.of(), OptionalInt.of(1)), "4").threshold())
        .isEqualTo(2);
  }

  @Test
  void keepingTwiceIsKeepingOnce() {
    Home home = Home.at(root);
    KeptKeys kept = new KeptKeys(home);
    KeyChange change = new KeyChange(List.of(key(b)), Set.of(a.id()), OptionalInt.of(1));

    assertThat(kept.keep(change, "1.0.0")).isTrue();
    assertThat(kept.keep(change, "2.0.0")).isFalse();
    assertThat(kept.addTo(KeyRing.of(trust(1, a))).revokedBy(a.id())).contains("1.0.0");
  }

  @Test
  void aDamagedRecordLetsNoKeyCount() throws Exception {
    Home home = Home.at(root);
    KeptKeys kept = new KeptKeys(home);
    kept.keep(brings(b), "1.0.0");
    Files.writeString(
        home.keys(), Files.readString(home.keys()).replace("key." + b.id(), "key." + a.id()));

    assertThatThrownBy(() -> kept.addTo(KeyRing.of(trust(1, a))))
        .isInstanceOf(AdapterException.class)
        .hasMessageContaining("it is not known which keys count");
  }

  private Path release(KeyChange change, SigningKeyFiles... signers) throws Exception {
    made++;
    Version version = Version.parse("1.0." + made);
    Path out = root.resolve("releases");
    Path release = tool.make(out, Bundle.recipe(root, version, "m" + made).keys(change));
    tool.sign(release, Arrays.stream(signers).map(SigningKeyFiles::privateKey).toList());
    return release;
  }

  private static KeyChange brings(SigningKeyFiles key) {
    return new KeyChange(List.of(key(key)), Set.of(), OptionalInt.empty());
  }

  private static Trust trust(int threshold, SigningKeyFiles... keys) {
    return Trust.keys(Arrays.stream(keys).map(RotationTest::key).toList()).threshold(threshold);
  }

  private static PublicKey key(SigningKeyFiles files) {
    return Keys.file(files.publicKey());
  }

  private static void assertRefused(ThrowingCallable call, ReasonCode code, String text) {
    RefusalException refused = catchThrowableOfType(RefusalException.class, call);
    assertThat(refused).isNotNull();
    Reason reason = refused.reason();
    assertThat(reason.code()).as(reason.message()).isEqualTo(code);
    assertThat(reason.message()).contains(text);
  }
}
