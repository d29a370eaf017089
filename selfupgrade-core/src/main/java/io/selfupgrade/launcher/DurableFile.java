package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
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
   * <p>Writes a temporary file in the same directory, fsyncs it, renames it over the target and
   * fsyncs the directory. The directory must exist.
   *
   * @throws IOException if any of these steps fails; the target then has its old content
   */
  public static void replace(Path target, byte[] content) throws IOException {
    Path directory = directoryOf(target);
    Path temporary = directory.resolve(temporaryName(target));
    try {
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        ByteBuffer buffer = ByteBuffer.wrap(content);
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
        channel.force(true);
      }
      rename(temporary, target);
    } catch (IOException e) {
      discard(temporary, e);
      throw e;
    }
    syncDirectory(directory);
  }

  /**
   * Deletes {@code target} if it is there and fsyncs its directory.
   *
   * @throws IOException if the file cannot be deleted or the directory cannot be fsynced
   */
  public static void remove(Path target) throws IOException {
    if (Files.deleteIfExists(target)) {
      syncDirectory(directoryOf(target));
    }
  }

  /**
   * Fsyncs a directory, so that creations, renames and deletions in it survive a power loss.
   *
   * @throws IOException if the directory cannot be opened or fsynced
   */
  public static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Deletes what killed writers of {@code target} left behind; call it as the only writer. */
  static void removeLeftovers(Path target) throws IOException {
    String pattern = "." + target.getFileName() + ".*.tmp";
    try (DirectoryStream<Path> found = Files.newDirectoryStream(directoryOf(target), pattern)) {
      for (Path leftover : found) {
        Files.deleteIfExists(leftover);
      }
    }
  }

  private static void rename(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException(
          "Cannot replace "
              + to
              + " atomically: its file system has no atomic rename; put the"
              + " home directory on a local file system",
          e);
    }
  }

  private static void discard(Path temporary, IOException cause) {
    try {
      Files.deleteIfExists(temporary);
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
