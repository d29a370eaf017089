package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.release.IndexCodec;
import io.selfupgrade.core.release.ManifestCodec;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.core.release.ReleaseIndex;
import io.selfupgrade.core.release.TrustVerifier;
import io.selfupgrade.core.release.VerifiedRelease;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.SignedDocument;
import java.io.IOException;
import java.util.Optional;

/** Asks the source what is newest, and believes only what is signed. */
final class ReleaseFinder {

  private final AgentName agent;
  private final ReleaseSource source;
  private final String channel;
  private final TrustVerifier verifier;
  private final Seen seen;

  ReleaseFinder(AgentName agent, UpgradeSettings settings, Seen seen) {
    this.agent = agent;
    this.source = settings.source();
    this.channel = settings.channel();
    this.verifier = new TrustVerifier(settings.trust());
    this.seen = seen;
  }

  /** Returns the newest release of the channel if it is newer than the running version. */
  Optional<VerifiedRelease> newerThan(Version running) throws RefusalException {
    Optional<SignedDocument> latest;
    try {
      latest = source.latest(channel, IndexCodec.MAX_BYTES);
    } catch (IOException e) {
      throw away("the index of channel " + channel, e);
    }
    if (latest.isEmpty()) {
      return Optional.empty();
    }
    ReleaseIndex index =
        verifier
            .index(latest.get(), agent.value(), channel, seen.now())
            .notBefore(seen.serial(channel))
            .index();
    seen.saw(channel, index.serial());
    return index.version().newerThan(running)
        ? Optional.of(release(index.version()))
        : Optional.empty();
  }

  /** Returns the verified manifest of a version. */
  VerifiedRelease release(Version version) throws RefusalException {
    Optional<SignedDocument> manifest;
    try {
      manifest = source.manifest(version, ManifestCodec.MAX_BYTES);
    } catch (IOException e) {
      throw away("the manifest of " + version, e);
    }
    if (manifest.isEmpty()) {
      throw new RefusalException(
          ReasonCode.WRONG_RELEASE,
          "channel "
              + channel
              + " names "
              + version
              + ", but "
              + source.describe()
              + " has no such release: publish its files before its index");
    }
    return verifier.release(manifest.get(), agent.value(), version, seen.now());
  }

  private AdapterException away(String what, IOException cause) {
    return new AdapterException(
        "ReleaseSource",
        what + " cannot be read from " + source.describe() + ": " + cause.getMessage(),
        true,
        cause);
  }
}
