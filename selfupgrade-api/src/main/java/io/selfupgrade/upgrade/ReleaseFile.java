package io.selfupgrade.upgrade;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One file of a release, as its signed manifest names it.
 *
 * @param path relative path with {@code /}, of plain segments (no {@code ..}, no empty segment, no
 *     drive, no control character), at most 200 characters
 * @param length in bytes, from 0 to {@link #MAX_LENGTH}
 * @param sha256 64 lower-case hexadecimal digits
 * @param archive how it is unpacked; empty for a file that stays as it is
 */
public record ReleaseFile(String path, long length, String sha256, Optional<Archive> archive) {

  /** Longest file of a release: 1 TiB. */
  public static final long MAX_LENGTH = 1L << 40;

  private static final Pattern PATH =
      Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._+-]*(?:/[A-Za-z0-9_][A-Za-z0-9._+-]*)*");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final int MAX_PATH_LENGTH = 200;

  /**
   * Names that a slot keeps for itself: no file or folder of a release may have them.
   *
   * <p>They are the manifest, its signatures and the launcher's extract of it.
   */
  public static final List<String> RESERVED =
      List.of("release.json", "release.json.sig", "launch.properties");

  /**
   * Validates the parts.
   *
   * @throws IllegalArgumentException if one has another shape
   */
  public ReleaseFile {
    Objects.requireNonNull(sha256, "sha256");
    Objects.requireNonNull(archive, "archive");
    requirePath(path);
    if (length < 0 || length > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "length " + length + " of " + path + " is not usable: expected 0 to " + MAX_LENGTH);
    }
    if (!SHA256.matcher(sha256).matches()) {
      throw new IllegalArgumentException(
          "sha256 \"" + sha256 + "\" of " + path + " is no 64 lower-case hexadecimal digits");
    }
  }

  /** A file that stays as it is. */
  public ReleaseFile(String path, long length, String sha256) {
    this(path, length, sha256, Optional.empty());
  }

  static void requirePath(String path) {
    Objects.requireNonNull(path, "path");
    if (path.length() > MAX_PATH_LENGTH || !PATH.matcher(path).matches() || path.contains("..")) {
      throw new IllegalArgumentException(
          "release file path \""
              + path
              + "\" is not usable: expected at most "
              + MAX_PATH_LENGTH
              + " characters, segments of A-Z a-z 0-9 . _ + - joined by /, without ..");
    }
    String root = path.split("/", 2)[0].toLowerCase(Locale.ROOT);
    if (path.endsWith(".") || path.contains("./") || RESERVED.contains(root)) {
      throw new IllegalArgumentException(
          "release file path \""
              + path
              + "\" is reserved or has a segment that ends with a dot: choose another name");
    }
  }
}
