package io.selfupgrade.core.commit;

import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.upgrade.ReasonCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/** The id that Git gives a directory, computed of what lies on the disk. */
final class GitTree {

  private static final String FILE = "100644";
  private static final String EXECUTABLE = "100755";
  private static final String DIRECTORY = "40000";
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int MOST_DEEP = 32;

  private GitTree() {}

  /**
   * Returns the id.
   *
   * @throws RefusalException {@link ReasonCode#ARCHIVE_UNSAFE} if anything else than files and
   *     directories with files is there
   * @throws IOException if it cannot be read
   */
  static String of(Path root) throws IOException, RefusalException {
    return HexFormat.of().formatHex(tree(root, root, 0));
  }

  private static byte[] tree(Path root, Path directory, int depth)
      throws IOException, RefusalException {
    SortedMap<String, Path> entries = new TreeMap<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(directory)) {
      for (Path entry : found) {
        boolean isDirectory = Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS);
        // Git sorts a directory as if its name ended with a slash.
        entries.put(entry.getFileName() + (isDirectory ? "/" : ""), entry);
      }
    }
    if (entries.isEmpty() || depth > MOST_DEEP) {
      throw unsafe(
          root,
          directory,
          "is an empty directory, or too deep: Git has none of the first but for a submodule, which"
              + " is not supported");
    }
    ByteArrayOutputStream listing = new ByteArrayOutputStream();
    for (Path entry : entries.values()) {
      String name = String.valueOf(entry.getFileName());
      if (name.toLowerCase(Locale.ROOT).equals(".git")) {
        throw unsafe(root, entry, "is Git's own, which no commit has");
      }
      PosixFileAttributes attributes =
          Files.readAttributes(entry, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      byte[] id;
      String mode;
      if (attributes.isDirectory()) {
        mode = DIRECTORY;
        id = tree(root, entry, depth + 1);
      } else if (attributes.isRegularFile()) {
        boolean runs = attributes.permissions().contains(PosixFilePermission.OWNER_EXECUTE);
        mode = runs ? EXECUTABLE : FILE;
        id = blob(entry, attributes.size());
      } else {
        throw unsafe(root, entry, "is a link or another special file");
      }
      listing.writeBytes((mode + " " + name + "\0").getBytes(StandardCharsets.UTF_8));
      listing.writeBytes(id);
    }
    return GitHash.begun("tree", listing.size()).digest(listing.toByteArray());
  }

  private static byte[] blob(Path file, long length) throws IOException {
    MessageDigest digest = GitHash.begun("blob", length);
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    }
    return digest.digest();
  }

  private static RefusalException unsafe(Path root, Path entry, String what) {
    return new RefusalException(
        ReasonCode.ARCHIVE_UNSAFE, "\"" + root.relativize(entry) + "\" of the commit " + what);
  }
}
