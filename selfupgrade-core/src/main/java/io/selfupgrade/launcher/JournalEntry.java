package io.selfupgrade.launcher;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * One line of the launcher's journal.
 *
 * @param sequence 1, 2, 3, ... without gaps that are not damage; never used twice in a home
 * @param at when it happened, on the host's clock
 * @param event what happened, a {@link JournalEvent} name of this or a newer launcher
 * @param instance the instance that it is about, or empty
 * @param version the version that it is about, or empty
 * @param upgrade the upgrade that it is about, or empty
 * @param detail a sentence for people, or empty
 */
public record JournalEntry(
    long sequence,
    Instant at,
    String event,
    String instance,
    String version,
    String upgrade,
    String detail) {
  private static final int FIELDS = 8;

  /** Checks that nothing is null. */
  public JournalEntry {
    Objects.requireNonNull(at, "at");
    Objects.requireNonNull(event, "event");
    Objects.requireNonNull(instance, "instance");
    Objects.requireNonNull(version, "version");
    Objects.requireNonNull(upgrade, "upgrade");
    Objects.requireNonNull(detail, "detail");
  }

  /** Decodes a line without its line end; nothing if its checksum or form is wrong. */
  static Optional<JournalEntry> decode(String line) {
    String[] fields = line.split("\t", -1);
    if (fields.length != FIELDS
        || !fields[0].equals(checksum(line.substring(fields[0].length() + 1)))) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new JournalEntry(
              Long.parseLong(fields[1]),
              Instant.parse(fields[2]),
              fields[3],
              fields[4],
              fields[5],
              fields[6],
              fields[7]));
    } catch (NumberFormatException | DateTimeException e) {
      return Optional.empty();
    }
  }

  /** Returns the line with its line end: CRC32C, then the fields, separated by tabs. */
  String encode() {
    String fields =
        String.join(
            "\t",
            Long.toString(sequence),
            at.toString(),
            plain(event),
            plain(instance),
            plain(version),
            plain(upgrade),
            plain(detail));
    return checksum(fields) + "\t" + fields + "\n";
  }

  private static String checksum(String text) {
    CRC32C crc = new CRC32C();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    return String.format("%08x", crc.getValue());
  }

  /** Nothing in a field may end it, or the line. */
  private static String plain(String field) {
    StringBuilder plain = new StringBuilder(field.length());
    field
        .chars()
        .map(c -> Character.isISOControl(c) || c == '\u2028' || c == '\u2029' ? ' ' : c)
        .forEach(c -> plain.append((char) c));
    return plain.toString();
  }
}
