package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.release.KeptKeys;
import io.selfupgrade.core.release.KeyRing;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.upgrade.KeyChange;
import io.selfupgrade.upgrade.PolicyStore;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.Trust;
import java.io.IOException;
import java.util.Optional;

/**
 * Which keys count now, and the keeping of those that the running release brings and revokes.
 *
 * <p>A release's keys count once it is confirmed: its own process knows that from the journal, a
 * later one from the launcher's pointer to it. So a kill between the two loses nothing: whoever
 * runs as the confirmed version keeps them. Trust is widened by the signed file in the slot only; a
 * row of the store can narrow it, and outlives the home.
 */
final class KeysInForce {

  private final AgentName agent;
  private final PolicyStore rows;
  private final Trust trust;
  private final Optional<LauncherLink> link;
  private Optional<Release> own = Optional.empty();
  private boolean confirmed;

  KeysInForce(AgentName agent, PolicyStore rows, Trust trust, Optional<LauncherLink> link) {
    this.agent = agent;
    this.rows = rows;
    this.trust = trust;
    this.link = link;
  }

  /** Returns the keys that count, after what the confirmed version changes was kept. */
  synchronized KeyRing ring() throws RefusalException {
    keep();
    KeyRing ring = KeyRing.of(trust).without(rows.revokedKeys(agent));
    return link.isPresent() ? new KeptKeys(link.get().home()).addTo(ring) : ring;
  }

  /** Notes that the journal has confirmed the version that runs here. */
  synchronized void confirmed() {
    confirmed = true;
  }

  /** Keeps what the release that runs here changes, if it is the confirmed one; idempotent. */
  synchronized void keep() throws RefusalException {
    if (link.isEmpty() || !isConfirmed(link.get())) {
      return;
    }
    if (own.isEmpty()) {
      own = Optional.of(Acceptance.read(link.get().slot()));
    }
    KeyChange change = own.get().keys();
    if (change.isEmpty()) {
      return;
    }
    Version version = own.get().version();
    if (!rows.revokedKeys(agent).keySet().containsAll(change.revoked())) {
      rows.revoke(agent, change.revoked(), version);
    }
    if (new KeptKeys(link.get().home()).keep(change, version.toString())) {
      UpgradeEngine.LOG.info("{} is confirmed and {}", version, change.summary());
    }
  }

  private boolean isConfirmed(LauncherLink found) {
    try {
      return confirmed
          || found
              .home()
              .confirmedVersion()
              .equals(Optional.of(found.version().version().toString()));
    } catch (IOException e) {
      throw new AdapterException(
          "Home", found.home().current() + " cannot be read: " + e.getMessage(), true, e);
    }
  }
}
