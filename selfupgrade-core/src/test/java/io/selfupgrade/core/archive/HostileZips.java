package io.selfupgrade.core.archive;

import static io.selfupgrade.upgrade.ReasonCode.ARCHIVE_INVALID;
import static io.selfupgrade.upgrade.ReasonCode.ARCHIVE_UNSAFE;
import static io.selfupgrade.upgrade.ReasonCode.TOO_LARGE;

import io.selfupgrade.upgrade.Archive;
import io.selfupgrade.upgrade.ReasonCode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** Zips that must be refused. */
final class HostileZips {

  private final List<Hostile> all = new ArrayList<>();

  static List<Hostile> all() {
    HostileZips zips = new HostileZips();
    zips.names();
    zips.collisions();
    zips.attributes();
    zips.headers();
    zips.layout();
    zips.unsupported();
    zips.limits();
    return zips.all;
  }

  private void names() {
    List<String> places =
        List.of(
            "../evil",
            "a/../../evil",
            "..",
            "a/..",
            Around.ELSEWHERE + "/evil",
            "/" + Around.ELSEWHERE + "/evil",
            "a//b",
            "./a",
            "a/./b",
            "evil.",
            "folder./a",
            "...",
            "evil ",
            " evil",
            "NUL",
            "a/con.txt",
            "lpt1.log",
            "nul .txt",
            "CONOUT$",
            "../",
            "/",
            "");
    for (String place : places) {
      unsafe("name \"" + place + "\"", "another place", new RawZip().stored(place));
    }
    List<String> odd =
        List.of("C:/evil", "C:evil", "..\\evil", "\\\\host\\evil", "a:stream", "a\0b", "a\nb");
    for (String name : odd) {
      unsafe("name " + EntryNames.shown(name), "printable ASCII", new RawZip().stored(name));
    }
    unsafe("overlong UTF-8 dot", "printable ASCII", name(0xc0, 0xae, 0xc0, 0xae, '/', 'a'));
    unsafe(
        "names equal after a normalisation",
        "printable ASCII",
        new RawZip().stored("caf\u00e9").stored("cafe\u0301"));
    unsafe("a right-to-left override", "printable ASCII", new RawZip().stored("a\u202efdp.exe"));
  }

  private void collisions() {
    unsafe("a name twice", "there twice", new RawZip().stored("a").stored("b").stored("a"));
    unsafe("names of two cases", "in case only", new RawZip().stored("a/b").stored("a/B"));
    unsafe("folders of two cases", "in case only", new RawZip().stored("a/b").stored("A/c"));
    unsafe(
        "a file, then its folder", "a file and a folder", new RawZip().stored("a").stored("a/b"));
    unsafe(
        "a folder, then its file", "a file and a folder", new RawZip().stored("a/b").stored("a"));
    unsafe("a folder twice", "there twice", folder("a/").stored("a/", "", e -> {}));
    unsafe("a folder, then a file", "there", folder("a/").stored("a"));
  }

  private void attributes() {
    for (int type : List.of(0120000, 0020000, 0060000, 0010000, 0140000)) {
      unsafe(
          "Unix type " + Integer.toOctalString(type),
          "a link or a special file",
          new RawZip().stored("a", "/etc/passwd", e -> e.unixMode(type | 0777)));
    }
    unsafe(
        "a file of Unix type folder",
        "a link or a special file",
        new RawZip().stored("a", "x", e -> e.unixMode(0040755)));
    unsafe(
        "a folder of Unix type link",
        "a link or a special file",
        new RawZip().stored("a/", "", e -> e.unixMode(0120777)));
    unsafe("a reparse point", "a link", new RawZip().stored("a", "x", e -> e.attributes = 0x400));
    unsafe("a device of DOS", "a link", new RawZip().stored("a", "x", e -> e.attributes = 0x40));
    unsafe("a label of DOS", "a link", new RawZip().stored("a", "x", e -> e.attributes = 0x08));
    unsafe("a file and folder of DOS", "its name", entry(e -> e.attributes = 0x10));
  }

  private void headers() {
    invalid("another local name", "own header", entry(e -> e.localName = new byte[] {'.', '.'}));
    invalid("a longer local name", "own header", entry(e -> e.localName = new byte[40]));
    invalid("another local length", "own header", entry(e -> e.localSize = 1));
    invalid("another local checksum", "own header", entry(e -> e.localCrc++));
    invalid("another local method", "own header", entry(e -> e.localMethod = 8));
    invalid("another local flag", "own header", entry(e -> e.localFlags = 1));
    invalid("a wrong checksum", "checksum", entry(e -> e.crc(e.crc + 1)));
    invalid("more than announced", "more than", bomb(e -> e.size(10)));
    invalid("less than announced", "length", bomb(e -> e.size(e.size + 1)));
    invalid("stored lengths that differ", "lengths differ", entry(e -> e.size(e.size + 1)));
    invalid("stored lengths that differ later", "differ", entry(e -> e.later(false).later[0]++));
    invalid("later lengths that differ", "differ", bomb(e -> e.later(true).later[5]++));
    invalid("later lengths without their mark", "differ", bomb(e -> e.later(true).later[0]++));
    invalid("no later lengths", "belong to nothing", bomb(e -> e.later(true).later = new byte[0]));
    invalid("damaged content", "inflated", bomb(e -> Arrays.fill(e.packed, (byte) 0xff)));
    invalid("packed bytes behind the content", "length", bomb(HostileZips::lengthen));
    invalid("a folder with a content", "a content", new RawZip().stored("a/", "x", e -> {}));
  }

  private void layout() {
    invalid("nothing", "expected a zip", new byte[0]);
    invalid("no zip", "does not end", new byte[100]);
    byte[] good = entry(e -> {}).bytes();
    invalid("cut off", "does not end", Arrays.copyOf(good, good.length - 1));
    invalid("cut off at the front", "does not end", Arrays.copyOfRange(good, 1, good.length));
    invalid("something before it", "begins at", entry(e -> {}).with(z -> z.before = new byte[9]));
    invalid("something behind it", "does not end", entry(e -> {}).with(z -> z.after = new byte[9]));
    invalid("a comment", "does not end", entry(e -> {}).with(z -> z.comment = new byte[30]));
    invalid(
        "a whole zip as its comment", "does not end", entry(e -> {}).with(z -> z.comment = good));
    invalid("a gap", "belong to nothing", entry(e -> e.gap = new byte[7]).stored("b"));
    invalid(
        "a gap before the directory",
        "belong to nothing",
        entry(e -> {}).with(z -> z.beforeDirectory = new byte[3]));
    invalid("a hidden entry", "belong to nothing", entry(e -> e.gap = good));
    invalid("one content for two entries", "reaches into", entry(e -> {}).stored("b", "", at(0)));
    invalid("overlapping entries", "reaches into", entry(e -> {}).stored("b", "", at(9)));
    invalid(
        "an entry beyond the end",
        "belong to nothing",
        entry(e -> {}).stored("b", "", at(1 << 20)));
    invalid("too few in its end", "as its end says", entry(e -> {}).with(z -> z.countMore = -1));
    invalid("too many in its end", "as its end says", entry(e -> {}).with(z -> z.countMore = 1));
    invalid("a moved directory", "does not end", entry(e -> {}).with(z -> z.offsetMore = 1));
    invalid("a part of many", "does not end", entry(e -> {}).with(z -> z.part = 1));
    invalid("an entry of another part", "parts", entry(e -> e.part = 1));
    invalid(
        "an extra that is cut off",
        "not supported",
        entry(e -> e.extra = new byte[] {(byte) 0xfe, (byte) 0xca, 9, 0}));
  }

  private void unsupported() {
    invalid("encrypted", "password", entry(e -> e.flags(1)));
    invalid("strongly encrypted", "flags", entry(e -> e.flags(1 << 6)));
    invalid("masked headers", "flags", entry(e -> e.flags(1 << 13)));
    invalid("a patch", "flags", entry(e -> e.flags(1 << 5)));
    invalid("bzip2", "method 12", entry(e -> e.method(12)));
    invalid("zip64 by its lengths", "zip64", entry(e -> e.size(0xffffffffL)));
    invalid("zip64 by an extra", "not supported", entry(e -> e.extra = RawZip.extra(1, 8)));
    invalid("zip64 by its offset", "zip64", entry(e -> {}).stored("b", "", at(0xffffffffL)));
    invalid("zip64 by its end", "no zip64", entry(e -> {}).with(z -> z.beforeEnd = zip64End()));
    invalid("a second name", "not supported", entry(e -> e.extra = RawZip.extra(0x7075, 9)));
    invalid(
        "a second local name", "not supported", entry(e -> e.localExtra = RawZip.extra(0x7075, 9)));
    invalid("a link by an extra", "not supported", entry(e -> e.extra = RawZip.extra(0x756e, 14)));
  }

  private void limits() {
    add("a bomb", TOO_LARGE, "times as many", zeros(8 << 20));
    RawZip bombs = new RawZip();
    for (int i = 0; i < 8; i++) {
      bombs.deflated("zeros" + i, new byte[1 << 19], e -> {});
    }
    add("a bomb in many files", TOO_LARGE, "times as many", bombs);
    add(
        "more bytes than the limit",
        TOO_LARGE,
        "more than",
        noise(HostileArchiveTest.MAX_BYTES + 1));
    add("two files above the limit", TOO_LARGE, "more than", twice(noise(3 << 20)));
    RawZip many = new RawZip();
    for (int i = 0; i <= EntryNames.MAX_ENTRIES; i++) {
      many.stored("f" + i, "", e -> {});
    }
    add("too many entries", TOO_LARGE, "expected at most", many);
    RawZip wide = new RawZip();
    for (int i = 0; i < 1_000; i++) {
      wide.stored("f" + i + "/a/b/c/d/e/f/g/h/i/j", "", e -> {});
    }
    add("too many folders between", TOO_LARGE, "files and folders", wide);
    add("too deep", TOO_LARGE, "folders deep", new RawZip().stored("a/".repeat(16) + "b"));
    add("too long a name", TOO_LARGE, "characters", new RawZip().stored("a".repeat(201)));
    add("a name of 64 KiB", TOO_LARGE, "characters", new RawZip().stored("a".repeat(65_535)));
  }

  private static RawZip twice(RawZip zip) {
    RawZip.Entry other = new RawZip.Entry("second", zip.entries.get(0).packed, false);
    return zip.add(other, e -> {});
  }

  private static RawZip zeros(int length) {
    return new RawZip().deflated("zeros", new byte[length], e -> {});
  }

  private static RawZip noise(int length) {
    byte[] noise = new byte[length];
    new Random(7).nextBytes(noise);
    return new RawZip().add(new RawZip.Entry("noise", noise, false), e -> {});
  }

  /** The end of a zip64 and the pointer to it, which say that there is nothing. */
  private static byte[] zip64End() {
    return RawZip.little(76)
        .putInt(0x06064b50)
        .putLong(44)
        .putInt(56, 0x07064b50)
        .putInt(72, 1)
        .array();
  }

  private static void lengthen(RawZip.Entry entry) {
    entry.packed = Arrays.copyOf(entry.packed, entry.packed.length + 4);
    entry.packedSize = entry.packed.length;
  }

  private static Consumer<RawZip.Entry> at(long offset) {
    return entry -> entry.offset = offset;
  }

  private static RawZip entry(Consumer<RawZip.Entry> change) {
    return new RawZip().stored("a", "some content of a", change);
  }

  private static RawZip bomb(Consumer<RawZip.Entry> change) {
    return new RawZip().deflated("a", "ab".repeat(500).getBytes(StandardCharsets.UTF_8), change);
  }

  private static RawZip folder(String name) {
    return new RawZip().stored(name, "", e -> {});
  }

  private static RawZip name(int... bytes) {
    byte[] name = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      name[i] = (byte) bytes[i];
    }
    return entry(
        e -> {
          e.name = name;
          e.localName = name;
        });
  }

  private void unsafe(String name, String message, RawZip zip) {
    add(name, ARCHIVE_UNSAFE, message, zip);
  }

  private void invalid(String name, String message, RawZip zip) {
    add(name, ARCHIVE_INVALID, message, zip);
  }

  private void invalid(String name, String message, byte[] bytes) {
    all.add(new Hostile(name, Archive.Format.ZIP, bytes, ARCHIVE_INVALID, message));
  }

  private void add(String name, ReasonCode code, String message, RawZip zip) {
    all.add(new Hostile(name, Archive.Format.ZIP, zip.bytes(), code, message));
  }
}
