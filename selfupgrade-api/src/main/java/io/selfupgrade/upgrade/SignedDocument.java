package io.selfupgrade.upgrade;

import java.util.Objects;

/**
 * A document and its detached signatures, both as they were read: untrusted until verified.
 *
 * <p>Immutable: the bytes are copied in and out. Equality is identity.
 */
public final class SignedDocument {

  private final byte[] document;
  private final byte[] signatures;

  /**
   * Copies the bytes.
   *
   * @param document the bytes of {@code release.json} or {@code latest.json}
   * @param signatures the bytes of the {@code .sig} file beside it
   */
  public SignedDocument(byte[] document, byte[] signatures) {
    this.document = Objects.requireNonNull(document, "document").clone();
    this.signatures = Objects.requireNonNull(signatures, "signatures").clone();
  }

  /** Returns a copy of the document's bytes. */
  public byte[] document() {
    return document.clone();
  }

  /** Returns a copy of the signature file's bytes. */
  public byte[] signatures() {
    return signatures.clone();
  }
}
