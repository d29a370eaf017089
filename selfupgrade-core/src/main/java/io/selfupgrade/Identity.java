package io.selfupgrade;

import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.LauncherLink;
import java.util.List;
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

  static Optional<Identity> of(
      Optional<LauncherLink> link, @Nullable String declared, Class<?> host) {
    if (link.isPresent()) {
      LauncherLink.Slot slot = link.get().version();
      if (declared != null && !Version.parse(declared).equals(slot.version())) {
        throw new ConfigurationException(
            List.of(
                "version(\""
                    + declared
                    + "\") differs from the slot's "
                    + slot.version()
                    + ": leave version(...) out, the slot tells it"));
      }
      return Optional.of(new Identity(link.get().instance(), slot.version(), slot.build(), link));
    }
    String text = declared == null ? host.getPackage().getImplementationVersion() : declared;
    Version version = text == null ? Version.UNVERSIONED : Version.parse(text);
    return Optional.of(new Identity(InstanceId.random(), version, "", Optional.empty()));
  }
}
