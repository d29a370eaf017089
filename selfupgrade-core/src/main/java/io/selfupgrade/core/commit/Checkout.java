package io.selfupgrade.core.commit;

import io.selfupgrade.core.archive.ArchiveException;
import io.selfupgrade.core.archive.Archives;
import io.selfupgrade.core.archive.Deadline;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.launcher.Disk;
import io.selfupgrade.upgrade.Archive;
import io.selfupgrade.upgrade.CommitSource;
import io.selfupgrade.upgrade.LocalBuild;
import io.selfupgrade.upgrade.ReasonCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Lays the files of a verified commit out, and requires that they are the commit's. */
final class Checkout {

  private static final int BUFFER_BYTES = 1 << 16;

  private final CommitSource commits;
  private final LocalBuild.Limits limits;

  Checkout(CommitSource commits, LocalBuild.Limits limits) {
    this.commits = commits;
    this.limits = limits;
  }

  /**
   * Lays the files out.
   *
   * @param directory an empty one
   * @return where they lie
   * @throws RefusalException if they are not what was signed, or cannot be taken over safely
   * @throws IOException if they cannot be read or written
   */
  Path layOut(CommitObject commit, Path directory) throws IOException, RefusalException {
    Path packed = directory.resolve("files.tar.gz");
    Path unpacked = directory.resolve("unpacked");
    Deadline deadline = new Deadline(limits.time(), System::nanoTime);
    fetch(commit, packed);
    try {
      Archive archive =
          Archives.describe(packed, Archive.Format.TAR_GZ, "files", limits.diskBytes(), deadline);
      Archives.unpack(Disk.REAL, packed, archive, unpacked, deadline);
    } catch (ArchiveException e) {
      throw new RefusalException(
          e.code(), "the files of commit " + commit.id() + " cannot be taken: " + e.seen(), e);
    }
    Files.delete(packed);
    Path root = onlyDirectory(commit, unpacked);
    String seen = GitTree.of(root);
    if (!seen.equals(commit.tree())) {
      throw new RefusalException(
          ReasonCode.DIGEST_MISMATCH,
          "the files that "
              + commits.describe()
              + " gives for commit "
              + commit.id()
              + " are the tree "
              + seen
              + ", and "
              + commit.tree()
              + " was signed: something on the way changed them, or the commit has links, submodules"
              + " or attributes that leave out or change what is exported (export-ignore,"
              + " export-subst, eol), which are not supported");
    }
    return root;
  }

  private void fetch(CommitObject commit, Path file) throws IOException, RefusalException {
    long start = System.nanoTime();
    long length = 0;
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = commits.files(commit.id());
        OutputStream out = Files.newOutputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        length += n;
        if (length > limits.diskBytes()) {
          throw new RefusalException(
              ReasonCode.TOO_LARGE,
              "the files of commit "
                  + commit.id()
                  + " have more than "
                  + limits.diskBytes()
                  + " bytes, packed: allow the build more, or keep large files elsewhere");
        }
        if (System.nanoTime() - start > limits.time().toNanos()) {
          throw new IOException(
              "the files of commit " + commit.id() + " did not come within " + limits.time());
        }
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedIOException("interrupted while files were fetched");
        }
        out.write(buffer, 0, n);
      }
    }
  }

  private static Path onlyDirectory(CommitObject commit, Path unpacked)
      throws IOException, RefusalException {
    Path only = unpacked;
    int count = 0;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(unpacked)) {
      for (Path entry : entries) {
        only = entry;
        count++;
      }
    }
    if (count != 1 || !Files.isDirectory(only, LinkOption.NOFOLLOW_LINKS)) {
      throw new RefusalException(
          ReasonCode.ARCHIVE_INVALID,
          "the files of commit "
              + commit.id()
              + " lie in "
              + count
              + " places: expected one directory, as GitHub packs them");
    }
    return only;
  }
}
