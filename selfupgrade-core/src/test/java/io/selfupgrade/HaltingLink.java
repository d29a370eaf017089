package io.selfupgrade;

import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.launcher.Halt;
import io.selfupgrade.launcher.HaltingDisk;
import java.nio.file.Path;

/** Lets an agent under test end at each effect of its own on the home directory. */
public final class HaltingLink {
  private HaltingLink() {}

  /** Makes the agent write through a {@link HaltingDisk}, staging included. */
  public static SelfUpgradeBuilder on(SelfUpgradeBuilder builder, Halt halt) {
    return builder.launcher(
        () -> {
          String home = System.getenv().getOrDefault("SELFUPGRADE_HOME", "");
          return LauncherLink.from(System.getenv(), new HaltingDisk(halt, Path.of(home)));
        });
  }
}
