package io.selfupgrade.core.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.Trust;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrustVerifierTest {

  private static final SigningKey A = SigningKey.generate();
  private static final SigningKey B = SigningKey.generate();
  private static final SigningKey C = SigningKey.generate();
  private static final String MANIFEST = ManifestCodec.DOCUMENT;
  private static final Trust TWO_OF_THREE =
      Trust.keys(A.publicKey(), B.publicKey(), C.publicKey()).threshold(2);

  @TempDir private Path root;
  private byte[] manifest;
  private byte[] index;

  @BeforeEach
  void makeARelease() throws Exception {
    Bundle bundle = Bundle.in(root);
    manifest = bundle.manifest().document();
    index = bundle.index().document();
  }

  @Test
  void aReleaseThatATrustedKeySignedIsVerified() throws Exception {
    VerifiedRelease verified = verify(Trust.keys(A.publicKey()), manifest, signed(A));

    assertThat(verified.release().version()).isEqualTo(Bundle.VERSION);
    assertThat(verified.signers()).containsExactly(A.id());
    assertThat(verified.document().document()).isEqualTo(manifest);
  }

  @Test
  void twoOfThreeAreEnough() throws Exception {
    assertThat(verify(TWO_OF_THREE, manifest, signed(A, C)).signers())
        .containsExactlyInAnyOrder(A.id(), C.id());
    assertThat(verify(TWO_OF_THREE, manifest, signed(A, B, C)).signers()).hasSize(3);
  }

  @Test
  void oneOfThreeIsTooFew() {
    assertRefused(
        () -> verify(TWO_OF_THREE, manifest, signed(B)), ReasonCode.TOO_FEW_SIGNATURES, "2 of");
  }

  @Test
  void anUnknownKeyIsPassedOverAndDoesNotCount() throws Exception {
    SigningKey stranger = SigningKey.generate();

    assertThat(verify(TWO_OF_THREE, manifest, signed(A, B, stranger)).signers())
        .containsExactlyInAnyOrder(A.id(), B.id());
    assertRefused(
        () -> verify(TWO_OF_THREE, manifest, signed(A, stranger)),
        ReasonCode.TOO_FEW_SIGNATURES,
        A.id());
  }

  @Test
  void unknownKeysOnlyAreSaidToBeSo() {
    SigningKey stranger = SigningKey.generate();

    assertRefused(
        () -> verify(TWO_OF_THREE, manifest, signed(stranger)),
        ReasonCode.UNTRUSTED_KEYS,
        stranger.id());
  }

  @Test
  void noSignatureAtAllIsTooFew() {
    assertRefused(
        () -> verify(TWO_OF_THREE, manifest, new byte[0]),
        ReasonCode.TOO_FEW_SIGNATURES,
        "0 trusted keys");
    assertRefused(
        () -> verify(TWO_OF_THREE, manifest, SignatureFile.empty().encode()),
        ReasonCode.TOO_FEW_SIGNATURES,
        "0 trusted keys");
  }

  @Test
  void aKeyThatIsNamedTwiceIsRefused() {
    String entry = text(signed(A)).replaceFirst(".*\\[(.*)].*", "$1");
    byte[] twice = bytes("{\"format\":1,\"signatures\":[" + entry + "," + entry + "]}");

    assertRefused(
        () -> verify(TWO_OF_THREE, manifest, twice), ReasonCode.DUPLICATE_SIGNATURE, A.id());
  }

  @Test
  void aFalseSignatureOfATrustedKeyRefusesAllOthersToo() {
    byte[] other = manifest.clone();
    other[20]++;
    byte[] mixed =
        SignatureFile.empty()
            .signedBy(A, MANIFEST, manifest)
            .signedBy(B, MANIFEST, manifest)
            .signedBy(C, MANIFEST, other)
            .encode();

    assertRefused(
        () -> verify(TWO_OF_THREE, manifest, mixed), ReasonCode.SIGNATURE_INVALID, C.id());
  }

  @Test
  void aSignatureOfAnotherKindOfDocumentIsFalse() {
    byte[] ofIndex = SignatureFile.empty().signedBy(A, IndexCodec.DOCUMENT, manifest).encode();

    assertRefused(
        () -> verify(Trust.keys(A.publicKey()), manifest, ofIndex),
        ReasonCode.SIGNATURE_INVALID,
        A.id());
  }

  @Test
  void aSignatureInTheNameOfAnotherKeyIsFalse() {
    byte[] stolen = bytes(text(signed(B)).replace(B.id(), A.id()));

    assertRefused(
        () -> verify(Trust.keys(A.publicKey()), manifest, stolen),
        ReasonCode.SIGNATURE_INVALID,
        A.id());
  }

  @Test
  void malformedSignatureFilesAreSaidToBeSo() {
    String valid = text(signed(A));
    String base64 = valid.replaceFirst(".*\"signature\":\"([^\"]*)\".*", "$1");
    char last = base64.charAt(85);
    String spareBits = base64.substring(0, 85) + (char) (last + 1) + "==";

    for (String malformed :
        new String[] {
          "not json",
          "[]",
          "{}",
          "{\"format\":1}",
          "{\"format\":1,\"signatures\":{}}",
          valid.replace("\"key\"", "\"keyid\""),
          valid.replace(A.id(), A.id().toUpperCase(java.util.Locale.ROOT) + "Z"),
          valid.replace(base64, "###"),
          valid.replace(base64, base64.substring(0, 84)),
          valid.replace(base64, spareBits),
          valid.replace("}]", "},1]"),
          valid + "x",
        }) {
      assertRefused(
          () -> verify(Trust.keys(A.publicKey()), manifest, bytes(malformed)),
          ReasonCode.SIGNATURES_MALFORMED,
          "release.json.sig");
    }
    assertRefused(
        () ->
            verify(
                Trust.keys(A.publicKey()),
                manifest,
                bytes(valid.replace("\"format\":1", "\"format\":2"))),
        ReasonCode.UNKNOWN_FORMAT,
        "release.json.sig has format 2");
  }

  @Test
  void aReleaseOfAnotherAgentOrVersionIsRefused() {
    TrustVerifier verifier = new TrustVerifier(Trust.keys(A.publicKey()));
    SignedDocument document = new SignedDocument(manifest, signed(A));

    assertRefused(
        () -> verifier.release(document, "other", Bundle.VERSION, Bundle.NOW),
        ReasonCode.WRONG_RELEASE,
        "agent bot, expected other");
    assertRefused(
        () -> verifier.release(document, Bundle.AGENT, Version.parse("1.4.1"), Bundle.NOW),
        ReasonCode.WRONG_RELEASE,
        "version 1.4.0, expected 1.4.1");
  }

  @Test
  void anExpiredReleaseIsRefusedFromThatInstantOn() throws Exception {
    TrustVerifier verifier = new TrustVerifier(Trust.keys(A.publicKey()));
    SignedDocument document = new SignedDocument(manifest, signed(A));
    Instant expires = Bundle.NOW.plus(Duration.ofDays(90));

    verifier.release(document, Bundle.AGENT, Bundle.VERSION, expires.minusNanos(1));
    assertRefused(
        () -> verifier.release(document, Bundle.AGENT, Bundle.VERSION, expires),
        ReasonCode.EXPIRED,
        expires.toString());
  }

  @Test
  void anIndexIsVerifiedForItsAgentAndChannel() throws Exception {
    TrustVerifier verifier = new TrustVerifier(Trust.keys(A.publicKey()));
    SignedDocument document =
        new SignedDocument(
            index, SignatureFile.empty().signedBy(A, IndexCodec.DOCUMENT, index).encode());

    ReleaseIndex found = verifier.index(document, Bundle.AGENT, "stable", Bundle.NOW).index();

    assertThat(found.version()).isEqualTo(Bundle.VERSION);
    assertThat(found.serial()).isEqualTo(Bundle.NOW.getEpochSecond());
    assertRefused(
        () -> verifier.index(document, "other", "stable", Bundle.NOW),
        ReasonCode.WRONG_RELEASE,
        "agent bot");
    assertRefused(
        () -> verifier.index(document, Bundle.AGENT, "beta", Bundle.NOW),
        ReasonCode.WRONG_RELEASE,
        "channel stable");
  }

  @Test
  void anExpiredIndexIsRefused() {
    ReleaseIndex old =
        new ReleaseIndex(
            Bundle.AGENT,
            "stable",
            Bundle.VERSION,
            7,
            Bundle.NOW.minusSeconds(20),
            java.util.Optional.of(Bundle.NOW.minusSeconds(1)));
    byte[] content = IndexCodec.encode(old);
    SignedDocument document =
        new SignedDocument(
            content, SignatureFile.empty().signedBy(A, IndexCodec.DOCUMENT, content).encode());

    assertRefused(
        () ->
            new TrustVerifier(Trust.keys(A.publicKey()))
                .index(document, Bundle.AGENT, "stable", Bundle.NOW),
        ReasonCode.EXPIRED,
        "latest.json");
  }

  @Test
  void aSerialNeverDecreases() throws Exception {
    byte[] signatures = SignatureFile.empty().signedBy(A, IndexCodec.DOCUMENT, index).encode();
    VerifiedIndex verified =
        new TrustVerifier(Trust.keys(A.publicKey()))
            .index(new SignedDocument(index, signatures), Bundle.AGENT, "stable", Bundle.NOW);

    assertThat(verified.notBefore(0)).isSameAs(verified);
    long serial = verified.index().serial();
    assertThat(verified.notBefore(serial)).isSameAs(verified);
    assertRefused(
        () -> verified.notBefore(serial + 1), ReasonCode.SERIAL_DECREASED, "serial " + serial);
  }

  private byte[] signed(SigningKey... keys) {
    SignatureFile file = SignatureFile.empty();
    for (SigningKey key : keys) {
      file = file.signedBy(key, MANIFEST, manifest);
    }
    return file.encode();
  }

  private static VerifiedRelease verify(Trust trust, byte[] document, byte[] signatures)
      throws RefusalException {
    return new TrustVerifier(trust)
        .release(
            new SignedDocument(document, signatures), Bundle.AGENT, Bundle.VERSION, Bundle.NOW);
  }

  private static void assertRefused(ThrowingCallable call, ReasonCode code, String message) {
    RefusalException refused = catchThrowableOfType(RefusalException.class, call);
    assertThat(refused).isNotNull();
    assertThat(refused.reason().code()).isEqualTo(code);
    assertThat(refused.reason().message()).contains(message);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
