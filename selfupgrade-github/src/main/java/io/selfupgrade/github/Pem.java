package io.selfupgrade.github;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.github.GitHubException.Kind;
import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads an RSA key: PKCS#1, as GitHub hands it out, or PKCS#8. */
final class Pem {

  private static final Pattern BLOCK =
      Pattern.compile(
          "-----BEGIN (RSA )?PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END (?:RSA )?PRIVATE KEY-----");

  private static final int SEQUENCE = 0x30;
  private static final int OCTETS = 0x04;

  /** Version 0, and the algorithm rsaEncryption (1.2.840.113549.1.1.1) without parameters. */
  private static final byte[] RSA = Base64.getDecoder().decode("AgEAMA0GCSqGSIb3DQEBAQUA");

  private Pem() {}

  /**
   * Reads a key; errors say nothing of what it is.
   *
   * @throws GitHubException {@link Kind#BAD_CREDENTIALS}
   */
  static PrivateKey rsaKey(Secret pem) {
    Matcher block = BLOCK.matcher(pem.reveal().replace("\\n", "\n"));
    if (!block.find()) {
      throw unusable();
    }
    try {
      byte[] der = Base64.getMimeDecoder().decode(block.group(2));
      byte[] wrapped = block.group(1) == null ? der : pkcs8(der);
      return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(wrapped));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw unusable();
    }
  }

  private static byte[] pkcs8(byte[] pkcs1) {
    ByteArrayOutputStream inner = new ByteArrayOutputStream();
    inner.writeBytes(RSA);
    inner.writeBytes(der(OCTETS, pkcs1));
    return der(SEQUENCE, inner.toByteArray());
  }

  /** Writes tag, length and value (X.690, 8.1). */
  private static byte[] der(int tag, byte[] value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (value.length < 0x80) {
      out.write(value.length);
    } else {
      int bytes = value.length < 0x100 ? 1 : value.length < 0x10000 ? 2 : 3;
      out.write(0x80 | bytes);
      for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        out.write(value.length >>> shift);
      }
    }
    out.writeBytes(value);
    return out.toByteArray();
  }

  private static GitHubException unusable() {
    return new GitHubException(
        Kind.BAD_CREDENTIALS,
        "the private key of the App cannot be read: expected the PEM file that GitHub gave, which"
            + " begins with -----BEGIN RSA PRIVATE KEY-----",
        null);
  }
}
