package io.selfupgrade.core.release;

import io.selfupgrade.upgrade.Keys;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;

/** An Ed25519 private key with its public half; its {@code toString} shows the id only. */
final class SigningKey {

  private static final String ALGORITHM = "Ed25519";
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String END = "-----END PRIVATE KEY-----";
  private static final int MAX_BYTES = 4096;

  private final PrivateKey privateKey;
  private final PublicKey publicKey;
  private final String id;

  private SigningKey(PrivateKey privateKey, PublicKey publicKey) {
    this.privateKey = privateKey;
    this.publicKey = publicKey;
    this.id = Keys.id(publicKey);
  }

  static SigningKey generate() {
    try {
      KeyPair pair = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
      return new SigningKey(pair.getPrivate(), pair.getPublic());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no " + ALGORITHM, e);
    }
  }

  /**
   * Reads a key file: PEM of an unencrypted PKCS#8 key (RFC 8410), as keygen and openssl write it.
   *
   * @throws IOException if it cannot be read or is no such key
   */
  static SigningKey read(Path file) throws IOException {
    String text;
    try (InputStream in = Files.newInputStream(file)) {
      text = new String(in.readNBytes(MAX_BYTES), StandardCharsets.US_ASCII);
    }
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IOException(
          file
              + " is no private key: expected PEM text from "
              + BEGIN
              + "; make one with keygen, or decrypt it with openssl pkey");
    }
    try {
      byte[] encoded = Base64.getMimeDecoder().decode(text.substring(begin + BEGIN.length(), end));
      PrivateKey key =
          KeyFactory.getInstance(ALGORITHM).generatePrivate(new PKCS8EncodedKeySpec(encoded));
      return of(key);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(file + " holds no Ed25519 private key: make one with keygen", e);
    }
  }

  String id() {
    return id;
  }

  PublicKey publicKey() {
    return publicKey;
  }

  byte[] sign(byte[] message) {
    try {
      Signature signer = Signature.getInstance(ALGORITHM);
      signer.initSign(privateKey);
      signer.update(message);
      return signer.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("key " + id + " cannot sign", e);
    }
  }

  String privatePem() {
    return pem("PRIVATE KEY", privateKey.getEncoded());
  }

  String publicPem() {
    return pem("PUBLIC KEY", publicKey.getEncoded());
  }

  @Override
  public String toString() {
    return "SigningKey[" + id + "]";
  }

  /**
   * The file has the seed only, and the JDK has no call that makes the public half of it: so the
   * key pair is generated again from that seed, and proved to be the same by a signature.
   */
  private static SigningKey of(PrivateKey key) throws GeneralSecurityException {
    byte[] seed =
        key instanceof EdECPrivateKey edwards
            ? edwards.getBytes().orElseThrow(() -> new GeneralSecurityException("no seed"))
            : new byte[0];
    KeyPairGenerator generator = KeyPairGenerator.getInstance(ALGORITHM);
    generator.initialize(NamedParameterSpec.ED25519, new Seed(seed));
    SigningKey found = new SigningKey(key, generator.generateKeyPair().getPublic());
    byte[] probe = found.id.getBytes(StandardCharsets.US_ASCII);
    Signature verifier = Signature.getInstance(ALGORITHM);
    verifier.initVerify(found.publicKey);
    verifier.update(probe);
    if (!verifier.verify(found.sign(probe))) {
      throw new GeneralSecurityException("this JDK does not give the public half of a key");
    }
    return found;
  }

  private static String pem(String kind, byte[] encoded) {
    Base64.Encoder lines = Base64.getMimeEncoder(64, new byte[] {'\n'});
    String end = "-----END " + kind + "-----\n";
    return "-----BEGIN " + kind + "-----\n" + lines.encodeToString(encoded) + "\n" + end;
  }

  /** Gives a key generator the seed that it shall use. */
  private static final class Seed extends SecureRandom {

    private static final long serialVersionUID = 1L;

    private final byte[] seed;

    Seed(byte[] seed) {
      this.seed = seed.clone();
    }

    @Override
    public void nextBytes(byte[] bytes) {
      System.arraycopy(Arrays.copyOf(seed, bytes.length), 0, bytes, 0, bytes.length);
    }
  }
}
