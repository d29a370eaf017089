package io.selfupgrade.core.memory;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The ids of memories that an import makes: {@code file:SOURCE:FILE:CONTENT}, each part a digest.
 *
 * <p>The same content of the same file has the same id, wherever in the file it stands, so what is
 * unchanged is known by its id alone.
 */
final class ImportIds {

  private static final int SHORT = 16;
  private static final int LONG = 32;
  private static final String KIND = "file:";
  private static final int FILE_AT = KIND.length() + SHORT + 1;

  private ImportIds() {}

  /** Returns what all ids of a source begin with. */
  static String prefix(Path source) {
    return KIND + digest(source.toString(), SHORT) + ":";
  }

  /** Returns the id of a memory of a file. */
  static String id(String prefix, String file, String content) {
    return prefix + ofFile(file) + ":" + digest(content, LONG);
  }

  /** Returns the part of ids that stands for a file. */
  static String ofFile(String file) {
    return digest(file, SHORT);
  }

  /** Returns the part of an id that stands for its file; empty if there is none. */
  static String fileOf(String id) {
    return id.length() < FILE_AT + SHORT ? "" : id.substring(FILE_AT, FILE_AT + SHORT);
  }

  /** Returns 64 bits of an id, by which it is told from others. */
  static long fingerprint(String id) {
    return HexFormat.fromHexDigitsToLong(digest(id, SHORT));
  }

  private static String digest(String text, int digits) {
    try {
      byte[] sha =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sha, 0, digits / 2);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
