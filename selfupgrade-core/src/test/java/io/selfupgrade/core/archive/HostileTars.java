package io.selfupgrade.core.archive;

import static io.selfupgrade.upgrade.ReasonCode.ARCHIVE_INVALID;
import static io.selfupgrade.upgrade.ReasonCode.ARCHIVE_UNSAFE;
import static io.selfupgrade.upgrade.ReasonCode.TOO_LARGE;

import io.selfupgrade.upgrade.Archive;
import io.selfupgrade.upgrade.ReasonCode;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** Files of the kind tar.gz that must be refused. */
final class HostileTars {

  private final List<Hostile> all = new ArrayList<>();

  static List<Hostile> all() {
    HostileTars tars = new HostileTars();
    tars.names();
    tars.types();
    tars.records();
    tars.headers();
    tars.gzips();
    tars.limits();
    return tars.all;
  }

  private void names() {
    List<String> places =
        List.of(
            "../evil",
            "a/../../evil",
            Around.ELSEWHERE + "/evil",
            "././a",
            "a//b",
            "a/.",
            "evil.",
            "a/nul",
            "./",
            "");
    for (String place : places) {
      unsafe("name \"" + place + "\"", "", new RawTar().file(place));
    }
    unsafe("a folder above", "another place", new RawTar().folder("../"));
    unsafe("a backslash", "printable ASCII", new RawTar().file("..\\evil"));
    unsafe("a drive", "printable ASCII", new RawTar().file("C:/evil"));
    unsafe("no ASCII", "printable ASCII", new RawTar().file("caf\u00e9"));
    unsafe("a NUL in a name", "NUL", change(h -> RawTar.put(h, 0, "a\0/../../evil")));
    unsafe("a way up by the prefix", "another place", change(h -> RawTar.put(h, 345, "../..")));
    unsafe(
        "an absolute prefix",
        "another place",
        change(h -> RawTar.put(h, 345, Around.ELSEWHERE + "")));
    unsafe("a name twice", "there twice", new RawTar().file("a").file("./a"));
    unsafe("names of two cases", "in case only", new RawTar().file("a").file("A"));
    unsafe("a file, then its folder", "a folder", new RawTar().file("a").file("a/b"));
    unsafe("a folder twice", "there twice", new RawTar().folder("a/").folder("a/"));
    unsafe("a file named as a folder", "name of a folder", new RawTar().file("a/"));
  }

  private void types() {
    unsafe("a symbolic link", "a link", link('2', "/etc"));
    unsafe("a link, then a file below it", "a link", link('2', "..").file("a/evil"));
    unsafe("a hard link", "a link", link('1', "../../etc/passwd"));
    unsafe("a hard link to nothing", "a link", link('1', ""));
    unsafe("a file with a link's target", "a link", link('0', "/etc/passwd"));
    for (char type : "3467SMVKDNX\u00ff".toCharArray()) {
      unsafe("type " + type, "neither a file", new RawTar().entry("a", type, "", h -> {}));
    }
  }

  private void records() {
    String up = "path=../evil";
    unsafe("a pax path upwards", "another place", new RawTar().pax('x', up).file("a"));
    unsafe("a pax path with a NUL", "ASCII", new RawTar().pax('x', "path=a\0b").file("a"));
    unsafe("a pax link", "linkpath", new RawTar().pax('x', "linkpath=/etc").file("a"));
    invalid("a pax length", "not supported", new RawTar().pax('x', "size=1").file("a"));
    invalid(
        "a sparse file", "not supported", new RawTar().pax('x', "GNU.sparse.major=1").file("a"));
    invalid(
        "a pax character set", "not supported", new RawTar().pax('x', "hdrcharset=B").file("a"));
    invalid("a pax path twice", "twice", new RawTar().pax('x', "path=b", "path=c").file("a"));
    for (String text :
        List.of("99 path=b\n", "x path=b\n", "0 path=b\n", "7 path\n", "9 path=b ")) {
      invalid(
          "pax \"" + text + "\"", "cannot be read", new RawTar().entry("x", 'x', text, h -> {}));
    }
    invalid("a global path", "names all", new RawTar().pax('g', "path=b").file("a"));
    invalid("a global length", "not supported", new RawTar().pax('g', "size=1").file("a"));
    unsafe("a global link", "linkpath", new RawTar().pax('g', "linkpath=/etc").file("a"));
    invalid("two pax headers", "two records", new RawTar().pax('x', "uid=0").pax('x', "path=b"));
    invalid(
        "a long name and a pax header",
        "two records",
        new RawTar().entry("L", 'L', "b", h -> {}).pax('x', "path=c").file("a"));
    unsafe(
        "a long name upwards",
        "another place",
        new RawTar().entry("L", 'L', "../../evil\0", h -> {}).file("a"));
    invalid("a record without an entry", "not there", new RawTar().pax('x', "path=b"));
    add(
        "a long record",
        TOO_LARGE,
        "a record",
        new RawTar().pax('x', "comment=" + "x".repeat(9000)));
  }

  private void headers() {
    byte[] wrong = RawTar.header("a", '0', 0);
    wrong[0] = 'b';
    invalid("a wrong checksum", "checksum", new RawTar().raw(wrong));
    invalid("no format", "no known format", change(h -> RawTar.put(h, 257, "\0\0\0\0\0\0\0\0")));
    invalid("a binary length", "octal", change(h -> h[124] = (byte) 0x80));
    invalid("a negative length", "octal", change(h -> RawTar.put(h, 124, "-0000000001")));
    invalid("no length", "octal", change(h -> Arrays.fill(h, 124, 136, (byte) 0)));
    invalid("no permissions", "octal", change(h -> RawTar.put(h, 100, "rwxr-xr")));
    invalid("a length beyond the end", "cut off", change(h -> RawTar.put(h, 124, "00000077777")));
    invalid("a folder with a content", "a content", new RawTar().entry("a/", '5', "x", h -> {}));
    byte[] good = new RawTar().file("a").end().bytes();
    raw("no end", ARCHIVE_INVALID, "cut off", RawTar.gzip(Arrays.copyOf(good, 1024)));
    raw("half an end", ARCHIVE_INVALID, "cut off", RawTar.gzip(Arrays.copyOf(good, 1536)));
    raw("cut off in a content", ARCHIVE_INVALID, "cut off", RawTar.gzip(Arrays.copyOf(good, 515)));
    raw("cut off in a header", ARCHIVE_INVALID, "cut off", RawTar.gzip(Arrays.copyOf(good, 99)));
    invalid("a second tar behind it", "after the end", new RawTar().file("a").end().file("b"));
    invalid(
        "something behind it", "after the end", new RawTar().file("a").end().raw(new byte[] {1}));
    invalid("nothing but zeros behind it", "after the end", new RawTar().raw(new byte[2 << 20]));
  }

  private void gzips() {
    byte[] good = new RawTar().file("a").gz();
    byte[] tar = new RawTar().file("a").end().bytes();
    gzip("nothing", "cut off", new byte[0]);
    gzip("no gzip", "gzip stream", tar);
    gzip("cut off", "cut off", Arrays.copyOf(good, good.length - 9));
    gzip("cut off in its checksum", "cut off", Arrays.copyOf(good, good.length - 3));
    gzip("a wrong checksum", "checksum", set(good, good.length - 8, good[good.length - 8] + 1));
    gzip("a wrong length", "length", set(good, good.length - 4, good[good.length - 4] + 1));
    gzip("a zero behind it", "after the end", Arrays.copyOf(good, good.length + 1));
    gzip("a second stream", "after the end", join(good, good));
    gzip("an empty second stream", "after the end", join(good, RawTar.gzip(new byte[0])));
    gzip("unknown flags", "flags", set(good, 3, 0x80));
    gzip("another method", "gzip stream", set(good, 2, 7));
    gzip("damaged", "", set(good, 14, good[14] ^ 0x55));
    byte[] named = join(set(Arrays.copyOf(good, 10), 3, 8), new byte[0]);
    byte[] name = new byte[4096];
    Arrays.fill(name, (byte) 'x');
    gzip("an endless name", "a text", join(named, name));
  }

  private void limits() {
    byte[] zeros = RawTar.header("zeros", '0', 8 << 20);
    add("a bomb", TOO_LARGE, "times as many", new RawTar().raw(zeros).content(new byte[8 << 20]));
    int length = HostileArchiveTest.MAX_BYTES + 1;
    byte[] noise = new byte[length];
    new Random(7).nextBytes(noise);
    add(
        "more bytes than the limit",
        TOO_LARGE,
        "more than",
        new RawTar().raw(RawTar.header("noise", '0', length)).content(noise));
    RawTar many = new RawTar();
    RawTar folders = new RawTar();
    RawTar records = new RawTar();
    for (int i = 0; i <= EntryNames.MAX_ENTRIES; i++) {
      many.entry("f" + i, '0', "", h -> {});
      folders.folder("d" + i + "/");
    }
    for (int i = 0; i < 4 * EntryNames.MAX_ENTRIES; i++) {
      records.pax('g', "comment=x");
    }
    add("too many files", TOO_LARGE, "", many);
    add("too many folders", TOO_LARGE, "files and folders", folders);
    add("too many records", TOO_LARGE, "the tar has more", records);
    add("too deep", TOO_LARGE, "folders deep", new RawTar().file("a/".repeat(16) + "b"));
    String name = "a/b".repeat(80);
    add(
        "too long a name",
        TOO_LARGE,
        "characters",
        new RawTar().entry("L", 'L', name, h -> {}).file("a"));
  }

  private static RawTar change(Consumer<byte[]> change) {
    return new RawTar().entry("a", '0', "", change);
  }

  private static RawTar link(char type, String target) {
    return new RawTar().entry("a", type, "", h -> RawTar.put(h, 157, target));
  }

  private static byte[] set(byte[] bytes, int at, int value) {
    byte[] changed = bytes.clone();
    changed[at] = (byte) value;
    return changed;
  }

  private static byte[] join(byte[] one, byte[] other) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(one);
    out.writeBytes(other);
    return out.toByteArray();
  }

  private void unsafe(String name, String message, RawTar tar) {
    add(name, ARCHIVE_UNSAFE, message, tar);
  }

  private void invalid(String name, String message, RawTar tar) {
    add(name, ARCHIVE_INVALID, message, tar);
  }

  private void gzip(String name, String message, byte[] bytes) {
    raw("gzip: " + name, ARCHIVE_INVALID, message, bytes);
  }

  private void add(String name, ReasonCode code, String message, RawTar tar) {
    raw(name, code, message, tar.gz());
  }

  private void raw(String name, ReasonCode code, String message, byte[] bytes) {
    all.add(new Hostile(name, Archive.Format.TAR_GZ, bytes, code, message));
  }
}
