package io.selfupgrade.launcher;

import java.io.IOException;
import java.nio.file.Path;

/** The real disk, on which the JVM can end before and after each effect. */
public final class HaltingDisk extends WatchedDisk {
  private final Halt halt;
  private final Path home;

  /** Ends as {@code halt} says; names are relative to {@code home}. */
  public HaltingDisk(Halt halt, Path home) {
    super(Disk.REAL);
    this.halt = halt;
    this.home = home.toAbsolutePath().normalize();
  }

  @Override
  protected void effect(Effect effect, Step step) throws IOException {
    halt.around(effect.name(home), step);
  }
}
