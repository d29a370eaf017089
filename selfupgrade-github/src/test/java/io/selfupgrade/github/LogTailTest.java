package io.selfupgrade.github;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The end of a log, whatever it holds. */
final class LogTailTest {

  @Test
  void aShortLogIsKeptWhole() throws IOException {
    assertThat(read("one\r\ntwo\n")).isEqualTo("one\ntwo");
    assertThat(read("")).isEmpty();
    assertThat(read("\n\n")).isEmpty();
  }

  @Test
  void aLongLogKeepsItsLastWholeLines() throws IOException {
    StringBuilder log = new StringBuilder();
    for (int i = 0; i < 100_000; i++) {
      log.append("line ").append(i).append(" of many, with some words in it\n");
    }

    String tail = read(log.toString());

    assertThat(tail.lines()).hasSize(LogTail.MAX_LINES).allMatch(line -> line.startsWith("line "));
    assertThat(tail).endsWith("line 99999 of many, with some words in it");
  }

  @Test
  void longLinesAreCut() throws IOException {
    String tail = read("begin\n" + "x".repeat(1_000_000) + "\nend");

    assertThat(tail).isEqualTo("end");
    assertThat(read("x".repeat(2_000))).hasSize(503).endsWith("...");
  }

  @Test
  void aLogWithoutAnEndIsNotReadForEver() throws IOException {
    long[] read = {0};
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 'x';
          }

          @Override
          public int read(byte[] into, int from, int length) {
            Arrays.fill(into, from, from + length, (byte) 'x');
            read[0] += length;
            return length;
          }
        };

    assertThat(LogTail.read(endless)).endsWith("[the log goes on: more than 64 MiB are not read]");
    assertThat(read[0]).isLessThan(65L << 20);
  }

  @Test
  void nothingThatSteersAScreenIsLeft() throws IOException {
    assertThat(read("a\u001b[2Jb\u001b]0;title\u0007c\u0000d\u202ee\u009bf\u001bg\th"))
        .isEqualTo("abcdef\th");
  }

  @Test
  void anyBytesAreReadWithinTheLimits() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 100; i++) {
      byte[] bytes = new byte[random.nextInt(40_000)];
      random.nextBytes(bytes);

      String tail = LogTail.read(new ByteArrayInputStream(bytes));

      assertThat(tail.length()).as("seed %s", seed).isLessThanOrEqualTo(LogTail.MAX_BYTES);
      assertThat(tail.chars().filter(c -> c < ' ' && c != '\n' && c != '\t').count()).isZero();
    }
  }

  private static String read(String log) throws IOException {
    return LogTail.read(new ByteArrayInputStream(log.getBytes(StandardCharsets.UTF_8)));
  }
}
