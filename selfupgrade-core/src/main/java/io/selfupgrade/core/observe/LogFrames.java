package io.selfupgrade.core.observe;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.LogLevel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Events as they lie in a spool file: length, CRC-32C of the rest, and the event.
 *
 * <p>A frame that is cut off, or changed, is not read: it ends the file.
 */
final class LogFrames {

  /** Begins each spool file. */
  static final byte[] MAGIC = "SUSPOOL1".getBytes(StandardCharsets.US_ASCII);

  private static final int HEAD = 8;
  private static final int LONGEST = 4 << 20;

  private LogFrames() {}

  /** Returns an event's frame. */
  static byte[] frame(LogEvent event) {
    byte[] body = body(event);
    return ByteBuffer.allocate(HEAD + body.length)
        .putInt(body.length)
        .putInt(checksum(body))
        .put(body)
        .array();
  }

  /** Reads one frame; empty at the end, and where the file is damaged. */
  static Optional<Frame> next(DataInputStream in) throws IOException {
    try {
      int length = in.readInt();
      int checksum = in.readInt();
      if (length <= 0 || length > LONGEST) {
        return Optional.empty();
      }
      byte[] body = in.readNBytes(length);
      if (body.length < length || checksum(body) != checksum) {
        return Optional.empty();
      }
      return Optional.of(new Frame(event(body), HEAD + length));
    } catch (EOFException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static byte[] body(LogEvent event) {
    Instant created = event.createdAt();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      write(out, event.id());
      out.writeUTF(event.agent().value());
      write(out, event.by().instance().value());
      out.writeLong(event.by().epoch());
      out.writeLong(created.getEpochSecond());
      out.writeInt(created.getNano());
      out.writeUTF(event.level().name());
      write(out, event.message());
      write(out, event.context().text());
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  private static LogEvent event(byte[] body) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(body));
    return new LogEvent(
        uuid(in),
        new AgentName(in.readUTF()),
        new LogEvent.Stamp(new InstanceId(uuid(in)), in.readLong()),
        Instant.ofEpochSecond(in.readLong(), in.readInt()),
        LogLevel.valueOf(in.readUTF()),
        text(in),
        Json.of(text(in)));
  }

  private static void write(DataOutputStream out, UUID id) throws IOException {
    out.writeLong(id.getMostSignificantBits());
    out.writeLong(id.getLeastSignificantBits());
  }

  private static UUID uuid(DataInputStream in) throws IOException {
    return new UUID(in.readLong(), in.readLong());
  }

  private static void write(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String text(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
  }

  private static int checksum(byte[] body) {
    CRC32C crc = new CRC32C();
    crc.update(body);
    return (int) crc.getValue();
  }

  /** An event and the length of its frame. */
  record Frame(LogEvent event, int length) {}
}
