package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;

/** A disk of which a test sees each effect, and decides what becomes of it. */
public abstract class WatchedDisk implements Disk {
  private final Disk disk;

  /** Watches that disk. */
  protected WatchedDisk(Disk disk) {
    this.disk = Objects.requireNonNull(disk, "disk");
  }

  /** Carries an effect out; called once for each. */
  protected abstract void effect(Effect effect, Step step) throws IOException;

  /** The effect itself. */
  @FunctionalInterface
  public interface Step {
    /** Carries it out. */
    void run() throws IOException;
  }

  @Override
  public final void createDirectories(Path directory) throws IOException {
    effect(
        Effect.of(Effect.Kind.CREATE_DIRECTORIES, directory),
        () -> disk.createDirectories(directory));
  }

  @Override
  public final void create(Path file, byte[] content) throws IOException {
    effect(Effect.of(Effect.Kind.CREATE, file, content), () -> disk.create(file, content));
  }

  @Override
  public final void append(Path file, byte[] content) throws IOException {
    effect(Effect.of(Effect.Kind.APPEND, file, content), () -> disk.append(file, content));
  }

  @Override
  public final void truncate(Path file, long length) throws IOException {
    effect(Effect.truncate(file, length), () -> disk.truncate(file, length));
  }

  @Override
  public final void force(Path file) throws IOException {
    effect(Effect.of(Effect.Kind.FORCE, file), () -> disk.force(file));
  }

  @Override
  public final void rename(Path from, Path to) throws IOException {
    effect(Effect.rename(from, to), () -> disk.rename(from, to));
  }

  @Override
  public final boolean delete(Path path) throws IOException {
    boolean[] was = new boolean[1];
    effect(Effect.of(Effect.Kind.DELETE, path), () -> was[0] = disk.delete(path));
    return was[0];
  }

  @Override
  public final void syncDirectory(Path directory) throws IOException {
    effect(Effect.of(Effect.Kind.SYNC_DIRECTORY, directory), () -> disk.syncDirectory(directory));
  }
}
