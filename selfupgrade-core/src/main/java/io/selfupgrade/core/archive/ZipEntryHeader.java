package io.selfupgrade.core.archive;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * What the central directory of a zip says of one entry.
 *
 * @param name as it is written there, in ISO 8859-1
 * @param flags its flags
 * @param method how it is packed
 * @param attributes its external attributes: those of Unix in the upper half
 * @param sizes of its content
 * @param offset where its local header begins
 */
record ZipEntryHeader(
    String name, int flags, int method, int attributes, Sizes sizes, long offset) {

  static final int LENGTHS_LATER = 1 << 3;
  static final int STORED = 0;
  static final int DEFLATED = 8;
  static final long ZIP64 = 0xffffffffL;

  private static final int ENCRYPTED = 1;
  private static final int KNOWN_FLAGS = 1 << 1 | 1 << 2 | LENGTHS_LATER | 1 << 11;
  private static final int UNIX_TYPE = 0170000;
  private static final int UNIX_FILE = 0100000;
  private static final int UNIX_FOLDER = 0040000;
  private static final int UNIX_OWNER_EXECUTES = 0100;
  private static final int DOS_LABEL_DEVICE_OR_REPARSE_POINT = 0x08 | 0x40 | 0x400;
  private static final int DOS_FOLDER = 0x10;

  /** Times, owners and padding: nothing that names, links or sizes an entry once more. */
  private static final Set<Integer> KNOWN_EXTRAS =
      Set.of(0x000a, 0x5455, 0x5855, 0x7855, 0x7875, 0xcafe, 0xd935);

  /**
   * CRC-32 and lengths.
   *
   * @param crc of the content
   * @param packed length in the archive
   * @param unpacked length of the content
   */
  record Sizes(long crc, long packed, long unpacked) {

    static final Sizes NONE = new Sizes(0, 0, 0);

    static Sizes read(ByteBuffer in) {
      return new Sizes(unsigned(in.getInt()), unsigned(in.getInt()), unsigned(in.getInt()));
    }

    private static long unsigned(int value) {
      return value & 0xffffffffL;
    }
  }

  boolean isFolder() {
    return name.endsWith("/");
  }

  boolean executable() {
    return (attributes >>> 16 & UNIX_OWNER_EXECUTES) != 0;
  }

  /** Refuses what is neither a file nor a folder, or what one would have to trust to read it. */
  void require() throws ArchiveException {
    String entry = "entry " + EntryNames.shown(name);
    int type = attributes >>> 16 & UNIX_TYPE;
    boolean plain = type == 0 || type == (isFolder() ? UNIX_FOLDER : UNIX_FILE);
    boolean dosFolder = (attributes & DOS_FOLDER) != 0;
    if (!plain || (attributes & DOS_LABEL_DEVICE_OR_REPARSE_POINT) != 0) {
      throw ArchiveException.unsafe(
          entry + " is a link or a special file by its attributes: pack what it leads to");
    }
    if (dosFolder && !isFolder()) {
      throw ArchiveException.unsafe(
          entry + " is a folder by its attributes and a file by its name: pack it again");
    }
    if ((flags & ENCRYPTED) != 0) {
      throw ArchiveException.invalid(entry + " is encrypted: pack it without a password");
    }
    if ((flags & ~KNOWN_FLAGS) != 0) {
      throw ArchiveException.invalid(entry + " has flags that are not supported: " + flags);
    }
    if (method != STORED && method != DEFLATED) {
      throw ArchiveException.invalid(
          entry + " is packed by method " + method + ": expected stored or deflated");
    }
    if (sizes.packed == ZIP64 || sizes.unpacked == ZIP64 || offset == ZIP64) {
      throw ArchiveException.invalid(entry + " is of zip64: pack it without, or as a tar.gz");
    }
    if (method == STORED && sizes.packed != sizes.unpacked) {
      throw ArchiveException.invalid(entry + " is stored, but its lengths differ: pack it again");
    }
  }

  static String name(ByteBuffer in, int length) {
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** Goes over the extra fields and refuses those that could say something else than the header. */
  static void requirePlainExtras(ByteBuffer in, int length, String name) throws ArchiveException {
    int end = in.position() + length;
    while (in.position() < end) {
      int left = end - in.position();
      int id = left < 4 ? -1 : in.getShort() & 0xffff;
      int size = left < 4 ? 0 : in.getShort() & 0xffff;
      if (!KNOWN_EXTRAS.contains(id) || size > end - in.position()) {
        throw ArchiveException.invalid(
            "entry "
                + EntryNames.shown(name)
                + " has an extra field that is not supported (id "
                + id
                + ", such as of zip64, a second name or a link): pack it by zip or jar, from files");
      }
      in.position(in.position() + size);
    }
  }
}
