package io.selfupgrade.core.commit;

import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.upgrade.CommitSigners;
import io.selfupgrade.upgrade.ReasonCode;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A signature as {@code ssh-keygen -Y sign -n git} makes it (OpenSSH, PROTOCOL.sshsig). */
final class SshSignature {

  static final String BEGIN = "-----BEGIN SSH SIGNATURE-----\n";
  static final String NAMESPACE = "git";

  private static final String END = "\n-----END SSH SIGNATURE-----";
  private static final String PREAMBLE = "SSHSIG";
  private static final int VERSION = 1;
  private static final Map<String, String> DIGESTS =
      Map.of("sha256", "SHA-256", "sha512", "SHA-512");

  /** The JDK's name for each algorithm by which SSH signs, and the type of key that it is for. */
  private static final Map<String, Algorithm> ALGORITHMS =
      Map.of(
          "ssh-ed25519",
          new Algorithm("ssh-ed25519", "Ed25519", 0),
          "rsa-sha2-256",
          new Algorithm("ssh-rsa", "SHA256withRSA", 0),
          "rsa-sha2-512",
          new Algorithm("ssh-rsa", "SHA512withRSA", 0),
          "ecdsa-sha2-nistp256",
          ecdsa("ecdsa-sha2-nistp256", "SHA256", 32),
          "ecdsa-sha2-nistp384",
          ecdsa("ecdsa-sha2-nistp384", "SHA384", 48),
          "ecdsa-sha2-nistp521",
          ecdsa("ecdsa-sha2-nistp521", "SHA512", 66));

  private final byte[] publicKey;
  private final String digest;
  private final Algorithm algorithm;
  private final byte[] signature;

  private SshSignature(byte[] publicKey, String digest, Algorithm algorithm, byte[] signature) {
    this.publicKey = publicKey;
    this.digest = digest;
    this.algorithm = algorithm;
    this.signature = signature;
  }

  /**
   * Reads a signature.
   *
   * @param text without the end of its last line
   * @throws RefusalException {@link ReasonCode#SIGNATURES_MALFORMED}
   */
  static SshSignature parse(String text) throws RefusalException {
    try {
      return read(ByteBuffer.wrap(unarmored(text)));
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw malformed("is cut off or damaged", e);
    }
  }

  /** Returns the key that it says it is by, in the form that SSH sends. */
  byte[] publicKey() {
    return publicKey.clone();
  }

  String fingerprint() {
    return CommitSigners.fingerprint(publicKey);
  }

  /** Tells whether that key, which must be the one of {@link #publicKey}, made it of a message. */
  boolean verifies(PublicKey key, byte[] message) {
    try {
      Signature verifier = Signature.getInstance(algorithm.name);
      verifier.initVerify(key);
      verifier.update(signedData(message));
      return verifier.verify(algorithm.size == 0 ? signature : flat(signature, algorithm.size));
    } catch (SignatureException | BufferUnderflowException | IllegalArgumentException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no " + algorithm.name, e);
    }
  }

  private byte[] signedData(byte[] message) throws GeneralSecurityException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(PREAMBLE.getBytes(StandardCharsets.US_ASCII));
    put(out, NAMESPACE.getBytes(StandardCharsets.US_ASCII));
    put(out, new byte[0]);
    put(out, digest.getBytes(StandardCharsets.US_ASCII));
    put(out, MessageDigest.getInstance(DIGESTS.get(digest)).digest(message));
    return out.toByteArray();
  }

  private static SshSignature read(ByteBuffer in) throws RefusalException {
    byte[] preamble = new byte[PREAMBLE.length()];
    in.get(preamble);
    int version = in.getInt();
    if (!ascii(preamble).equals(PREAMBLE) || version != VERSION) {
      throw malformed("is of an unknown version, expected " + VERSION, null);
    }
    byte[] key = field(in);
    String namespace = ascii(field(in));
    byte[] reserved = field(in);
    String digest = ascii(field(in));
    ByteBuffer inner = ByteBuffer.wrap(field(in));
    String name = ascii(field(inner));
    byte[] signature = field(inner);
    if (!namespace.equals(NAMESPACE)) {
      throw malformed("was made for something else than Git: its namespace is no \"git\"", null);
    }
    Algorithm algorithm = ALGORITHMS.get(name);
    String type = ascii(field(ByteBuffer.wrap(key)));
    if (algorithm == null || !algorithm.keyType.equals(type) || !DIGESTS.containsKey(digest)) {
      throw malformed(
          "is by an algorithm that is not supported: expected Ed25519, ECDSA or RSA with SHA-2, of"
              + " a key that is no certificate and not on hardware",
          null);
    }
    if (reserved.length > 0 || in.hasRemaining() || inner.hasRemaining()) {
      throw malformed("has more in it than a signature has", null);
    }
    return new SshSignature(key, digest, algorithm, signature);
  }

  /** Lines may have any length; the text is bound to the commit by its id. */
  private static byte[] unarmored(String text) throws RefusalException {
    if (!text.startsWith(BEGIN) || !text.endsWith(END)) {
      throw malformed("is none of SSH: expected text from BEGIN to END SSH SIGNATURE", null);
    }
    int end = Math.max(BEGIN.length(), text.length() - END.length());
    String base64 = text.substring(BEGIN.length(), end).replace("\n", "");
    byte[] bytes = Base64.getDecoder().decode(base64);
    if (!Base64.getEncoder().encodeToString(bytes).equals(base64)) {
      throw malformed("has bits that stand for nothing", null);
    }
    return bytes;
  }

  /** Returns the two numbers of an ECDSA signature side by side. */
  private static byte[] flat(byte[] signature, int size) {
    ByteBuffer in = ByteBuffer.wrap(signature);
    byte[] flat = new byte[2 * size];
    for (int i = 0; i < 2; i++) {
      byte[] field = field(in);
      BigInteger number = new BigInteger(field);
      byte[] bytes = number.toByteArray();
      if (number.signum() <= 0 || !Arrays.equals(bytes, field) || number.bitLength() > 8 * size) {
        throw new IllegalArgumentException("a number of it is not usable");
      }
      int zeros = bytes[0] == 0 ? 1 : 0;
      int length = bytes.length - zeros;
      System.arraycopy(bytes, zeros, flat, (i + 1) * size - length, length);
    }
    if (in.hasRemaining()) {
      throw new IllegalArgumentException("there are more than two numbers");
    }
    return flat;
  }

  private static byte[] field(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] field = new byte[length];
    in.get(field);
    return field;
  }

  private static void put(ByteArrayOutputStream out, byte[] field) {
    out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(field.length).array());
    out.writeBytes(field);
  }

  private static String ascii(byte[] text) {
    return new String(text, StandardCharsets.US_ASCII);
  }

  private static Algorithm ecdsa(String name, String digest, int size) {
    return new Algorithm(name, digest + "withECDSAinP1363Format", size);
  }

  private static RefusalException malformed(String what, @Nullable Exception cause) {
    return new RefusalException(
        ReasonCode.SIGNATURES_MALFORMED, "the signature of the commit " + what, cause);
  }

  /**
   * An algorithm.
   *
   * @param keyType the type of key that it is for
   * @param name the JDK's
   * @param size of each of two numbers, in bytes; 0 for a signature that is taken as it is
   */
  private record Algorithm(String keyType, String name, int size) {}
}
