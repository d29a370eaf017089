package io.selfupgrade.core.archive;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Reads a zip of which each byte has one meaning.
 *
 * <p>The entries lie one after another from the first byte to the central directory, which ends
 * where the file ends but for its 22 last bytes; directory and local headers say the same.
 */
final class ZipReader {

  private static final int END_BYTES = 22;
  private static final int END_MAGIC = 0x06054b50;
  private static final int CENTRAL_BYTES = 46;
  private static final int CENTRAL_MAGIC = 0x02014b50;
  private static final int LOCAL_BYTES = 30;
  private static final int LOCAL_MAGIC = 0x04034b50;
  private static final int LATER_MAGIC = 0x08074b50;
  private static final int LATER_BYTES = 12;
  private static final int MAX_CENTRAL_BYTES = 4 << 20;
  private static final int MAX_SHORT = 0xffff;

  private final FileChannel channel;

  ZipReader(FileChannel channel) {
    this.channel = channel;
  }

  void readTo(EntrySink sink) throws IOException, ArchiveException {
    long size = channel.size();
    if (size < END_BYTES) {
      throw ArchiveException.invalid("it has " + size + " bytes: expected a zip");
    }
    ByteBuffer end = bytes(size - END_BYTES, END_BYTES);
    boolean ends = end.getInt() == END_MAGIC && end.getInt() == 0;
    int here = end.getShort() & MAX_SHORT;
    int count = end.getShort() & MAX_SHORT;
    long length = end.getInt() & ZipEntryHeader.ZIP64;
    long offset = end.getInt() & ZipEntryHeader.ZIP64;
    if (!ends || here != count || end.getShort() != 0 || offset + length != size - END_BYTES) {
      throw ArchiveException.invalid(
          "it does not end as a zip of one part: expected nothing after or within its end, no"
              + " comment and no zip64; pack it again");
    }
    if (count > EntryNames.MAX_ENTRIES || length > MAX_CENTRAL_BYTES) {
      throw ArchiveException.tooLarge(
          "its directory has "
              + count
              + " entries of "
              + length
              + " bytes: expected at most "
              + EntryNames.MAX_ENTRIES
              + " of "
              + MAX_CENTRAL_BYTES);
    }
    List<ZipEntryHeader> entries = entries(bytes(offset, (int) length), count);
    long at = 0;
    for (int i = 0; i < count; i++) {
      long next = i + 1 < count ? entries.get(i + 1).offset() : offset;
      readEntry(entries.get(i), at, next, sink);
      at = next;
    }
    if (at != offset) {
      throw ArchiveException.invalid("there is something before its directory: pack it again");
    }
  }

  private static List<ZipEntryHeader> entries(ByteBuffer in, int count) throws ArchiveException {
    List<ZipEntryHeader> entries = new ArrayList<>();
    try {
      while (in.hasRemaining()) {
        entries.add(entry(in));
      }
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw ArchiveException.invalid("its directory is cut off: pack it again");
    }
    if (entries.size() != count) {
      throw ArchiveException.invalid(
          "its directory has "
              + entries.size()
              + " entries: expected "
              + count
              + ", as its end says");
    }
    entries.sort(Comparator.comparingLong(ZipEntryHeader::offset));
    return entries;
  }

  private static ZipEntryHeader entry(ByteBuffer in) throws ArchiveException {
    int begin = in.position();
    if (in.getInt() != CENTRAL_MAGIC) {
      throw ArchiveException.invalid(
          "its directory has something else than entries: pack it again");
    }
    in.position(begin + 8);
    int flags = in.getShort() & MAX_SHORT;
    int method = in.getShort() & MAX_SHORT;
    in.position(begin + 16);
    ZipEntryHeader.Sizes sizes = ZipEntryHeader.Sizes.read(in);
    int nameLength = in.getShort() & MAX_SHORT;
    int extraLength = in.getShort() & MAX_SHORT;
    int commentLength = in.getShort() & MAX_SHORT;
    int part = in.getShort();
    in.position(begin + 38);
    int attributes = in.getInt();
    long offset = in.getInt() & ZipEntryHeader.ZIP64;
    in.position(begin + CENTRAL_BYTES);
    String name = ZipEntryHeader.name(in, nameLength);
    ZipEntryHeader entry = new ZipEntryHeader(name, flags, method, attributes, sizes, offset);
    entry.require();
    ZipEntryHeader.requirePlainExtras(in, extraLength, name);
    in.position(in.position() + commentLength);
    if (part != 0) {
      throw ArchiveException.invalid("it is one of several parts: pack it as one file");
    }
    return entry;
  }

  private void readEntry(ZipEntryHeader entry, long at, long next, EntrySink sink)
      throws IOException, ArchiveException {
    if (entry.offset() != at) {
      throw disagrees(entry, "its entry begins at " + entry.offset() + ", expected " + at);
    }
    long begin = at + localHeader(entry, at);
    long end = begin + entry.sizes().packed();
    if (end > next) {
      throw disagrees(entry, "its content reaches into what follows");
    }
    try (ZipContent content = new ZipContent(channel, entry, begin)) {
      if (entry.isFolder()) {
        sink.directory(entry.name());
        if (content.read(new byte[1], 1) >= 0) {
          throw disagrees(entry, "it is a folder with a content");
        }
      } else {
        sink.file(entry.name(), entry.executable(), content);
      }
    }
    requireLater(entry, end, next);
  }

  /** Returns the length of the local header, which says the same as the directory. */
  private int localHeader(ZipEntryHeader entry, long at) throws IOException, ArchiveException {
    ByteBuffer local = bytes(at, LOCAL_BYTES);
    if (local.getInt() != LOCAL_MAGIC) {
      throw disagrees(entry, "no entry begins where the directory says");
    }
    local.position(6);
    boolean same =
        (local.getShort() & MAX_SHORT) == entry.flags()
            && (local.getShort() & MAX_SHORT) == entry.method();
    local.position(14);
    ZipEntryHeader.Sizes sizes = ZipEntryHeader.Sizes.read(local);
    boolean later = (entry.flags() & ZipEntryHeader.LENGTHS_LATER) != 0;
    same &= sizes.equals(entry.sizes()) || (later && sizes.equals(ZipEntryHeader.Sizes.NONE));
    int nameLength = local.getShort() & MAX_SHORT;
    int extraLength = local.getShort() & MAX_SHORT;
    ByteBuffer rest = bytes(at + LOCAL_BYTES, nameLength + extraLength);
    String name = ZipEntryHeader.name(rest, nameLength);
    if (!same || !name.equals(entry.name())) {
      throw disagrees(
          entry,
          "its own header has another name ("
              + EntryNames.shown(name)
              + "), length, checksum, method or flag than the directory");
    }
    ZipEntryHeader.requirePlainExtras(rest, extraLength, name);
    return LOCAL_BYTES + nameLength + extraLength;
  }

  private void requireLater(ZipEntryHeader entry, long end, long next)
      throws IOException, ArchiveException {
    int gap = (int) Math.min(next - end, Integer.MAX_VALUE);
    boolean later = (entry.flags() & ZipEntryHeader.LENGTHS_LATER) != 0;
    if (!later && gap == 0) {
      return;
    }
    boolean magic = gap == LATER_BYTES + Integer.BYTES;
    if (!later || (!magic && gap != LATER_BYTES)) {
      throw disagrees(entry, gap + " bytes that belong to nothing follow its content");
    }
    ByteBuffer in = bytes(end, gap);
    if ((magic && in.getInt() != LATER_MAGIC)
        || !ZipEntryHeader.Sizes.read(in).equals(entry.sizes())) {
      throw disagrees(entry, "the lengths after its content differ from the directory");
    }
  }

  private ByteBuffer bytes(long at, int length) throws IOException, ArchiveException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, at + bytes.position()) < 0) {
        throw ArchiveException.invalid("it is cut off: pack it again");
      }
    }
    return bytes.flip();
  }

  private static ArchiveException disagrees(ZipEntryHeader entry, String seen) {
    return ArchiveException.invalid(
        "entry " + EntryNames.shown(entry.name()) + ": " + seen + ": pack it again, by zip or jar");
  }
}
