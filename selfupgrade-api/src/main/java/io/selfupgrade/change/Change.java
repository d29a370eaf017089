package io.selfupgrade.change;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Files to write and to delete, all together, and why: what an agent would change in its source.
 *
 * <p>Immutable; each method returns a changed copy. It holds whatever it is given, of a model too:
 * {@link ChangePolicy} says what of it goes out.
 */
public final class Change {

  private static final Pattern KEY = Pattern.compile("[!-~]{1,100}");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");

  private final String title;
  private final String reason;
  private final Optional<String> key;
  private final Optional<String> base;
  private final SortedMap<String, Optional<byte[]>> paths;

  private Change(
      String title,
      String reason,
      Optional<String> key,
      Optional<String> base,
      SortedMap<String, Optional<byte[]>> paths) {
    this.title = title;
    this.reason = reason;
    this.key = key;
    this.base = base;
    this.paths = paths;
  }

  /**
   * Begins with no file.
   *
   * @param title what changes, in a line
   * @param reason why, for the person who reads the pull request
   */
  public static Change of(String title, String reason) {
    return new Change(
        Objects.requireNonNull(title, "title"),
        Objects.requireNonNull(reason, "reason"),
        Optional.empty(),
        Optional.empty(),
        new TreeMap<>());
  }

  /** Adds a file, or replaces it whole; the last word on a path counts. */
  public Change put(String path, byte[] content) {
    return with(path, Optional.of(content.clone()));
  }

  /** Adds a text file in UTF-8, or replaces it whole. */
  public Change put(String path, String content) {
    return with(path, Optional.of(content.getBytes(StandardCharsets.UTF_8)));
  }

  /** Deletes a file; the last word on a path counts. */
  public Change delete(String path) {
    return with(path, Optional.empty());
  }

  /**
   * Names the change: two of one name are one. By default its {@link #digest}.
   *
   * @param name 1 to 100 printable ASCII characters
   * @throws IllegalArgumentException if it has another shape
   */
  public Change key(String name) {
    if (!KEY.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "key of a change: expected 1 to 100 printable ASCII characters");
    }
    return new Change(title, reason, Optional.of(name), base, paths);
  }

  /**
   * Says of which commit the files were read; if the branch is elsewhere by then, it is refused.
   *
   * <p>Files are replaced whole: without this, what others changed in them meanwhile is undone.
   *
   * @param commit its id, in hexadecimal
   * @throws IllegalArgumentException if it has another shape
   */
  public Change on(String commit) {
    if (!COMMIT.matcher(commit).matches()) {
      throw new IllegalArgumentException(
          "commit \"" + commit + "\" is not usable: expected its id, 40 hexadecimal digits");
    }
    return new Change(title, reason, key, Optional.of(commit), paths);
  }

  /** Returns what changes, in a line. */
  public String title() {
    return title;
  }

  /** Returns why. */
  public String reason() {
    return reason;
  }

  /** Returns its name. */
  public String key() {
    return key.orElseGet(this::digest);
  }

  /** Returns the commit that the files were read of, if it matters. */
  public Optional<String> base() {
    return base;
  }

  /** Returns all paths, in order. */
  public Set<String> paths() {
    return Collections.unmodifiableSet(paths.keySet());
  }

  /** Returns a copy of the files to write, by path. */
  public SortedMap<String, byte[]> files() {
    SortedMap<String, byte[]> files = new TreeMap<>();
    paths.forEach((path, content) -> content.ifPresent(bytes -> files.put(path, bytes.clone())));
    return files;
  }

  /** Returns the paths to delete. */
  public SortedSet<String> deletions() {
    SortedSet<String> deletions = new TreeSet<>();
    for (Map.Entry<String, Optional<byte[]>> entry : paths.entrySet()) {
      if (entry.getValue().isEmpty()) {
        deletions.add(entry.getKey());
      }
    }
    return deletions;
  }

  /**
   * Returns the SHA-256 of all that it says and does, in hexadecimal; the key is not part of it.
   */
  public String digest() {
    MessageDigest digest = sha256();
    add(digest, title);
    add(digest, reason);
    add(digest, base.orElse(""));
    paths.forEach(
        (path, content) -> {
          add(digest, path);
          digest.update((byte) (content.isPresent() ? 1 : 0));
          content.ifPresent(bytes -> add(digest, bytes));
        });
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Two are equal that have the same key and content. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Change change
        && key().equals(change.key())
        && digest().equals(change.digest());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(digest().getBytes(StandardCharsets.US_ASCII));
  }

  /** Returns title and paths, not what is in the files. */
  @Override
  public String toString() {
    return "Change[" + title + ": " + paths.keySet() + "]";
  }

  private Change with(String path, Optional<byte[]> content) {
    SortedMap<String, Optional<byte[]>> changed = new TreeMap<>(paths);
    changed.put(Objects.requireNonNull(path, "path"), content);
    return new Change(title, reason, key, base, changed);
  }

  private static void add(MessageDigest digest, String text) {
    add(digest, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void add(MessageDigest digest, byte[] bytes) {
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
    digest.update(bytes);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
