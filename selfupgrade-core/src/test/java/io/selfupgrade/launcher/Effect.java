package io.selfupgrade.launcher;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * One effect on disk, as a test sees it.
 *
 * @param kind what is done
 * @param path to which file or directory
 * @param to the new name in a rename, else the path
 * @param content what is written, else empty
 * @param length the length that is left by a cut, else 0
 */
public record Effect(Kind kind, Path path, Path to, ByteBuffer content, long length) {

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

  /** What is done. */
  public enum Kind {
    /** Directories are created where they are missing. */
    CREATE_DIRECTORIES("create-directories"),
    /** A new file is written. */
    CREATE("create"),
    /** A file gets longer. */
    APPEND("append"),
    /** A file is cut. */
    TRUNCATE("truncate"),
    /** A file's content is made durable. */
    FORCE("force"),
    /** A file or directory gets another name. */
    RENAME("rename"),
    /** A file or empty directory is deleted. */
    DELETE("delete"),
    /** A directory's names are made durable. */
    SYNC_DIRECTORY("sync-directory");

    private final String word;

    Kind(String word) {
      this.word = word;
    }
  }

  static Effect of(Kind kind, Path path) {
    return new Effect(kind, path, path, NOTHING, 0);
  }

  static Effect of(Kind kind, Path path, byte[] content) {
    return new Effect(kind, path, path, ByteBuffer.wrap(content.clone()).asReadOnlyBuffer(), 0);
  }

  static Effect rename(Path from, Path to) {
    return new Effect(Kind.RENAME, from, to, NOTHING, 0);
  }

  static Effect truncate(Path path, long length) {
    return new Effect(Kind.TRUNCATE, path, path, NOTHING, length);
  }

  /**
   * Returns a name that is the same in each run: {@code rename current}, {@code force
   * run/*\/child~} (the tilde is a temporary file), {@code append run/launcher.log POINTED}.
   */
  public String name(Path home) {
    Path place = to.startsWith(home) ? home.relativize(to) : to;
    String name =
        place
            .toString()
            .replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "*")
            .replaceAll("\\.([^/]+)\\.\\d+-\\d+-[0-9a-f]+\\.tmp$", "$1~");
    return kind.word + " " + (name.isEmpty() ? "." : name) + journalEvent(name);
  }

  private String journalEvent(String name) {
    if (kind != Kind.APPEND || !name.endsWith("launcher.log")) {
      return "";
    }
    String line = StandardCharsets.UTF_8.decode(content.duplicate()).toString().strip();
    return JournalEntry.decode(line).map(entry -> " " + entry.event()).orElse("");
  }

  byte[] bytes() {
    byte[] bytes = new byte[content.remaining()];
    content.duplicate().get(bytes);
    return bytes;
  }

  @Override
  public String toString() {
    return kind.word + " " + path + (to.equals(path) ? "" : " to " + to);
  }
}
