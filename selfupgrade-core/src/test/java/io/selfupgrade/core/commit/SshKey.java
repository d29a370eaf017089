package io.selfupgrade.core.commit;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;

/** A key that signs as ssh-keygen does, of the JDK's own making. */
final class SshKey {

  private final KeyPair pair;
  private final String type;
  private final String algorithm;

  private SshKey(KeyPair pair, String type, String algorithm) {
    this.pair = pair;
    this.type = type;
    this.algorithm = algorithm;
  }

  static SshKey ed25519() {
    return make("ssh-ed25519");
  }

  /** Makes a key of a type, by the name that SSH gives it. */
  static SshKey make(String type) {
    try {
      if (type.equals("ssh-ed25519")) {
        return new SshKey(
            KeyPairGenerator.getInstance("Ed25519").generateKeyPair(), type, "Ed25519");
      }
      if (type.equals("ssh-rsa")) {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        return new SshKey(generator.generateKeyPair(), type, "SHA512withRSA");
      }
      String bits = type.substring(type.length() - 3);
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp" + bits + "r1"));
      String digest = bits.equals("521") ? "SHA512" : "SHA" + bits;
      return new SshKey(generator.generateKeyPair(), type, digest + "withECDSAinP1363Format");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns the line that names it among signers. */
  String line() {
    return "ada@example.com " + type + " " + Base64.getEncoder().encodeToString(wire());
  }

  byte[] wire() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    put(out, ascii(type));
    if (pair.getPublic() instanceof RSAPublicKey rsa) {
      put(out, rsa.getPublicExponent().toByteArray());
      put(out, rsa.getModulus().toByteArray());
    } else if (pair.getPublic() instanceof ECPublicKey ec) {
      int size = size(ec);
      byte[] point = new byte[1 + 2 * size];
      point[0] = 4;
      right(ec.getW().getAffineX(), point, 1 + size);
      right(ec.getW().getAffineY(), point, 1 + 2 * size);
      put(out, ascii(type.substring("ecdsa-sha2-".length())));
      put(out, point);
    } else {
      byte[] encoded = pair.getPublic().getEncoded();
      put(out, Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length));
    }
    return out.toByteArray();
  }

  String sign(byte[] message) {
    return sign(message, "git");
  }

  /** Signs for a purpose, in the text form. */
  String sign(byte[] message, String namespace) {
    ByteArrayOutputStream signed = new ByteArrayOutputStream();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    signed.writeBytes(ascii("SSHSIG"));
    out.writeBytes(ascii("SSHSIG"));
    out.writeBytes(new byte[] {0, 0, 0, 1});
    put(out, wire());
    for (ByteArrayOutputStream each : new ByteArrayOutputStream[] {signed, out}) {
      put(each, ascii(namespace));
      put(each, new byte[0]);
      put(each, ascii("sha512"));
    }
    ByteArrayOutputStream inner = new ByteArrayOutputStream();
    put(inner, ascii(type.equals("ssh-rsa") ? "rsa-sha2-512" : type));
    try {
      put(signed, MessageDigest.getInstance("SHA-512").digest(message));
      Signature signer = Signature.getInstance(algorithm);
      signer.initSign(pair.getPrivate());
      signer.update(signed.toByteArray());
      put(inner, inWire(signer.sign()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    put(out, inner.toByteArray());
    return armored(out.toByteArray());
  }

  static String armored(byte[] bytes) {
    String base64 = Base64.getEncoder().encodeToString(bytes);
    return "-----BEGIN SSH SIGNATURE-----\n"
        + base64.replaceAll("(.{70})(?=.)", "$1\n")
        + "\n-----END SSH SIGNATURE-----\n";
  }

  private byte[] inWire(byte[] signature) {
    if (!(pair.getPublic() instanceof ECPublicKey)) {
      return signature;
    }
    ByteArrayOutputStream numbers = new ByteArrayOutputStream();
    int size = signature.length / 2;
    put(numbers, new BigInteger(1, Arrays.copyOf(signature, size)).toByteArray());
    put(numbers, new BigInteger(1, Arrays.copyOfRange(signature, size, 2 * size)).toByteArray());
    return numbers.toByteArray();
  }

  private static int size(ECPublicKey key) {
    return (key.getParams().getCurve().getField().getFieldSize() + 7) / 8;
  }

  private static void right(BigInteger number, byte[] target, int end) {
    byte[] bytes = number.toByteArray();
    int zeros = bytes[0] == 0 ? 1 : 0;
    System.arraycopy(bytes, zeros, target, end - bytes.length + zeros, bytes.length - zeros);
  }

  static void put(ByteArrayOutputStream out, byte[] field) {
    out.writeBytes(ByteBuffer.allocate(4).putInt(field.length).array());
    out.writeBytes(field);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
