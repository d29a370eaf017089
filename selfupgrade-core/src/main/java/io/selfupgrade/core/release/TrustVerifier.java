package io.selfupgrade.core.release;

import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.Trust;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Decides whether a signed document is to be trusted; the only maker of verified ones.
 *
 * <p>Signatures are checked over the bytes as received, before anything of them is parsed; then the
 * document is read strictly, and must be of the agent and version that was asked for and not have
 * expired. An entry of an unknown key is passed over, because a rotation is signed by old and new
 * keys; a false signature in the name of a trusted key refuses the document, whatever else is
 * there.
 *
 * <p>Immutable and thread-safe.
 */
public final class TrustVerifier {

  private final Trust trust;

  /** Verifies by these keys and their threshold. */
  public TrustVerifier(Trust trust) {
    this.trust = Objects.requireNonNull(trust, "trust");
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
    Set<String> signers = signers(content, document.signatures(), IndexCodec.DOCUMENT);
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
    Set<String> signers = signers(content, document.signatures(), ManifestCodec.DOCUMENT);
    Release release = ManifestCodec.decode(content);
    requireEqual(
        "version", version.toString(), release.version().toString(), ManifestCodec.DOCUMENT);
    requireUnexpired(release.expires(), now, ManifestCodec.DOCUMENT);
    return new VerifiedRelease(release, document, signers);
  }

  private Set<String> signers(byte[] content, byte[] signatures, String document)
      throws RefusalException {
    SignatureFile file = SignatureFile.decode(signatures, document);
    Set<String> signers = new TreeSet<>();
    for (String id : file.keys()) {
      var key = trust.keysById().get(id);
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
    if (signers.isEmpty() && !file.keys().isEmpty()) {
      throw new RefusalException(
          ReasonCode.UNTRUSTED_KEYS,
          document
              + " is signed by "
              + file.keys()
              + " only, none of which is trusted: expected "
              + trust.threshold()
              + " of "
              + new TreeSet<>(trust.keysById().keySet()));
    }
    if (signers.size() < trust.threshold()) {
      throw new RefusalException(
          ReasonCode.TOO_FEW_SIGNATURES,
          document
              + " is signed by "
              + signers.size()
              + " trusted keys "
              + signers
              + ": expected "
              + trust.threshold()
              + " of "
              + new TreeSet<>(trust.keysById().keySet()));
    }
    return signers;
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
