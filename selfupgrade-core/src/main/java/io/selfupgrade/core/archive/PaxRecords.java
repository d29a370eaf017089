package io.selfupgrade.core.archive;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** The records of a pax header: they may name an entry, or say what nobody takes over. */
final class PaxRecords {

  private static final Set<String> IGNORED =
      Set.of("mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "comment");
  private static final Set<String> IGNORED_ALSO =
      Set.of(
          "LIBARCHIVE.creationtime",
          "LIBARCHIVE.xattr.",
          "SCHILY.xattr.",
          "SCHILY.dev",
          "SCHILY.ino",
          "SCHILY.nlink");

  private PaxRecords() {}

  /** Returns the path that they give the next entry, if they do. */
  static Optional<String> path(byte[] content) throws ArchiveException {
    String text = new String(content, StandardCharsets.ISO_8859_1);
    Set<String> keys = new HashSet<>();
    Optional<String> path = Optional.empty();
    for (int at = 0; at < text.length(); ) {
      int space = text.indexOf(' ', at);
      String digits = space < 0 ? "" : text.substring(at, space);
      int end = digits.matches("[1-9][0-9]{0,5}") ? at + Integer.parseInt(digits) : 0;
      int equal = text.indexOf('=', at);
      if (end <= equal || equal <= space || end > text.length() || text.charAt(end - 1) != '\n') {
        throw ArchiveException.invalid("a pax header cannot be read: the tar is damaged");
      }
      String key = text.substring(space + 1, equal);
      if (!keys.add(key)) {
        throw ArchiveException.invalid(
            "a pax header says " + EntryNames.shown(key) + " twice: pack it again");
      }
      if (key.equals("path")) {
        path = Optional.of(text.substring(equal + 1, end - 1));
      } else {
        requireIgnored(key);
      }
      at = end;
    }
    return path;
  }

  private static void requireIgnored(String key) throws ArchiveException {
    if (key.equals("linkpath")) {
      throw ArchiveException.unsafe("a pax header says linkpath: pack what the link leads to");
    }
    if (!IGNORED.contains(key) && IGNORED_ALSO.stream().noneMatch(key::startsWith)) {
      throw ArchiveException.invalid(
          "a pax header says "
              + EntryNames.shown(key)
              + ", which is not supported: pack it by tar --format=ustar or gnu, without --sparse");
    }
  }
}
