package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Whole-file writes that survive a crash: the old content or the new one, never a mix.
 *
 * <p>Thread-safe; several processes may write the same path, the last rename wins.
 */
public final class DurableFile {
  private static final AtomicLong COUNTER = new AtomicLong();

  private DurableFile() {}

  /**
   * Replaces the content of {@code target} atomically and returns when it is on disk.
   *
   * @throws IOException if that is not certain; the target has its old content or the new one
   */
  public static void replace(Path target, byte[] content) throws IOException {
    replace(Disk.REAL, target, content);
  }

  /**
   * Replaces the content of {@code target} atomically and returns when it is on disk.
   *
   * <p>Writes a temporary file in the same directory, fsyncs it, renames it over the target and
   * fsyncs the directory. The directory must exist.
   *
   * @throws IOException if any of these steps fails; the target then has its old content, or the
   *     new one if only the last step failed
   */
  public static void replace(Disk disk, Path target, byte[] content) throws IOException {
    Path directory = directoryOf(target);
    Path temporary = directory.resolve(temporaryName(target));
    try {
      disk.create(temporary, content);
      disk.force(temporary);
      disk.rename(temporary, target);
    } catch (IOException e) {
      discard(disk, temporary, e);
      throw e;
    }
    disk.syncDirectory(directory);
  }

  /**
   * Deletes {@code target} if it is there and fsyncs its directory.
   *
   * @throws IOException if the file cannot be deleted or the directory cannot be fsynced
   */
  public static void remove(Disk disk, Path target) throws IOException {
    if (disk.delete(target)) {
      disk.syncDirectory(directoryOf(target));
    }
  }

  /**
   * Fsyncs a directory, so that creations, renames and deletions in it survive a power loss.
   *
   * @throws IOException if the directory cannot be opened or fsynced
   */
  public static void syncDirectory(Path directory) throws IOException {
    Disk.REAL.syncDirectory(directory);
  }

  /** Deletes what killed writers of {@code target} left behind; call it as the only writer. */
  static void removeLeftovers(Disk disk, Path target) throws IOException {
    String pattern = "." + target.getFileName() + ".*.tmp";
    try (DirectoryStream<Path> found = Files.newDirectoryStream(directoryOf(target), pattern)) {
      for (Path leftover : found) {
        disk.delete(leftover);
      }
    }
  }

  private static void discard(Disk disk, Path temporary, IOException cause) {
    try {
      disk.delete(temporary);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private static String temporaryName(Path target) {
    return "."
        + target.getFileName()
        + "."
        + ProcessHandle.current().pid()
        + "-"
        + COUNTER.incrementAndGet()
        + "-"
        + Long.toHexString(System.nanoTime())
        + ".tmp";
  }

  private static Path directoryOf(Path target) {
    Path directory = target.toAbsolutePath().getParent();
    if (directory == null) {
      throw new IllegalArgumentException("Not a file in a directory: " + target);
    }
    return directory;
  }
}
