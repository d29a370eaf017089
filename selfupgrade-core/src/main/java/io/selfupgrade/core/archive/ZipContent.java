package io.selfupgrade.core.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** The content of one entry of a zip; its end is where lengths and checksum are as announced. */
final class ZipContent implements EntryContent, AutoCloseable {

  private static final int BUFFER_BYTES = 1 << 14;

  private final FileChannel channel;
  private final ZipEntryHeader entry;
  private final long end;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 crc = new CRC32();
  private final ByteBuffer packed = ByteBuffer.allocate(BUFFER_BYTES);
  private long at;
  private long bytes;

  ZipContent(FileChannel channel, ZipEntryHeader entry, long begin) {
    this.channel = channel;
    this.entry = entry;
    this.at = begin;
    this.end = begin + entry.sizes().packed();
  }

  @Override
  public int read(byte[] buffer, int length) throws IOException, ArchiveException {
    int n =
        entry.method() == ZipEntryHeader.STORED
            ? fill(ByteBuffer.wrap(buffer, 0, length))
            : inflate(buffer, length);
    if (n < 0) {
      requireEnd();
      return -1;
    }
    crc.update(buffer, 0, n);
    bytes += n;
    if (bytes > entry.sizes().unpacked()) {
      throw ArchiveException.invalid(
          "entry "
              + EntryNames.shown(entry.name())
              + " has more than the "
              + entry.sizes().unpacked()
              + " bytes that the directory says: pack it again");
    }
    return n;
  }

  @Override
  public long packedBytes() {
    return at;
  }

  @Override
  public void close() {
    inflater.end();
  }

  private int inflate(byte[] buffer, int length) throws IOException, ArchiveException {
    try {
      while (!inflater.finished()) {
        int n = inflater.inflate(buffer, 0, length);
        if (n > 0) {
          return n;
        }
        if (inflater.needsInput() && !inflater.finished()) {
          packed.clear();
          if (fill(packed) < 0) {
            throw damaged("its content is cut off");
          }
          inflater.setInput(packed.array(), 0, packed.position());
        }
      }
      return -1;
    } catch (DataFormatException e) {
      throw damaged("its content cannot be inflated, " + e.getMessage());
    }
  }

  /** Reads what is there, not further than the entry reaches. */
  private int fill(ByteBuffer target) throws IOException, ArchiveException {
    if (at >= end) {
      return -1;
    }
    target.limit((int) Math.min(target.limit(), target.position() + (end - at)));
    int n = channel.read(target, at);
    if (n < 0) {
      throw damaged("its content is cut off");
    }
    at += n;
    return n;
  }

  private void requireEnd() throws ArchiveException {
    boolean all = at == end && inflater.getRemaining() == 0;
    if (!all || bytes != entry.sizes().unpacked() || crc.getValue() != entry.sizes().crc()) {
      throw damaged("its length or checksum is not what the directory says");
    }
  }

  private ArchiveException damaged(String seen) {
    return ArchiveException.invalid(
        "entry " + EntryNames.shown(entry.name()) + ": " + seen + ": pack it again");
  }
}
