package io.selfupgrade.core.release;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

/** Packs the least tar.gz that there is. */
final class Archived {

  private static final int BLOCK = 512;

  private Archived() {}

  /** Packs files: name, content, name, content. */
  static byte[] tarGz(String... files) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      for (int i = 0; i < files.length; i += 2) {
        byte[] content = files[i + 1].getBytes(StandardCharsets.US_ASCII);
        gzip.write(header(files[i], content.length));
        gzip.write(Arrays.copyOf(content, content.length + (-content.length & (BLOCK - 1))));
      }
      gzip.write(new byte[2 * BLOCK]);
    }
    return out.toByteArray();
  }

  private static byte[] header(String name, int length) {
    byte[] header = new byte[BLOCK];
    put(header, 0, name);
    put(header, 100, "0000644");
    put(header, 124, String.format(Locale.ROOT, "%011o", length));
    put(header, 148, "        0");
    put(header, 257, "ustar\00000");
    int sum = 0;
    for (byte each : header) {
      sum += each & 0xff;
    }
    put(header, 148, String.format(Locale.ROOT, "%06o\0 ", sum));
    return header;
  }

  private static void put(byte[] header, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }
}
