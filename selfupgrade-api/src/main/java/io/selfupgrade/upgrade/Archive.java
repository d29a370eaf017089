package io.selfupgrade.upgrade;

import java.util.Locale;
import java.util.Objects;

/**
 * How a file of a release is unpacked into the slot, as the signed manifest says.
 *
 * <p>Nothing else may lie in its folder. What comes out of it is checked against these numbers, and
 * each unpacked file is verified before each start as every other file of the slot is.
 *
 * @param format how it is packed
 * @param folder where it is unpacked, a path in the slot of the shape of {@link ReleaseFile#path()}
 * @param files how many files come out of it, from 1 to {@link #MAX_FILES}
 * @param bytes their lengths' sum, from 0 to {@link ReleaseFile#MAX_LENGTH}
 */
public record Archive(Format format, String folder, int files, long bytes) {

  /** Most files that come out of all archives of a release together. */
  public static final int MAX_FILES = 10_000;

  /**
   * Validates the parts.
   *
   * @throws IllegalArgumentException if one has another shape, or the folder is that of the
   *     migrations
   */
  public Archive {
    Objects.requireNonNull(format, "format");
    ReleaseFile.requirePath(folder);
    String root = folder.split("/", 2)[0].toLowerCase(Locale.ROOT) + "/";
    if (root.equals(Release.MIGRATIONS)) {
      throw new IllegalArgumentException(
          "folder " + folder + " is not usable: migrations are files of their own in a release");
    }
    if (files < 1 || files > MAX_FILES) {
      throw new IllegalArgumentException(
          "an archive of " + files + " files is not usable: expected 1 to " + MAX_FILES);
    }
    if (bytes < 0 || bytes > ReleaseFile.MAX_LENGTH) {
      throw new IllegalArgumentException(
          "an archive of "
              + bytes
              + " bytes is not usable: expected 0 to "
              + ReleaseFile.MAX_LENGTH);
    }
  }

  /** How an archive is packed. */
  public enum Format {
    /** Zip with stored or deflated entries, without zip64, encryption and parts. */
    ZIP("zip"),
    /** One gzip stream of a tar of the formats ustar, pax or GNU. */
    TAR_GZ("tar.gz");

    private final String text;

    Format(String text) {
      this.text = text;
    }

    /**
     * Returns the format of this name in a manifest.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Format parse(String text) {
      for (Format format : values()) {
        if (format.text.equals(text)) {
          return format;
        }
      }
      throw new IllegalArgumentException(
          "archive format \"" + text + "\" is unknown: expected zip or tar.gz");
    }

    /**
     * Returns the format that a file's name says by its ending.
     *
     * @throws IllegalArgumentException if it says none
     */
    public static Format ofFile(String name) {
      if (name.endsWith(".zip")) {
        return ZIP;
      }
      if (name.endsWith(".tar.gz") || name.endsWith(".tgz")) {
        return TAR_GZ;
      }
      throw new IllegalArgumentException(
          name + " is no archive by its name: expected one that ends with .zip, .tar.gz or .tgz");
    }

    /** Returns the name in a manifest. */
    @Override
    public String toString() {
      return text;
    }
  }
}
