package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.release.KeptKeys;
import io.selfupgrade.core.release.KeyRing;
import io.selfupgrade.core.release.ManifestCodec;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.core.release.TrustVerifier;
import io.selfupgrade.upgrade.KeyChange;
import io.selfupgrade.upgrade.PolicyStore;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.Trust;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;

/**
 * Which keys count now, and the keeping of those that the running release brings and revokes.
 *
 * <p>A release's keys count once it is confirmed: its own process knows that from the journal, a
 * later one from the launcher's pointer to it. So a kill between the two loses nothing: whoever
 * runs as the confirmed version keeps them.
 *
 * <p>What one home has confirmed counts in each: a home that is behind, or new, replays the
 * manifests that the others noted in the store, from the keys that it trusts itself and by their
 * signatures alone; then the revoked keys are taken away, by whichever release and whether its
 * manifest was believed or not. So a signature of a revoked key counts for nothing but the bytes
 * that were confirmed, and a row widens trust only by what enough of the home's own keys signed.
 */
final class KeysInForce {

  private final AgentName agent;
  private final PolicyStore rows;
  private final Trust trust;
  private final Optional<LauncherLink> link;
  private Optional<Release> own = Optional.empty();
  private boolean confirmed;
  private boolean noted;

  KeysInForce(AgentName agent, PolicyStore rows, Trust trust, Optional<LauncherLink> link) {
    this.agent = agent;
    this.rows = rows;
    this.trust = trust;
    this.link = link;
  }

  /** Returns the keys that count, after what the confirmed version changes was kept. */
  synchronized KeyRing ring() throws RefusalException {
    keep();
    KeyRing ring = KeyRing.of(trust);
    if (link.isPresent()) {
      ring = new KeptKeys(link.get().home()).addTo(ring);
    }
    for (SignedDocument change : rows.keyChanges(agent)) {
      ring = after(ring, change);
    }
    return ring.without(rows.revokedKeys(agent));
  }

  private KeyRing after(KeyRing ring, SignedDocument change) {
    try {
      return new TrustVerifier(ring).after(change, agent.value());
    } catch (RefusalException e) {
      UpgradeEngine.LOG.debug("a noted change of keys does not count here", e);
      return ring;
    }
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
      own = Optional.of(SlotInstaller.read(link.get().slot()));
    }
    KeyChange change = own.get().keys();
    if (change.isEmpty()) {
      return;
    }
    Version version = own.get().version();
    if (!noted || !rows.revokedKeys(agent).keySet().containsAll(change.revoked())) {
      // Before the revocation: the homes that are behind need what replaces the revoked keys.
      manifest(link.get()).ifPresent(manifest -> rows.noteKeyChange(agent, manifest));
      rows.revoke(agent, change.revoked(), version);
      noted = true;
    }
    if (new KeptKeys(link.get().home()).keep(change, version.toString())) {
      UpgradeEngine.LOG.info("{} is confirmed and {}", version, change.summary());
    }
  }

  /** Empty if somebody deleted the signatures: nobody could verify it, and revoking goes on. */
  private static Optional<SignedDocument> manifest(LauncherLink found) {
    try {
      return Optional.of(ManifestCodec.signed(found.slot()));
    } catch (NoSuchFileException e) {
      UpgradeEngine.LOG.warn(
          "other homes do not learn of the keys of this release: no {}", e.getMessage());
      return Optional.empty();
    } catch (IOException e) {
      throw new AdapterException(
          "Home", "the manifest in " + found.slot() + " cannot be read: " + e, true, e);
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
