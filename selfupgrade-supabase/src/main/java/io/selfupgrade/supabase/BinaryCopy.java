package io.selfupgrade.supabase;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * Rows on their way into a table by COPY in its binary format, in constant memory.
 *
 * <p>Source of the format: PostgreSQL documentation, COPY, "Binary Format"; of vectors: {@code
 * vector_recv} and {@code halfvec_recv} of pgvector.
 */
final class BinaryCopy {

  private static final byte[] SIGNATURE = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0
  };
  private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");
  private static final int ROOM = 1 << 17;
  private static final int OID_OF_REAL = 700;

  private final CopyIn copy;
  private ByteBuffer buffer = ByteBuffer.allocate(ROOM);

  private BinaryCopy(CopyIn copy) {
    this.copy = copy;
  }

  /** Writes rows; what fails in it leaves none. */
  static void into(Statements statements, String table, Rows rows) throws SQLException {
    CopyIn copy =
        statements
            .connection()
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyIn("copy selfupgrade." + table + " from stdin (format binary)");
    try {
      BinaryCopy out = new BinaryCopy(copy);
      out.buffer.put(SIGNATURE).putInt(0).putInt(0);
      rows.write(out);
      out.room(Short.BYTES).putShort((short) -1);
      out.flush();
      copy.endCopy();
    } finally {
      if (copy.isActive()) {
        copy.cancelCopy();
      }
    }
  }

  BinaryCopy row(int columns) throws SQLException {
    room(Short.BYTES).putShort((short) columns);
    return this;
  }

  BinaryCopy put(UUID id) throws SQLException {
    room(20).putInt(16).putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    return this;
  }

  BinaryCopy put(@Nullable String text) throws SQLException {
    if (text == null) {
      room(Integer.BYTES).putInt(-1);
      return this;
    }
    return put(new byte[0], text);
  }

  /** Writes what {@code jsonb} reads: its version, and the text. */
  BinaryCopy putJson(String text) throws SQLException {
    return put(new byte[] {1}, text);
  }

  private BinaryCopy put(byte[] before, String text) throws SQLException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    room(Integer.BYTES + before.length + bytes.length)
        .putInt(before.length + bytes.length)
        .put(before)
        .put(bytes);
    return this;
  }

  BinaryCopy put(double value) throws SQLException {
    room(12).putInt(8).putDouble(value);
    return this;
  }

  BinaryCopy put(long value) throws SQLException {
    room(12).putInt(8).putLong(value);
    return this;
  }

  BinaryCopy put(@Nullable Instant instant) throws SQLException {
    if (instant == null) {
      room(Integer.BYTES).putInt(-1);
      return this;
    }
    return put(ChronoUnit.MICROS.between(EPOCH, instant));
  }

  /** Writes a vector as its column has it: {@code vector}, {@code halfvec} or {@code real[]}. */
  BinaryCopy put(float[] vector, String kind) throws SQLException {
    int length = vector.length;
    ByteBuffer out = room(24 + 8 * length);
    switch (kind) {
      case "vector" -> {
        out.putInt(4 + 4 * length).putShort((short) length).putShort((short) 0);
        for (float value : vector) {
          out.putFloat(value);
        }
      }
      case "halfvec" -> {
        out.putInt(4 + 2 * length).putShort((short) length).putShort((short) 0);
        for (float value : vector) {
          out.putShort(half(value));
        }
      }
      default -> {
        out.putInt(20 + 8 * length)
            .putInt(1)
            .putInt(0)
            .putInt(OID_OF_REAL)
            .putInt(length)
            .putInt(1);
        for (float value : vector) {
          out.putInt(4).putFloat(value);
        }
      }
    }
    return this;
  }

  /** Returns the nearest number of IEEE 754's binary16, of two the even one; finite ones only. */
  static short half(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    int rest = bits & 0x7fff_ffff;
    if (rest < 0x3880_0000) {
      // Below the least normal number: counted in units of 2^-24.
      return (short) (sign | (int) Math.rint(Math.abs(value) * 0x1p24));
    }
    int odd = (rest >>> 13) & 1;
    return (short) (sign | ((rest - 0x3800_0000 + 0xfff + odd) >>> 13));
  }

  private ByteBuffer room(int bytes) throws SQLException {
    if (buffer.remaining() < bytes) {
      flush();
    }
    if (buffer.remaining() < bytes) {
      buffer = ByteBuffer.allocate(bytes);
    }
    return buffer;
  }

  private void flush() throws SQLException {
    copy.writeToCopy(buffer.array(), 0, buffer.position());
    buffer.clear();
  }

  /** What writes rows. */
  @FunctionalInterface
  interface Rows {
    /** Writes them. */
    void write(BinaryCopy out) throws SQLException;
  }
}
