package io.selfupgrade.github;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** The end of a log of any size: nothing but the end is kept, and nothing that steers a screen. */
final class LogTail {

  static final int MAX_BYTES = 16 * 1024;
  static final int MAX_LINES = 80;

  private static final long MOST_READ = 64L << 20;
  private static final int LONGEST_LINE = 500;
  private static final Pattern ESCAPE =
      Pattern.compile("\\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)?|.)?");
  private static final Pattern UNSEEN = Pattern.compile("[\\p{Cc}\\p{Cf}&&[^\\n\\t]]");

  private LogTail() {}

  /** Reads to the end; of a log of more than 64 MiB the rest is not read. */
  static String read(InputStream in) throws IOException {
    byte[] buffer = new byte[4 * MAX_BYTES];
    int filled = 0;
    long total = 0;
    int n = in.read(buffer);
    for (; n >= 0 && total < MOST_READ; n = in.read(buffer, filled, buffer.length - filled)) {
      total += n;
      filled += n;
      if (filled == buffer.length) {
        System.arraycopy(buffer, filled - MAX_BYTES, buffer, 0, MAX_BYTES);
        filled = MAX_BYTES;
      }
    }
    int kept = Math.min(filled, MAX_BYTES);
    byte[] end = Arrays.copyOfRange(buffer, filled - kept, filled);
    String tail = tail(new String(end, StandardCharsets.UTF_8), total > MAX_BYTES);
    return n < 0 ? tail : tail + "\n[the log goes on: more than 64 MiB are not read]";
  }

  private static String tail(String text, boolean cut) {
    String clean = ESCAPE.matcher(text).replaceAll("");
    clean = UNSEEN.matcher(clean).replaceAll("").strip();
    List<String> lines = clean.lines().map(LogTail::shortened).toList();
    int first = Math.max(cut && lines.size() > 1 ? 1 : 0, lines.size() - MAX_LINES);
    return String.join("\n", lines.subList(Math.min(first, lines.size()), lines.size()));
  }

  private static String shortened(String line) {
    return line.length() > LONGEST_LINE ? line.substring(0, LONGEST_LINE) + "..." : line;
  }
}
