package io.selfupgrade.core.archive;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One header block of a tar: of an entry, or of a record that names the next one.
 *
 * @param name as it is written there, in ISO 8859-1
 * @param mode permissions
 * @param size length of the content in bytes
 * @param type the type's character
 */
record TarHeader(String name, long mode, long size, char type) {

  static final int BLOCK = 512;

  private static final int NAME_END = 100;
  private static final int MODE_END = 108;
  private static final int SIZE_AT = 124;
  private static final int SIZE_END = 136;
  private static final int CHECKSUM_AT = 148;
  private static final int CHECKSUM_END = 156;
  private static final int TYPE_AT = 156;
  private static final int LINK_END = 257;
  private static final int MAGIC_END = 265;
  private static final int PREFIX_AT = 345;
  private static final int PREFIX_END = 500;
  private static final String USTAR = "ustar\00000";
  private static final String GNU = "ustar  \0";

  static TarHeader parse(byte[] block) throws ArchiveException {
    if (number(block, CHECKSUM_AT, CHECKSUM_END) != checksum(block)) {
      throw ArchiveException.invalid("a header has a wrong checksum: the tar is damaged");
    }
    String magic = new String(block, LINK_END, MAGIC_END - LINK_END, StandardCharsets.ISO_8859_1);
    if (!magic.equals(USTAR) && !magic.equals(GNU)) {
      throw ArchiveException.invalid(
          "a header is of no known format: expected ustar, pax or GNU; pack it by GNU tar or bsdtar");
    }
    String name = text(block, 0, NAME_END);
    String prefix = magic.equals(USTAR) ? text(block, PREFIX_AT, PREFIX_END) : "";
    char type = (char) (block[TYPE_AT] & 0xff);
    if (!text(block, TYPE_AT + 1, LINK_END).isEmpty() || type == '1' || type == '2') {
      throw ArchiveException.unsafe(
          "entry " + EntryNames.shown(name) + " is a link: pack what it leads to (tar -h)");
    }
    return new TarHeader(
        prefix.isEmpty() ? name : prefix + "/" + name,
        number(block, NAME_END, MODE_END),
        number(block, SIZE_AT, SIZE_END),
        type);
  }

  /** The text of a field that is filled up by NUL; nothing may hide behind the first of them. */
  private static String text(byte[] block, int from, int to) throws ArchiveException {
    int end = from;
    while (end < to && block[end] != 0) {
      end++;
    }
    String text = new String(block, from, end - from, StandardCharsets.ISO_8859_1);
    for (int i = end; i < to; i++) {
      if (block[i] != 0) {
        throw ArchiveException.unsafe(
            "entry " + EntryNames.shown(text) + " has a NUL within its name: pack it again");
      }
    }
    return text;
  }

  private static long number(byte[] block, int from, int to) throws ArchiveException {
    String digits =
        new String(block, from, to - from, StandardCharsets.ISO_8859_1).replace('\0', ' ').strip();
    if (!digits.matches("[0-7]{1,12}")) {
      throw ArchiveException.invalid(
          "a header has the number "
              + EntryNames.shown(digits)
              + ": expected octal digits; files of 8 GiB and more are not packed");
    }
    return Long.parseLong(digits, 8);
  }

  private static long checksum(byte[] block) {
    byte[] blank = block.clone();
    Arrays.fill(blank, CHECKSUM_AT, CHECKSUM_END, (byte) ' ');
    long sum = 0;
    for (byte each : blank) {
      sum += each & 0xff;
    }
    return sum;
  }
}
