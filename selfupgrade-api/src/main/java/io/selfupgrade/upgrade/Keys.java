package io.selfupgrade.upgrade;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;

/**
 * Reads Ed25519 public keys.
 *
 * <p>A key file is PEM: {@code BEGIN PUBLIC KEY}, the Base64 of a SubjectPublicKeyInfo (RFC 8410),
 * {@code END PUBLIC KEY}. The release tool's {@code keygen} writes it; {@code openssl pkey -pubout}
 * does too.
 */
public final class Keys {

  private static final String BEGIN = "-----BEGIN PUBLIC KEY-----";
  private static final String END = "-----END PUBLIC KEY-----";
  private static final int MAX_BYTES = 4096;

  /**
   * How the encoded form of every Ed25519 key begins (RFC 8410, OID 1.3.101.112); the algorithm's
   * name does not tell, since the JDK calls Ed448 keys EdDSA too.
   */
  private static final String ENCODED_START = "302a300506032b6570032100";

  private static final int ENCODED_LENGTH = 44;

  private Keys() {}

  /**
   * Reads a key from the class path, by the thread's context class loader.
   *
   * @param name name of the resource, such as {@code release.pub}
   * @throws IllegalArgumentException if there is no such resource or it is no Ed25519 key
   */
  public static PublicKey resource(String name) {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    ClassLoader used = loader == null ? Keys.class.getClassLoader() : loader;
    try (InputStream in = used.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalArgumentException(
            "no resource " + name + " on the class path: put the public key file there");
      }
      return parse(new String(in.readNBytes(MAX_BYTES), StandardCharsets.US_ASCII), name);
    } catch (IOException e) {
      throw new UncheckedIOException("resource " + name + " cannot be read", e);
    }
  }

  /**
   * Reads a key file.
   *
   * @throws IllegalArgumentException if it is no Ed25519 key
   * @throws UncheckedIOException if it cannot be read
   */
  public static PublicKey file(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return parse(
          new String(in.readNBytes(MAX_BYTES), StandardCharsets.US_ASCII), file.toString());
    } catch (IOException e) {
      throw new UncheckedIOException("key file " + file + " cannot be read", e);
    }
  }

  /**
   * Parses the text of a key file.
   *
   * @throws IllegalArgumentException if it is no Ed25519 key
   */
  public static PublicKey pem(String text) {
    return parse(text, "the given text");
  }

  /**
   * Returns the id by which signatures name a key: the first 32 hexadecimal digits of the SHA-256
   * of its encoded form.
   *
   * @throws IllegalArgumentException if the key is of another algorithm than Ed25519
   */
  public static String id(PublicKey key) {
    byte[] encoded = key.getEncoded();
    if (encoded == null
        || encoded.length != ENCODED_LENGTH
        || !HexFormat.of().formatHex(encoded).startsWith(ENCODED_START)) {
      throw new IllegalArgumentException(
          "key of algorithm " + key.getAlgorithm() + " is not usable: expected Ed25519");
    }
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(encoded);
      return HexFormat.of().formatHex(digest).substring(0, 32);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }

  private static PublicKey parse(String text, String where) {
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException(
          where + " is no public key: expected PEM text from " + BEGIN + " to " + END);
    }
    try {
      byte[] encoded = Base64.getMimeDecoder().decode(text.substring(begin + BEGIN.length(), end));
      return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          where + " holds no Ed25519 public key: make one with the release tool's keygen", e);
    }
  }
}
