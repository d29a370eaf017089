package io.selfupgrade.core.release;

import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.KeyChange;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.Trust;
import java.security.PublicKey;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Decides whether a signed document is to be trusted; the only maker of verified ones.
 *
 * <p>Signatures are checked over the bytes as received, before anything of them is parsed; then the
 * document is read strictly, and must be of the agent and version that was asked for and not have
 * expired. An entry of an unknown or revoked key is passed over, because a rotation is signed by
 * old and new keys; a false signature in the name of a trusted key refuses the document, whatever
 * else is there.
 *
 * <p>Immutable and thread-safe.
 */
public final class TrustVerifier {

  private final KeyRing ring;

  /** Verifies by these keys and their threshold. */
  public TrustVerifier(Trust trust) {
    this(KeyRing.of(trust));
  }

  /** Verifies by the keys that count. */
  public TrustVerifier(KeyRing ring) {
    this.ring = Objects.requireNonNull(ring, "ring");
  }

  /**
   * Verifies the index of a channel.
   *
   * @param document {@code latest.json} and its signatures
   * @param agent the agent that it must be of
   * @param channel the channel that it must be of
   * @param now the highest of local clock, last time seen and database clock
   * @throws RefusalException with the reason, if it is not to be trusted or does not fit
   */
  public VerifiedIndex index(SignedDocument document, String agent, String channel, Instant now)
      throws RefusalException {
    byte[] content = document.document();
    SignatureFile signatures = SignatureFile.decode(document.signatures(), IndexCodec.DOCUMENT);
    Set<String> signers = signers(content, signatures, IndexCodec.DOCUMENT);
    ReleaseIndex index = IndexCodec.decode(content);
    requireEqual("agent", agent, index.name(), IndexCodec.DOCUMENT);
    requireEqual("channel", channel, index.channel(), IndexCodec.DOCUMENT);
    requireUnexpired(index.expires(), now, IndexCodec.DOCUMENT);
    return new VerifiedIndex(index, signers);
  }

  /**
   * Verifies the manifest of a release.
   *
   * @param document {@code release.json} and its signatures
   * @param agent the agent that it must be of
   * @param version the version that it must be
   * @param now the highest of local clock, last time seen and database clock
   * @throws RefusalException with the reason, if it is not to be trusted or does not fit
   */
  public VerifiedRelease release(
      SignedDocument document, String agent, Version version, Instant now) throws RefusalException {
    VerifiedRelease verified = firstRelease(document, version, now);
    requireEqual("agent", agent, verified.release().id().name(), ManifestCodec.DOCUMENT);
    return verified;
  }

  /**
   * The form for a first install, when a person and not an agent says which release it shall be.
   */
  VerifiedRelease firstRelease(SignedDocument document, Version version, Instant now)
      throws RefusalException {
    byte[] content = document.document();
    SignatureFile signatures = SignatureFile.decode(document.signatures(), ManifestCodec.DOCUMENT);
    Set<String> signers = signers(content, signatures, ManifestCodec.DOCUMENT);
    Release release = ManifestCodec.decode(content);
    requireEqual(
        "version", version.toString(), release.version().toString(), ManifestCodec.DOCUMENT);
    requireUnexpired(release.expires(), now, ManifestCodec.DOCUMENT);
    requireRotation(release, signatures, content);
    return new VerifiedRelease(release, document, signers);
  }

  /**
   * Returns the keys that count after a release that was confirmed elsewhere.
   *
   * <p>Nothing is installed by it, so its expiry is not asked.
   *
   * @param document the manifest, of any version
   * @throws RefusalException with the reason, if too few of the keys that count before signed it or
   *     it is no lawful change of them
   */
  public KeyRing after(SignedDocument document, String agent) throws RefusalException {
    byte[] content = document.document();
    SignatureFile signatures = SignatureFile.decode(document.signatures(), ManifestCodec.DOCUMENT);
    signers(content, signatures, ManifestCodec.DOCUMENT);
    Release release = ManifestCodec.decode(content);
    requireEqual("agent", agent, release.id().name(), ManifestCodec.DOCUMENT);
    requireRotation(release, signatures, content);
    return ring.with(release.keys(), release.version().toString());
  }

  /** A release that changes which keys count is signed by those of before and of after. */
  private void requireRotation(Release release, SignatureFile signatures, byte[] content)
      throws RefusalException {
    KeyChange change = release.keys();
    if (change.isEmpty()) {
      return;
    }
    for (PublicKey key : change.trusted()) {
      String id = Keys.id(key);
      Optional<String> revokedBy = ring.revokedBy(id);
      if (revokedBy.isPresent()) {
        throw new RefusalException(
            ReasonCode.KEY_REVOKED,
            release.version()
                + " brings key "
                + id
                + ", which "
                + revokedBy.get()
                + " revoked: a revoked key never counts again; make a new one");
      }
      if (!signatures.verifies(id, key, ManifestCodec.DOCUMENT, content)) {
        throw new RefusalException(
            ReasonCode.ROTATION_NOT_SIGNED,
            release.version()
                + " brings key "
                + id
                + " and is not signed by it: sign the release with each key that it brings");
      }
    }
    KeyRing next = ring.with(change, release.version().toString());
    long ready =
        next.inForce().entrySet().stream()
            .filter(
                key ->
                    signatures.verifies(
                        key.getKey(), key.getValue(), ManifestCodec.DOCUMENT, content))
            .count();
    if (ready < next.threshold()) {
      throw new RefusalException(
          ReasonCode.ROTATION_NOT_SIGNED,
          "after "
              + release.version()
              + " a release needs signatures by "
              + next.threshold()
              + " of "
              + next.inForce().keySet()
              + ", and only "
              + ready
              + " of these have signed it: sign it with more of them, or revoke fewer");
    }
  }

  private Set<String> signers(byte[] content, SignatureFile file, String document)
      throws RefusalException {
    Map<String, PublicKey> trusted = ring.inForce();
    Set<String> signers = new TreeSet<>();
    for (String id : file.keys()) {
      PublicKey key = trusted.get(id);
      if (key == null) {
        continue;
      }
      if (!file.verifies(id, key, document, content)) {
        throw new RefusalException(
            ReasonCode.SIGNATURE_INVALID,
            "the signature of "
                + document
                + " by key "
                + id
                + " does not verify: the document was changed after signing, or the signature is of"
                + " another one; fetch it again or sign it again");
      }
      signers.add(id);
    }
    if (signers.size() < ring.threshold()) {
      throw tooFew(document, file, signers);
    }
    return signers;
  }

  private RefusalException tooFew(String document, SignatureFile file, Set<String> signers) {
    String expected =
        ": expected " + ring.threshold() + " of " + new TreeSet<>(ring.inForce().keySet());
    for (String id : file.keys()) {
      Optional<String> revokedBy = ring.revokedBy(id);
      if (revokedBy.isPresent()) {
        return new RefusalException(
            ReasonCode.KEY_REVOKED,
            document
                + " is signed by key "
                + id
                + ", which "
                + revokedBy.get()
                + " revoked"
                + expected
                + "; sign it with one that counts");
      }
    }
    if (signers.isEmpty() && !file.keys().isEmpty()) {
      return new RefusalException(
          ReasonCode.UNTRUSTED_KEYS,
          document
              + " is signed by "
              + file.keys()
              + " only, none of which is trusted"
              + expected
              + "; sign it with the old keys too, as long as agents run that have not confirmed the"
              + " release which brings the new ones");
    }
    return new RefusalException(
        ReasonCode.TOO_FEW_SIGNATURES,
        document
            + " is signed by "
            + signers.size()
            + " trusted keys "
            + signers
            + expected
            + "; sign it with more of them");
  }

  private static void requireEqual(String what, String expected, String seen, String document)
      throws RefusalException {
    if (!expected.equals(seen)) {
      throw new RefusalException(
          ReasonCode.WRONG_RELEASE,
          document + " is of " + what + " " + seen + ", expected " + expected);
    }
  }

  private static void requireUnexpired(Optional<Instant> expires, Instant now, String document)
      throws RefusalException {
    if (expires.isPresent() && !now.isBefore(expires.get())) {
      throw new RefusalException(
          ReasonCode.EXPIRED,
          document
              + " expired at "
              + expires.get()
              + ", it is "
              + now
              + ": sign and publish a newer one");
    }
  }
}
