package io.selfupgrade.core.release;

import io.selfupgrade.launcher.Disk;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** What is done to whole directories; links in them are never followed. */
final class Tree {

  private Tree() {}

  /** Deletes the directory with all that is in it; nothing happens if it is not there. */
  static void delete(Disk disk, Path root) throws IOException {
    if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            disk.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException trouble)
              throws IOException {
            if (trouble != null) {
              throw trouble;
            }
            disk.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Makes each file read-only, and each directory's list of entries durable. */
  static void seal(Disk disk, Path root) throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            protect(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException trouble)
              throws IOException {
            disk.syncDirectory(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** What its owner may execute stays so, for all who may read it. */
  private static void protect(Path file) throws IOException {
    PosixFileAttributeView view =
        Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    if (view != null) {
      boolean executable =
          view.readAttributes().permissions().contains(PosixFilePermission.OWNER_EXECUTE);
      view.setPermissions(PosixFilePermissions.fromString(executable ? "r-xr-xr-x" : "r--r--r--"));
    } else if (!file.toFile().setReadOnly()) {
      throw new IOException(file + " cannot be made read-only");
    }
  }
}
