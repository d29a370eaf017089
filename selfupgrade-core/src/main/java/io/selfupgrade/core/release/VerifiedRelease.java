package io.selfupgrade.core.release;

import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.SignedDocument;
import java.util.Set;

/**
 * A manifest that was signed by enough trusted keys; only {@link TrustVerifier} makes it.
 *
 * <p>Immutable. Its files are not yet verified: {@link Staging} does that while it reads them.
 */
public final class VerifiedRelease {

  private final Release release;
  private final SignedDocument document;
  private final Set<String> signers;

  VerifiedRelease(Release release, SignedDocument document, Set<String> signers) {
    this.release = release;
    this.document = document;
    this.signers = Set.copyOf(signers);
  }

  /** Returns what it says. */
  public Release release() {
    return release;
  }

  /** Returns the bytes of manifest and signatures as they were received. */
  public SignedDocument document() {
    return document;
  }

  /** Returns the ids of the trusted keys that signed it. */
  public Set<String> signers() {
    return signers;
  }
}
