package io.selfupgrade.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * One record of the file contract between launcher and agent: sorted properties, UTF-8.
 *
 * <p>Immutable. Written whole and atomically, read whole; a file longer than {@value #MAX_BYTES}
 * bytes is refused.
 */
public final class StateFile {
  /** Longest file that is read, in bytes. */
  public static final int MAX_BYTES = 8 << 20;

  private final String origin;
  private final SortedMap<String, String> values;

  private StateFile(String origin, SortedMap<String, String> values) {
    this.origin = origin;
    this.values = Collections.unmodifiableSortedMap(values);
  }

  /** Returns a record without values, to be filled by {@link #with(String, String)}. */
  public static StateFile empty() {
    return new StateFile("a new record", new TreeMap<>());
  }

  /**
   * Reads a record, or returns nothing if there is no such file.
   *
   * @throws IOException if the file cannot be read, is too long, is not UTF-8 or not a properties
   *     text
   */
  public static Optional<StateFile> read(Path file) throws IOException {
    byte[] content;
    try (InputStream in = Files.newInputStream(file)) {
      content = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    if (content.length > MAX_BYTES) {
      throw new IOException(file + " is longer than the limit of " + MAX_BYTES + " bytes");
    }
    Properties properties = new Properties();
    try {
      properties.load(
          new StringReader(
              StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString()));
    } catch (CharacterCodingException | IllegalArgumentException e) {
      throw new IOException(file + " is not a properties text in UTF-8: " + e.getMessage(), e);
    }
    SortedMap<String, String> values = new TreeMap<>();
    properties.forEach((key, value) -> values.put((String) key, (String) value));
    return Optional.of(new StateFile(file.toString(), values));
  }

  /** Returns a copy in which {@code key} has this value. */
  public StateFile with(String key, String value) {
    SortedMap<String, String> copy = new TreeMap<>(values);
    copy.put(key, value);
    return new StateFile(origin, copy);
  }

  /** Returns a copy in which {@code key} has this number. */
  public StateFile with(String key, long value) {
    return with(key, Long.toString(value));
  }

  /** Returns a copy that has these values too. */
  public StateFile with(Map<String, String> more) {
    SortedMap<String, String> copy = new TreeMap<>(values);
    copy.putAll(more);
    return new StateFile(origin, copy);
  }

  /** Returns all values, sorted by key. */
  public SortedMap<String, String> values() {
    return values;
  }

  /** Returns the value of {@code key}, or nothing if it is absent or blank. */
  public Optional<String> text(String key) {
    return Optional.ofNullable(values.get(key)).filter(value -> !value.isBlank());
  }

  /**
   * Returns the value of {@code key}.
   *
   * @throws IOException if it is absent or blank
   */
  public String requireText(String key) throws IOException {
    return text(key).orElseThrow(() -> new IOException(origin + " has no value for " + key));
  }

  /**
   * Returns the number at {@code key}, or {@code fallback} if it is absent.
   *
   * @throws IOException if the value is not a whole number
   */
  public long number(String key, long fallback) throws IOException {
    return text(key).isPresent() ? requireNumber(key) : fallback;
  }

  /**
   * Returns the number at {@code key}.
   *
   * @throws IOException if it is absent or not a whole number
   */
  public long requireNumber(String key) throws IOException {
    String value = requireText(key);
    try {
      return Long.parseLong(value.strip());
    } catch (NumberFormatException e) {
      throw new IOException(origin + ": " + key + " is '" + value + "', not a whole number", e);
    }
  }

  /**
   * Returns the UUID at {@code key}.
   *
   * @throws IOException if it is absent or not a UUID
   */
  public UUID requireUuid(String key) throws IOException {
    String value = requireText(key);
    try {
      return UUID.fromString(value.strip());
    } catch (IllegalArgumentException e) {
      throw new IOException(origin + ": " + key + " is '" + value + "', not a UUID", e);
    }
  }

  /**
   * Writes the record to {@code file}, atomically and durably; its directory must exist.
   *
   * @throws IOException if it cannot be written; the file has its old content or the new one
   */
  public void write(Path file) throws IOException {
    write(Disk.REAL, file);
  }

  /**
   * Writes the record to {@code file} on that disk, atomically and durably.
   *
   * @throws IOException if it cannot be written; the file has its old content or the new one
   */
  public void write(Disk disk, Path file) throws IOException {
    DurableFile.replace(disk, file, encode().getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StateFile state && values.equals(state.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return values.toString();
  }

  /** One {@code key=value} line each, sorted, without the date comment of {@link Properties}. */
  private String encode() throws IOException {
    Properties properties = new Properties();
    properties.putAll(values);
    StringWriter text = new StringWriter();
    properties.store(text, null);
    StringBuilder sorted = new StringBuilder();
    text.toString()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .sorted()
        .forEach(line -> sorted.append(line).append('\n'));
    return sorted.toString();
  }
}
