package io.selfupgrade.core.archive;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** Reads a tar of regular files and directories, in the formats ustar, pax and GNU. */
final class TarReader {

  private static final int MAX_RECORD_BYTES = 1 << 13;
  private static final int OVERHEAD_PER_ENTRY_BYTES = 5 * TarHeader.BLOCK;
  private static final int MAX_END_BYTES = 1 << 20;
  private static final long OWNER_EXECUTES = 0100;

  private final GzipBytes gzip;
  private Optional<String> nextName = Optional.empty();
  private boolean recordBefore;

  TarReader(GzipBytes gzip) {
    this.gzip = gzip;
  }

  /** Returns how long a tar of files with this sum of lengths can be. */
  static long mostBytes(long fileBytes) {
    return fileBytes + (long) EntryNames.MAX_ENTRIES * OVERHEAD_PER_ENTRY_BYTES + MAX_END_BYTES;
  }

  void readTo(EntrySink sink) throws IOException, ArchiveException {
    byte[] block = new byte[TarHeader.BLOCK];
    for (readFully(block); !isZero(block); readFully(block)) {
      TarHeader header = TarHeader.parse(block);
      switch (header.type()) {
        case '0', '\0' -> entry(header, sink, true);
        case '5' -> entry(header, sink, false);
        case 'L' -> record(header);
        case 'x' -> record(header);
        case 'g' -> globalRecord(header);
        default ->
            throw ArchiveException.unsafe(
                "entry "
                    + EntryNames.shown(header.name())
                    + " is neither a file nor a directory (type "
                    + EntryNames.shown(String.valueOf(header.type()))
                    + "): leave it out");
      }
    }
    requireEnd(block);
  }

  private void entry(TarHeader header, EntrySink sink, boolean isFile)
      throws IOException, ArchiveException {
    String name = nextName.orElse(header.name());
    nextName = Optional.empty();
    recordBefore = false;
    if (isFile) {
      boolean executable = (header.mode() & OWNER_EXECUTES) != 0;
      sink.file(withoutDot(name), executable, new Content(header.size()));
      return;
    }
    if (header.size() != 0) {
      throw ArchiveException.invalid(
          "directory " + EntryNames.shown(name) + " has a content: the tar is damaged");
    }
    if (!name.equals("./") && !name.equals(".")) {
      sink.directory(withoutDot(name));
    }
  }

  /** What {@code tar -C FOLDER .} writes before each name. */
  private static String withoutDot(String name) {
    return name.startsWith("./") ? name.substring(2) : name;
  }

  private void record(TarHeader header) throws IOException, ArchiveException {
    if (recordBefore) {
      throw ArchiveException.invalid(
          "two records describe one entry, and readers differ about them: pack it again");
    }
    recordBefore = true;
    byte[] content = recordContent(header);
    if (header.type() == 'x') {
      nextName = PaxRecords.path(content);
      return;
    }
    int end = content.length;
    while (end > 0 && content[end - 1] == 0) {
      end--;
    }
    nextName = Optional.of(new String(content, 0, end, StandardCharsets.ISO_8859_1));
  }

  private void globalRecord(TarHeader header) throws IOException, ArchiveException {
    if (PaxRecords.path(recordContent(header)).isPresent()) {
      throw ArchiveException.invalid("a global pax header names all entries: pack it without");
    }
  }

  private byte[] recordContent(TarHeader header) throws IOException, ArchiveException {
    if (header.size() > MAX_RECORD_BYTES) {
      throw ArchiveException.tooLarge(
          "a record that describes an entry has "
              + header.size()
              + " bytes: expected at most "
              + MAX_RECORD_BYTES);
    }
    byte[] content = new byte[(int) header.size()];
    readFully(content);
    skipPadding(header.size());
    return content;
  }

  private void requireEnd(byte[] block) throws IOException, ArchiveException {
    if (recordBefore) {
      throw ArchiveException.invalid(
          "a record describes an entry that is not there: the tar is damaged");
    }
    readFully(block);
    int rest = 0;
    for (int n = TarHeader.BLOCK; n >= 0; n = gzip.read(block, 0, block.length)) {
      Arrays.fill(block, n, block.length, (byte) 0);
      rest += n;
      if (!isZero(block) || rest > MAX_END_BYTES) {
        throw ArchiveException.invalid(
            "there is more after the end of the tar: pack it again, as one tar");
      }
    }
  }

  private void readFully(byte[] target) throws IOException, ArchiveException {
    for (int done = 0; done < target.length; ) {
      int n = gzip.read(target, done, target.length - done);
      if (n < 0) {
        throw ArchiveException.invalid("the tar is cut off: pack it again");
      }
      done += n;
    }
  }

  private void skipPadding(long size) throws IOException, ArchiveException {
    readFully(new byte[(int) (-size & (TarHeader.BLOCK - 1))]);
  }

  private static boolean isZero(byte[] block) {
    for (byte each : block) {
      if (each != 0) {
        return false;
      }
    }
    return true;
  }

  private final class Content implements EntryContent {

    private final long size;
    private long left;

    Content(long size) {
      this.size = size;
      this.left = size;
    }

    @Override
    public int read(byte[] buffer, int length) throws IOException, ArchiveException {
      if (left == 0) {
        skipPadding(size);
        return -1;
      }
      int n = gzip.read(buffer, 0, (int) Math.min(length, left));
      if (n < 0) {
        throw ArchiveException.invalid("the tar is cut off: pack it again");
      }
      left -= n;
      return n;
    }

    @Override
    public long packedBytes() {
      return gzip.packedBytes();
    }
  }
}
