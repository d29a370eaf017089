package io.selfupgrade.core.release;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 as 64 lower-case hexadecimal digits. */
final class Sha256 {

  private final MessageDigest digest;

  Sha256() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }

  static String of(byte[] content) {
    Sha256 sha = new Sha256();
    sha.update(content, content.length);
    return sha.hex();
  }

  void update(byte[] buffer, int length) {
    digest.update(buffer, 0, length);
  }

  String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
