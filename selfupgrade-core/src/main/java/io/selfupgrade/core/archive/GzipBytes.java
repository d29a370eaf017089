package io.selfupgrade.core.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The bytes of a file that is one gzip stream and nothing else (RFC 1952).
 *
 * <p>The JDK's own stream reads several streams as one and overlooks what follows them.
 */
final class GzipBytes implements AutoCloseable {

  private static final int BUFFER_BYTES = 1 << 16;
  private static final int MAX_TEXT = 1 << 10;
  private static final int HAS_HEADER_CRC = 2;
  private static final int HAS_EXTRA = 4;
  private static final int HAS_NAME = 8;
  private static final int HAS_COMMENT = 16;
  private static final int UNKNOWN = 0xe0;
  private static final int DEFLATED = 8;

  private final FileChannel channel;
  private final long maxBytes;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 crc = new CRC32();
  private final ByteBuffer packed = ByteBuffer.allocate(BUFFER_BYTES).flip();
  private boolean begun;
  private boolean ended;
  private long bytes;

  GzipBytes(FileChannel channel, long maxBytes) {
    this.channel = channel;
    this.maxBytes = maxBytes;
  }

  /** Reads at least one byte; -1 at the end, after which the file has none either. */
  int read(byte[] buffer, int offset, int length) throws IOException, ArchiveException {
    if (!begun) {
      header();
      begun = true;
    }
    while (!ended) {
      int n = inflate(buffer, offset, length);
      if (n > 0) {
        crc.update(buffer, offset, n);
        bytes += n;
        if (bytes > maxBytes) {
          throw ArchiveException.tooLarge(
              "the tar has more than "
                  + maxBytes
                  + " bytes: expected no more for files such as the manifest says");
        }
        return n;
      }
      if (inflater.finished()) {
        packed.position(packed.limit() - inflater.getRemaining());
        trailer();
        ended = true;
      } else if (!fill()) {
        throw ArchiveException.invalid("the gzip stream is cut off: pack it again");
      } else {
        inflater.setInput(packed.array(), packed.position(), packed.remaining());
      }
    }
    return -1;
  }

  /** Returns how many bytes of the file were inflated. */
  long packedBytes() {
    return inflater.getBytesRead();
  }

  @Override
  public void close() {
    inflater.end();
  }

  private int inflate(byte[] buffer, int offset, int length) throws ArchiveException {
    try {
      return inflater.inflate(buffer, offset, length);
    } catch (DataFormatException e) {
      throw ArchiveException.invalid("the gzip stream is damaged: " + e.getMessage());
    }
  }

  private void header() throws IOException, ArchiveException {
    if (next() != 0x1f || next() != 0x8b || next() != DEFLATED) {
      throw ArchiveException.invalid("it does not begin as a gzip stream: expected a tar.gz");
    }
    int flags = next();
    if ((flags & UNKNOWN) != 0) {
      throw ArchiveException.invalid(
          "the gzip header has unknown flags: " + flags + "; pack it again");
    }
    skip(6);
    if ((flags & HAS_EXTRA) != 0) {
      skip(next() | next() << 8);
    }
    if ((flags & HAS_NAME) != 0) {
      skipText();
    }
    if ((flags & HAS_COMMENT) != 0) {
      skipText();
    }
    if ((flags & HAS_HEADER_CRC) != 0) {
      skip(2);
    }
    inflater.setInput(packed.array(), packed.position(), packed.remaining());
  }

  private void trailer() throws IOException, ArchiveException {
    long expectedCrc = number();
    long expectedBytes = number();
    if (expectedCrc != crc.getValue() || expectedBytes != (bytes & 0xffffffffL)) {
      throw ArchiveException.invalid(
          "the gzip stream's checksum or length is wrong: it is damaged, pack it again");
    }
    if (packed.hasRemaining() || fill()) {
      throw ArchiveException.invalid(
          "there is more after the end of the gzip stream: expected one stream and nothing else");
    }
  }

  private long number() throws IOException, ArchiveException {
    return next() | next() << 8 | next() << 16 | (long) next() << 24;
  }

  private void skip(int count) throws IOException, ArchiveException {
    for (int i = 0; i < count; i++) {
      next();
    }
  }

  private void skipText() throws IOException, ArchiveException {
    for (int i = 0; i < MAX_TEXT; i++) {
      if (next() == 0) {
        return;
      }
    }
    throw ArchiveException.invalid(
        "the gzip header has a text of more than " + MAX_TEXT + " bytes: pack it without");
  }

  private int next() throws IOException, ArchiveException {
    if (!packed.hasRemaining() && !fill()) {
      throw ArchiveException.invalid("the gzip stream is cut off: pack it again");
    }
    return packed.get() & 0xff;
  }

  private boolean fill() throws IOException {
    packed.clear();
    int n = channel.read(packed);
    packed.flip();
    return n > 0;
  }
}
