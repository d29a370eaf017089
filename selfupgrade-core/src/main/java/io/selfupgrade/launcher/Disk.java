package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Every effect on disk of launcher and agent, one by one: a kill can come between any two of them.
 *
 * <p>Nothing that was written survives a power loss for certain before it was forced, and no name
 * before its directory was. Reading needs no disk. Thread-safe.
 *
 * <p>Not here: the files of OS locks, which have no content, and the output of children.
 */
public interface Disk {
  /** The file system of this host. */
  Disk REAL = new RealDisk();

  /**
   * Creates a directory and its parents where they are missing.
   *
   * @throws IOException if it cannot be created
   */
  void createDirectories(Path directory) throws IOException;

  /**
   * Creates a file with this content.
   *
   * @throws IOException if it exists, or cannot be written; a part of it may then be there
   */
  void create(Path file, byte[] content) throws IOException;

  /**
   * Appends to a file that exists.
   *
   * @throws IOException if it cannot be written; a part of it may then be there
   */
  void append(Path file, byte[] content) throws IOException;

  /**
   * Cuts a file.
   *
   * @throws IOException if it cannot be cut
   */
  void truncate(Path file, long length) throws IOException;

  /**
   * Returns when the content of a file is on disk, whoever wrote it.
   *
   * @throws IOException if that is not certain
   */
  void force(Path file) throws IOException;

  /**
   * Gives a file or directory another name, atomically; a file that has the name is replaced.
   *
   * @throws IOException if it cannot be done; both names are then as they were
   */
  void rename(Path from, Path to) throws IOException;

  /**
   * Deletes a file or an empty directory, if it is there.
   *
   * @return whether it was there
   * @throws IOException if it cannot be deleted
   */
  boolean delete(Path path) throws IOException;

  /**
   * Returns when the names in a directory are on disk.
   *
   * @throws IOException if that is not certain
   */
  void syncDirectory(Path directory) throws IOException;
}
