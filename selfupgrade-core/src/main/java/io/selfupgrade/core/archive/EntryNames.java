package io.selfupgrade.core.archive;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Judges the names of one archive's entries: each by itself, and all together.
 *
 * <p>Names are ASCII, so that they mean the same on every machine: a JVM that was started without a
 * locale cannot open others, and no two of these are equal after a normalisation.
 */
final class EntryNames {

  static final int MAX_ENTRIES = 10_000;
  static final int MAX_LENGTH = 200;
  static final int MAX_DEPTH = 16;

  private static final Pattern ODD = Pattern.compile("[^ -~]|[<>:\"|?*\\\\]");
  private static final Pattern DEVICE =
      Pattern.compile(
          "(?:con|prn|aux|nul|conin\\$|conout\\$|com[0-9]|lpt[0-9])(?: *\\..*)?",
          Pattern.CASE_INSENSITIVE);
  private static final int SHOWN = 80;

  /** Each path in lower case: a file, a folder that an entry named, or one that a path needs. */
  private final Map<String, Known> known = new HashMap<>();

  /** Judges a file's name and returns it. */
  String file(String name) throws ArchiveException {
    if (name.endsWith("/")) {
      throw ArchiveException.unsafe(
          "entry " + shown(name) + " is a file with the name of a folder: pack it again");
    }
    add(name, Kind.FILE);
    return name;
  }

  /** Judges a directory's name and returns it without the slash at its end. */
  String directory(String name) throws ArchiveException {
    String path = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
    add(path, Kind.FOLDER);
    return path;
  }

  /** Returns a name as it may be shown in a message. */
  static String shown(String name) {
    String cut = name.length() <= SHOWN ? name : name.substring(0, SHOWN) + "...";
    StringBuilder shown = new StringBuilder("\"");
    cut.chars()
        .forEach(
            c -> {
              if (c < ' ' || c > '~') {
                shown.append(String.format(Locale.ROOT, "\\u%04x", c));
              } else {
                shown.append((char) c);
              }
            });
    return shown.append('"').toString();
  }

  private void add(String path, Kind kind) throws ArchiveException {
    requirePlain(path);
    for (int end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
      enter(path.substring(0, end), Kind.NEEDED);
    }
    enter(path, kind);
  }

  private void enter(String path, Kind kind) throws ArchiveException {
    String key = path.toLowerCase(Locale.ROOT);
    Known before = known.get(key);
    if (before != null && !before.path.equals(path)) {
      throw ArchiveException.unsafe(
          "entries "
              + shown(before.path)
              + " and "
              + shown(path)
              + " differ in case only and may be one on another disk: rename one of them");
    }
    if (before != null && !goTogether(before.kind, kind)) {
      throw ArchiveException.unsafe(
          "entry "
              + shown(path)
              + " is there twice, or is a file and a folder: pack the archive from a folder, once");
    }
    if (before == null && known.size() >= MAX_ENTRIES) {
      throw ArchiveException.tooLarge(
          "there are more than "
              + MAX_ENTRIES
              + " files and folders, the limit of an archive: make it several, or put files into a"
              + " jar");
    }
    if (before == null || before.kind == Kind.NEEDED) {
      known.put(key, new Known(path, kind));
    }
  }

  private static boolean goTogether(Kind before, Kind now) {
    return before != Kind.FILE && now != Kind.FILE && (before != now || now == Kind.NEEDED);
  }

  private static void requirePlain(String path) throws ArchiveException {
    String name = "entry " + shown(path);
    if (path.length() > MAX_LENGTH) {
      throw ArchiveException.tooLarge(
          name + " has a name of " + path.length() + " characters: expected " + MAX_LENGTH);
    }
    if (ODD.matcher(path).find()) {
      throw ArchiveException.unsafe(
          name
              + " has a character that is no printable ASCII or one of < > : \" | ? * \\: rename it");
    }
    String[] segments = path.split("/", -1);
    if (segments.length > MAX_DEPTH) {
      throw ArchiveException.tooLarge(
          name + " lies " + segments.length + " folders deep: expected " + MAX_DEPTH + " at most");
    }
    for (String segment : segments) {
      if (segment.isEmpty()
          || segment.endsWith(".")
          || segment.endsWith(" ")
          || segment.startsWith(" ")
          || DEVICE.matcher(segment).matches()) {
        throw ArchiveException.unsafe(
            name
                + " may lead to another place than below its folder: expected a relative name"
                + " without empty parts, parts such as . and .., a dot at a part's end, a space at"
                + " its beginning or end, and device names such as NUL; pack it with plain names");
      }
    }
  }

  private enum Kind {
    FILE,
    FOLDER,
    NEEDED
  }

  private record Known(String path, Kind kind) {}
}
