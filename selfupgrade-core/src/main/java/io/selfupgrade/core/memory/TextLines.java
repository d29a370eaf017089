package io.selfupgrade.core.memory;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the lines of a UTF-8 file, each up to a length, so that a long one takes no more heap. */
final class TextLines implements AutoCloseable {

  private static final int BUFFER = 1 << 16;
  private static final int BYTE_ORDER_MARK = 0xFEFF;
  private static final int END = -1;

  private final Reader reader;
  private final int longest;
  private int next;
  private long number;
  private boolean cut;

  private TextLines(Reader reader, int longest) throws IOException {
    this.reader = reader;
    this.longest = longest;
    this.next = reader.read();
    if (next == BYTE_ORDER_MARK) {
      next = reader.read();
    }
  }

  /** Opens a file; what is no UTF-8 throws where it is read. */
  static TextLines of(Path file, int longest) throws IOException {
    Reader reader = open(file);
    try {
      return new TextLines(reader, longest);
    } catch (IOException e) {
      reader.close();
      throw e;
    }
  }

  /** Reads a file to its end; throws if it cannot be read or is no UTF-8. */
  static void check(Path file) throws IOException {
    try (Reader reader = open(file)) {
      char[] buffer = new char[BUFFER];
      while (reader.read(buffer) >= 0) {
        // What cannot be decoded throws.
      }
    }
  }

  private static Reader open(Path file) throws IOException {
    return new BufferedReader(
        new InputStreamReader(
            Files.newInputStream(file),
            StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT)),
        BUFFER);
  }

  /** Tells whether there is another line. */
  boolean hasNext() {
    return next != END;
  }

  /** Returns the next line without its end, and without what is beyond the longest there may be. */
  String next() throws IOException {
    StringBuilder line = new StringBuilder();
    cut = false;
    number++;
    while (next != END && next != '\n') {
      if (line.length() < longest) {
        line.append((char) next);
      } else {
        cut = true;
      }
      next = reader.read();
    }
    next = next == END ? END : reader.read();
    int last = line.length() - 1;
    if (last >= 0 && line.charAt(last) == '\r') {
      line.setLength(last);
    }
    return line.toString();
  }

  /** Returns the number of the line that was read last, from 1. */
  long number() {
    return number;
  }

  /** Tells whether the line that was read last was longer. */
  boolean cut() {
    return cut;
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
