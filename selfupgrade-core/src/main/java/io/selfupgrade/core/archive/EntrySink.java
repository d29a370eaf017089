package io.selfupgrade.core.archive;

import java.io.IOException;

/** Takes the entries of an archive, in its order. */
interface EntrySink {

  /** Takes a directory; the name may end with a slash. */
  void directory(String name) throws IOException, ArchiveException;

  /** Takes a file and reads its content to the end. */
  void file(String name, boolean executable, EntryContent content)
      throws IOException, ArchiveException;
}
