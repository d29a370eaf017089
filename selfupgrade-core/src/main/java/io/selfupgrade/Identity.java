package io.selfupgrade;

import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.LauncherLink;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who this process is.
 *
 * @param instance its identity, from the launcher or random
 * @param version its version
 * @param build SHA-256 of its slot's manifest; empty without a slot
 * @param link the launcher that started it
 */
record Identity(InstanceId instance, Version version, String build, Optional<LauncherLink> link) {

  static Identity of(Optional<LauncherLink> link, @Nullable String declared, Class<?> host) {
    if (link.isPresent()) {
      LauncherLink.Slot slot = link.get().version();
      if (declared != null && !Version.parse(declared).equals(slot.version())) {
        throw new IllegalArgumentException(
            "version \""
                + declared
                + "\" differs from the slot's "
                + slot.version()
                + ": leave the call out, the slot tells it");
      }
      return new Identity(link.get().instance(), slot.version(), slot.build(), link);
    }
    Version version =
        declared == null
            ? manifestVersion(host).orElse(Version.UNVERSIONED)
            : Version.parse(declared);
    return new Identity(InstanceId.random(), version, "", Optional.empty());
  }

  /** Tells where a version was looked for in vain. */
  static String described(Class<?> host) {
    String text = host.getPackage().getImplementationVersion();
    return text == null
        ? "the jar of " + host.getName() + " has no Implementation-Version"
        : "\"" + text + "\", the Implementation-Version of " + host.getName() + ", is none";
  }

  /** Reads the manifest's version; many hosts have one of another shape, and need none here. */
  private static Optional<Version> manifestVersion(Class<?> host) {
    try {
      return Optional.ofNullable(host.getPackage().getImplementationVersion()).map(Version::parse);
    } catch (IllegalArgumentException ignored) {
      return Optional.empty();
    }
  }
}
