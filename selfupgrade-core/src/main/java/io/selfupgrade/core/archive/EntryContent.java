package io.selfupgrade.core.archive;

import java.io.IOException;

/** The content of one entry, read as far as its sink wants. */
interface EntryContent {

  /**
   * Reads up to {@code length} bytes to the buffer's beginning, at least one.
   *
   * @return how many; -1 at the end, which is then proven to be the right one
   * @throws ArchiveException if the content is not what the entry's header says
   */
  int read(byte[] buffer, int length) throws IOException, ArchiveException;

  /** Returns how many bytes of the archive were read until now. */
  long packedBytes();
}
