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
import io.selfupgrade.upgrade.Freshness;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.SignedDocument;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/** Asks the source what is newest, and believes only what is signed. */
final class ReleaseFinder {

  private final AgentName agent;
  private final ReleaseSource source;
  private final Policy policy;
  private final String channel;
  private final KeysInForce keys;
  private final Seen seen;
  private volatile Optional<Reason> bad = Optional.empty();

  ReleaseFinder(AgentName agent, UpgradeSettings settings, KeysInForce keys, Seen seen) {
    this.agent = agent;
    this.source = settings.source();
    this.policy = settings.policy();
    this.channel = policy.channel();
    this.keys = keys;
    this.seen = seen;
  }

  /** Has a newer release made, where the source can; as a primary, unless upgrades are frozen. */
  void seek(Situation situation) {
    if (situation.fence().isPresent() && situation.frozen().isEmpty()) {
      source.seek(channel);
    }
  }

  /** Returns the newest release of the channel if it is newer than the running version. */
  Optional<VerifiedRelease> newerThan(Version running) throws RefusalException {
    Optional<Version> newest = newest();
    return newest.isPresent() && newest.get().newerThan(running)
        ? Optional.of(release(newest.get()))
        : Optional.empty();
  }

  /** Returns the newest version of the channel, empty while none is published. */
  Optional<Version> newest() throws RefusalException {
    Optional<SignedDocument> latest;
    try {
      latest = source.latest(channel, IndexCodec.MAX_BYTES);
    } catch (IOException e) {
      if (e.getCause() instanceof RefusalException refusal) {
        // A source that builds here has refused what it would have had to build.
        bad = Optional.of(refusal.reason());
        throw refusal;
      }
      throw away("the index of channel " + channel, e);
    }
    if (latest.isEmpty()) {
      return Optional.empty();
    }
    ReleaseIndex index;
    try {
      index =
          new TrustVerifier(keys.ring())
              .index(latest.get(), agent.value(), channel, seen.now())
              .notBefore(seen.serial(channel))
              .index();
    } catch (RefusalException e) {
      bad = Optional.of(e.reason());
      throw e;
    }
    seen.saw(channel, index.serial());
    bad = Optional.empty();
    return Optional.of(index.version());
  }

  /** Tells whether a good index was seen lately. */
  Freshness freshness() {
    Instant now = seen.storeTime();
    Optional<Instant> good = seen.lastGood(channel);
    Instant since = good.orElse(seen.begun());
    Optional<Reason> expired = bad.filter(reason -> reason.code() == ReasonCode.EXPIRED);
    if (expired.isPresent()) {
      return new Freshness(good, expired);
    }
    if (!since.plus(policy.staleAfter()).isBefore(now)) {
      return new Freshness(good, Optional.empty());
    }
    String cause =
        bad.map(reason -> "the last one was refused: " + reason.message())
            .orElse("it could not be read, or none is published");
    return new Freshness(
        good,
        Optional.of(
            new Reason(
                ReasonCode.STALE,
                "no good index of channel "
                    + channel
                    + " was seen since "
                    + since
                    + ", expected one every "
                    + policy.staleAfter()
                    + "; "
                    + cause
                    + ": see that "
                    + source.describe()
                    + " can be reached and that the index is signed anew in time")));
  }

  /** Refuses to go on with a release while it is not known whether a newer one replaced it. */
  void requireFresh() throws RefusalException {
    Optional<Reason> stale = freshness().stale();
    if (stale.isPresent()) {
      throw new RefusalException(stale.get().code(), stale.get().message());
    }
  }

  /** Returns the verified manifest of a version that may be installed. */
  VerifiedRelease release(Version version) throws RefusalException {
    return release(version, seen.now());
  }

  /** Returns the verified manifest of a version that was confirmed: its expiry is not asked. */
  VerifiedRelease confirmed(Version version) throws RefusalException {
    return release(version, Instant.EPOCH);
  }

  private VerifiedRelease release(Version version, Instant now) throws RefusalException {
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
    return new TrustVerifier(keys.ring()).release(manifest.get(), agent.value(), version, now);
  }

  private AdapterException away(String what, IOException cause) {
    return new AdapterException(
        "ReleaseSource",
        what + " cannot be read from " + source.describe() + ": " + cause.getMessage(),
        true,
        cause);
  }
}
