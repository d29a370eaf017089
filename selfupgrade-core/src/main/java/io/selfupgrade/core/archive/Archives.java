package io.selfupgrade.core.archive;

import io.selfupgrade.launcher.Disk;
import io.selfupgrade.upgrade.Archive;
import io.selfupgrade.upgrade.ReasonCode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/**
 * Reads archives of a release, of which length and digest were verified before.
 *
 * <p>An archive is taken whole or refused whole. Thread-safe.
 */
public final class Archives {

  private Archives() {}

  /**
   * Unpacks an archive into a new directory; what is left there after a refusal is the caller's to
   * remove.
   *
   * <p>Writes nothing outside of the directory. Each file is on disk; the lists of the directories
   * are the caller's to make durable. A file that its owner may execute in the archive may be
   * executed by its owner; no other right is taken over.
   *
   * @param disk what is written goes through it
   * @param file the archive
   * @param declared what the manifest says of it: neither more files nor more bytes are taken
   * @param directory where to; must not exist, its parent must
   * @return what was unpacked, sorted by path
   * @throws ArchiveException {@link ReasonCode#ARCHIVE_INVALID}, {@link ReasonCode#ARCHIVE_UNSAFE}
   *     or {@link ReasonCode#TOO_LARGE}
   * @throws IOException if the disk is in trouble or the time is over
   */
  public static List<UnpackedFile> unpack(
      Disk disk, Path file, Archive declared, Path directory, Deadline deadline)
      throws IOException, ArchiveException {
    if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(directory.toString());
    }
    disk.createDirectories(directory);
    List<UnpackedFile> files =
        taken(file, declared, Optional.of(new Folder(disk, directory)), deadline);
    for (UnpackedFile each : files) {
      deadline.require();
      disk.force(directory.resolve(each.path()));
    }
    return files;
  }

  /**
   * Reads an archive as {@link #unpack} does, without writing anything.
   *
   * @throws ArchiveException as {@link #unpack}
   * @throws IOException if the disk is in trouble or the time is over
   */
  public static List<UnpackedFile> list(Path file, Archive declared, Deadline deadline)
      throws IOException, ArchiveException {
    return taken(file, declared, Optional.empty(), deadline);
  }

  /**
   * Reads an archive that nobody has described yet, and describes it.
   *
   * @param maxBytes how many bytes its files may have together
   * @throws ArchiveException as {@link #unpack}
   * @throws IOException if the disk is in trouble or the time is over
   */
  public static Archive describe(
      Path file, Archive.Format format, String folder, long maxBytes, Deadline deadline)
      throws IOException, ArchiveException {
    Unpacking unpacking = new Unpacking(Optional.empty(), Archive.MAX_FILES, maxBytes, deadline);
    read(file, format, unpacking, maxBytes);
    if (unpacking.files().isEmpty()) {
      throw ArchiveException.invalid("there is no file in it: leave it out");
    }
    return new Archive(format, folder, unpacking.files().size(), unpacking.bytes());
  }

  private static List<UnpackedFile> taken(
      Path file, Archive declared, Optional<Folder> folder, Deadline deadline)
      throws IOException, ArchiveException {
    Unpacking unpacking = new Unpacking(folder, declared.files(), declared.bytes(), deadline);
    read(file, declared.format(), unpacking, declared.bytes());
    int files = unpacking.files().size();
    if (files != declared.files() || unpacking.bytes() != declared.bytes()) {
      throw ArchiveException.invalid(
          "there are "
              + files
              + " files of "
              + unpacking.bytes()
              + " bytes, the manifest says "
              + declared.files()
              + " of "
              + declared.bytes()
              + ": make the release again");
    }
    return unpacking.files().stream()
        .sorted((one, other) -> one.path().compareTo(other.path()))
        .toList();
  }

  static void read(Path file, Archive.Format format, EntrySink sink, long maxBytes)
      throws IOException, ArchiveException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (format == Archive.Format.ZIP) {
        new ZipReader(channel).readTo(sink);
      } else {
        try (GzipBytes gzip = new GzipBytes(channel, TarReader.mostBytes(maxBytes))) {
          new TarReader(gzip).readTo(sink);
        }
      }
    }
  }
}
