package io.selfupgrade.core.upgrade;

import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.upgrade.Install;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * What this process stands on, and what brings the next version: at most one of the two.
 *
 * @param link the launcher that started this instance
 * @param platform the platform that is asked for the next version
 */
public record Host(Optional<LauncherLink> link, Optional<Install.Deploying> platform) {

  /** Validates that there is at most one. */
  public Host {
    Objects.requireNonNull(link, "link");
    Objects.requireNonNull(platform, "platform");
    if (link.isPresent() && platform.isPresent()) {
      throw new IllegalArgumentException("a process of the launcher is not deployed by a platform");
    }
  }

  /** A process that a launcher started, or nobody that could start another one. */
  public static Host launched(Optional<LauncherLink> link) {
    return new Host(link, Optional.empty());
  }

  /** Returns the launcher's home, or a place of this process's own that nobody reads after it. */
  Home homeOf(InstanceRecord self) {
    Path own = Path.of(System.getProperty("java.io.tmpdir"), "selfupgrade-" + self.id());
    return link.map(LauncherLink::home).orElseGet(() -> Home.at(own));
  }

  /** A process on a platform. */
  public static Host deployed(Install.Deploying platform) {
    return new Host(Optional.empty(), Optional.of(platform));
  }
}
