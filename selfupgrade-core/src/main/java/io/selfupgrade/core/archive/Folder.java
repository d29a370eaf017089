package io.selfupgrade.core.archive;

import io.selfupgrade.launcher.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Where an archive is unpacked to.
 *
 * @param disk what is written goes through it
 * @param root the directory that nothing gets out of
 */
record Folder(Disk disk, Path root) {

  void directory(String path) throws IOException, ArchiveException {
    disk.createDirectories(below(path));
  }

  /** Creates a file, empty, with the directories that it needs. */
  Target create(String path, boolean executable) throws IOException, ArchiveException {
    Path file = below(path);
    Path parent = file.getParent();
    disk.createDirectories(parent == null ? root : parent);
    disk.create(file, new byte[0]);
    if (executable) {
      makeExecutable(file);
    }
    return new Target(disk, file);
  }

  /** The name was judged before; this holds if the judge was wrong. */
  private Path below(String path) throws ArchiveException {
    Path target = root.resolve(path).normalize();
    if (!target.startsWith(root) || target.equals(root)) {
      throw ArchiveException.unsafe(
          "entry " + EntryNames.shown(path) + " is not below its folder: pack it with plain names");
    }
    return target;
  }

  /** The owner's right alone: nobody else's, and no setuid, is taken from an archive. */
  private static void makeExecutable(Path file) throws IOException {
    PosixFileAttributeView view =
        Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    if (view != null) {
      view.setPermissions(PosixFilePermissions.fromString("rwx------"));
    }
  }

  /** A file that is being written. */
  record Target(Disk disk, Path file) {

    void append(byte[] content) throws IOException {
      disk.append(file, content);
    }
  }
}
