package io.selfupgrade.core.archive;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;

/** Writes tars block by block; the checksums are right unless a header is changed after them. */
public final class RawTar {

  static final int BLOCK = 512;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  RawTar file(String name) {
    return file(name, "content of " + name);
  }

  /** Adds a file. */
  public RawTar file(String name, String content) {
    return entry(name, '0', content, header -> {});
  }

  RawTar folder(String name) {
    return entry(name, '5', "", header -> {});
  }

  RawTar entry(String name, char type, String content, Consumer<byte[]> change) {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    byte[] header = header(name, type, bytes.length);
    change.accept(header);
    sum(header);
    return raw(header).content(bytes);
  }

  /** A pax header with these records. */
  RawTar pax(char type, String... records) {
    StringBuilder text = new StringBuilder();
    for (String record : records) {
      int length = record.length() + 3;
      length += String.valueOf(length).length() - 1;
      text.append(length).append(' ').append(record).append('\n');
    }
    return entry("PaxHeader", type, text.toString(), header -> {});
  }

  RawTar raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  RawTar content(byte[] bytes) {
    out.writeBytes(bytes);
    out.writeBytes(new byte[-bytes.length & (BLOCK - 1)]);
    return this;
  }

  RawTar end() {
    return raw(new byte[2 * BLOCK]);
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  /** Returns the whole, ended and packed. */
  public byte[] gz() {
    end();
    return gzip(bytes());
  }

  static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteArray();
  }

  static byte[] header(String name, char type, long size) {
    byte[] header = new byte[BLOCK];
    put(header, 0, name);
    put(header, 100, "0000644");
    put(header, 108, "0000000");
    put(header, 116, "0000000");
    put(header, 124, String.format(Locale.ROOT, "%011o", size));
    put(header, 136, "00000000000");
    header[156] = (byte) type;
    put(header, 257, "ustar\00000");
    sum(header);
    return header;
  }

  static void put(byte[] header, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(bytes, 0, header, at, Math.min(bytes.length, header.length - at));
  }

  static void sum(byte[] header) {
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      sum += header[i] & 0xff;
    }
    put(header, 148, String.format(Locale.ROOT, "%06o\0 ", sum));
  }
}
