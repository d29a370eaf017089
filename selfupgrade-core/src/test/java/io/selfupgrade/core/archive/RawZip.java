package io.selfupgrade.core.archive;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes zips byte by byte, right unless a part of an entry is set to something else. */
final class RawZip {

  final List<Entry> entries = new ArrayList<>();
  byte[] before = {};
  byte[] beforeDirectory = {};
  byte[] beforeEnd = {};
  byte[] after = {};
  byte[] comment = {};
  int countMore;
  int part;
  int offsetMore;

  /** One entry; the headers are written from these. */
  static final class Entry {
    byte[] name;
    byte[] localName;
    int flags;
    int localFlags;
    int method;
    int localMethod;
    byte[] packed;
    long crc;
    long localCrc;
    long packedSize;
    long size;
    long localSize;
    int attributes;
    byte[] extra = {};
    byte[] localExtra = {};
    byte[] later = {};
    byte[] gap = {};
    int part;
    long offset = -1;

    Entry(String name, byte[] content, boolean deflated) {
      this.name = name.getBytes(StandardCharsets.UTF_8);
      this.localName = this.name;
      CRC32 crc32 = new CRC32();
      crc32.update(content);
      crc = crc32.getValue();
      localCrc = crc;
      size = content.length;
      localSize = size;
      method = deflated ? 8 : 0;
      localMethod = method;
      packed = deflated ? deflate(content) : content;
      packedSize = packed.length;
    }

    Entry flags(int value) {
      flags = value;
      localFlags = value;
      return this;
    }

    Entry method(int value) {
      method = value;
      localMethod = value;
      return this;
    }

    Entry size(long value) {
      size = value;
      localSize = value;
      return this;
    }

    Entry crc(long value) {
      crc = value;
      localCrc = value;
      return this;
    }

    Entry unixMode(int mode) {
      attributes = mode << 16;
      return this;
    }

    /** Lengths and checksum follow the content, as streaming writers do it. */
    Entry later(boolean magic) {
      flags(flags | 8);
      localCrc = 0;
      localSize = 0;
      later = new byte[magic ? 16 : 12];
      ByteBuffer out = ByteBuffer.wrap(later).order(ByteOrder.LITTLE_ENDIAN);
      if (magic) {
        out.putInt(0x08074b50);
      }
      out.putInt((int) crc).putInt((int) packedSize).putInt((int) size);
      return this;
    }
  }

  RawZip stored(String name, String content, Consumer<Entry> change) {
    return add(new Entry(name, content.getBytes(StandardCharsets.UTF_8), false), change);
  }

  RawZip stored(String name) {
    return stored(name, "content of " + name, entry -> {});
  }

  RawZip deflated(String name, byte[] content, Consumer<Entry> change) {
    return add(new Entry(name, content, true), change);
  }

  RawZip add(Entry entry, Consumer<Entry> change) {
    change.accept(entry);
    entries.add(entry);
    return this;
  }

  RawZip with(Consumer<RawZip> change) {
    change.accept(this);
    return this;
  }

  byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(before);
    List<Long> offsets = new ArrayList<>();
    for (Entry entry : entries) {
      offsets.add(entry.offset >= 0 ? entry.offset : out.size());
      if (entry.offset < 0) {
        out.writeBytes(local(entry));
        out.writeBytes(entry.packed);
        out.writeBytes(entry.later);
        out.writeBytes(entry.gap);
      }
    }
    out.writeBytes(beforeDirectory);
    int directory = out.size();
    for (int i = 0; i < entries.size(); i++) {
      out.writeBytes(central(entries.get(i), offsets.get(i)));
    }
    int length = out.size() - directory;
    out.writeBytes(beforeEnd);
    int count = entries.size() + countMore;
    out.writeBytes(
        little(22)
            .putInt(0x06054b50)
            .putShort((short) part)
            .putShort((short) 0)
            .putShort((short) count)
            .putShort((short) count)
            .putInt(length)
            .putInt(directory + offsetMore)
            .putShort((short) comment.length)
            .array());
    out.writeBytes(comment);
    out.writeBytes(after);
    return out.toByteArray();
  }

  static byte[] extra(int id, int length) {
    return little(4 + length).putShort((short) id).putShort((short) length).array();
  }

  private static byte[] local(Entry entry) {
    boolean later = (entry.localFlags & 8) != 0 && entry.localSize == 0;
    return little(30 + entry.localName.length + entry.localExtra.length)
        .putInt(0x04034b50)
        .putShort((short) 20)
        .putShort((short) entry.localFlags)
        .putShort((short) entry.localMethod)
        .putInt(0x5a215a21)
        .putInt((int) entry.localCrc)
        .putInt(later ? 0 : (int) entry.packedSize)
        .putInt((int) entry.localSize)
        .putShort((short) entry.localName.length)
        .putShort((short) entry.localExtra.length)
        .put(entry.localName)
        .put(entry.localExtra)
        .array();
  }

  private static byte[] central(Entry entry, long offset) {
    return little(46 + entry.name.length + entry.extra.length)
        .putInt(0x02014b50)
        .putShort((short) (3 << 8 | 20))
        .putShort((short) 20)
        .putShort((short) entry.flags)
        .putShort((short) entry.method)
        .putInt(0x5a215a21)
        .putInt((int) entry.crc)
        .putInt((int) entry.packedSize)
        .putInt((int) entry.size)
        .putShort((short) entry.name.length)
        .putShort((short) entry.extra.length)
        .putShort((short) 0)
        .putShort((short) entry.part)
        .putShort((short) 0)
        .putInt(entry.attributes)
        .putInt((int) offset)
        .put(entry.name)
        .put(entry.extra)
        .array();
  }

  static ByteBuffer little(int length) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
  }

  static byte[] deflate(byte[] content) {
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
    deflater.setInput(content);
    deflater.finish();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 << 12];
    while (!deflater.finished()) {
      out.write(buffer, 0, deflater.deflate(buffer));
    }
    deflater.end();
    return out.toByteArray();
  }
}
