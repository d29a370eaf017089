package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.util.Arrays;

/** A disk on which one effect fails, once. */
public final class FailingDisk extends WatchedDisk {
  private final Disk disk;
  private final int failing;
  private final Fault fault;
  private int effects;
  private boolean failed;
  private String where = "";

  /** How it fails. */
  public enum Fault {
    /** The disk is full: half of what was to be written is there. */
    ENOSPC,
    /** The device fails, before anything happened. */
    EIO,
    /** The device fails, after it happened. */
    EIO_AFTER,
    /** It is not allowed. */
    EACCES
  }

  /** Lets effect {@code failing}, counted from 1, fail; none if it is 0. */
  public FailingDisk(Disk disk, int failing, Fault fault) {
    super(disk);
    this.disk = disk;
    this.failing = failing;
    this.fault = fault;
  }

  /** Returns how many effects there were. */
  public int effects() {
    return effects;
  }

  /** Tells whether it has failed. */
  public boolean failed() {
    return failed;
  }

  /** Returns what has failed, empty before. */
  public String where() {
    return where;
  }

  @Override
  protected void effect(Effect effect, Step step) throws IOException {
    effects++;
    if (effects != failing) {
      step.run();
      return;
    }
    failed = true;
    where = effect.toString();
    String path = effect.path().toString();
    switch (fault) {
      case ENOSPC -> {
        half(effect);
        throw new FileSystemException(path, null, "No space left on device");
      }
      case EIO_AFTER -> {
        step.run();
        throw new FileSystemException(path, null, "Input/output error");
      }
      case EACCES -> throw new AccessDeniedException(path);
      default -> throw new FileSystemException(path, null, "Input/output error");
    }
  }

  private void half(Effect effect) throws IOException {
    byte[] bytes = Arrays.copyOf(effect.bytes(), effect.content().remaining() / 2);
    if (effect.kind() == Effect.Kind.CREATE) {
      disk.create(effect.path(), bytes);
    } else if (effect.kind() == Effect.Kind.APPEND) {
      disk.append(effect.path(), bytes);
    }
  }
}
