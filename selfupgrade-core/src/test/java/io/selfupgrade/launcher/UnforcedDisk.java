package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.file.Path;

/** The real disk, without waiting for it: nobody pulls the plug of the machine that tests. */
public final class UnforcedDisk implements Disk {
  @Override
  public void createDirectories(Path directory) throws IOException {
    REAL.createDirectories(directory);
  }

  @Override
  public void create(Path file, byte[] content) throws IOException {
    REAL.create(file, content);
  }

  @Override
  public void append(Path file, byte[] content) throws IOException {
    REAL.append(file, content);
  }

  @Override
  public void truncate(Path file, long length) throws IOException {
    REAL.truncate(file, length);
  }

  @Override
  public void force(Path file) {}

  @Override
  public void rename(Path from, Path to) throws IOException {
    REAL.rename(from, to);
  }

  @Override
  public boolean delete(Path path) throws IOException {
    return REAL.delete(path);
  }

  @Override
  public void syncDirectory(Path directory) {}
}
