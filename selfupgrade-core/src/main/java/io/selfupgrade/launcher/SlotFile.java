package io.selfupgrade.launcher;

import java.util.regex.Pattern;

/**
 * One file of a slot as it must be.
 *
 * @param path relative to the slot, with {@code /}, no empty, {@code .} or {@code ..} part
 * @param length in bytes
 * @param sha256 64 lower-case hexadecimal digits
 */
public record SlotFile(String path, long length, String sha256) {
  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
  private static final int MAX_PATH = 1024;

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if the path leaves the slot, or length or digest are not one
   */
  public SlotFile {
    if (!staysInside(path)) {
      throw new IllegalArgumentException("Not a path inside a slot: '" + path + "'");
    }
    if (length < 0) {
      throw new IllegalArgumentException(path + " has a negative length: " + length);
    }
    if (!SHA_256.matcher(sha256).matches()) {
      throw new IllegalArgumentException(path + " has no SHA-256 in lower-case hexadecimal");
    }
  }

  static boolean staysInside(String path) {
    if (path.isEmpty()
        || path.length() > MAX_PATH
        || path.indexOf('\\') >= 0
        || path.chars().anyMatch(Character::isISOControl)) {
      return false;
    }
    for (String part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        return false;
      }
    }
    return true;
  }
}
