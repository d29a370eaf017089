package io.selfupgrade.core.commit;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The ids that Git gives objects. */
final class GitHash {

  private GitHash() {}

  /** Returns the id of an object. */
  static String of(String type, byte[] content) {
    return HexFormat.of().formatHex(begun(type, content.length).digest(content));
  }

  /** Begins the id of an object whose content follows. */
  static MessageDigest begun(String type, long length) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      digest.update((type + " " + length + "\0").getBytes(StandardCharsets.US_ASCII));
      return digest;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-1", e);
    }
  }
}
