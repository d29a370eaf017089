package io.selfupgrade.core.release;

import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.launcher.DurableFile;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.SignedDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.PublicKey;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Makes a release the newest of a channel, by an index beside it that agents will accept. */
final class Publication {

  private final Path out;
  private final String channel;
  private final List<SigningKey> keys;

  Publication(Path out, String channel, List<SigningKey> keys) {
    this.out = out;
    this.channel = channel;
    this.keys = keys;
  }

  ReleaseIndex of(SignedDocument manifest, Optional<Instant> expires, Instant now)
      throws IOException, RefusalException {
    Release release = ManifestCodec.decode(manifest.document());
    requireSigned(manifest, release);
    Optional<ReleaseIndex> previous = previous();
    if (previous.isPresent() && previous.get().version().newerThan(release.version())) {
      throw new IllegalStateException(
          "channel "
              + channel
              + " has "
              + previous.get().version()
              + ", and agents do not go from there to "
              + release.version()
              + ": publish the older content under a newer version number");
    }
    long serial = Math.max(previous.map(ReleaseIndex::serial).orElse(0L) + 1, now.getEpochSecond());
    ReleaseIndex index =
        new ReleaseIndex(release.id().name(), channel, release.version(), serial, now, expires);
    byte[] content = IndexCodec.encode(index);
    SignatureFile signatures = SignatureFile.empty();
    for (SigningKey key : keys) {
      signatures = signatures.signedBy(key, IndexCodec.DOCUMENT, content);
    }
    replace(content, signatures.encode());
    return index;
  }

  private void requireSigned(SignedDocument manifest, Release release) throws RefusalException {
    SignatureFile signatures = SignatureFile.decode(manifest.signatures(), ManifestCodec.DOCUMENT);
    for (SigningKey key : keys) {
      if (!signatures.keys().contains(key.id())) {
        throw new RefusalException(
            ReasonCode.TOO_FEW_SIGNATURES,
            "the release is signed by "
                + signatures.keys()
                + " and not by "
                + key.id()
                + ", which is to sign its index: sign the release with that key, then publish it");
      }
      if (!signatures.verifies(
          key.id(), key.publicKey(), ManifestCodec.DOCUMENT, manifest.document())) {
        throw new RefusalException(
            ReasonCode.SIGNATURE_INVALID,
            ManifestCodec.DOCUMENT
                + " was changed after key "
                + key.id()
                + " had signed it: make and sign the release anew");
      }
    }
    for (PublicKey key : release.keys().trusted()) {
      if (!signatures.verifies(Keys.id(key), key, ManifestCodec.DOCUMENT, manifest.document())) {
        throw new RefusalException(
            ReasonCode.ROTATION_NOT_SIGNED,
            "the release brings key "
                + Keys.id(key)
                + " and is not signed by it, so agents would refuse it: sign the release with that"
                + " key, then publish it");
      }
    }
  }

  private Optional<ReleaseIndex> previous() throws IOException, RefusalException {
    try {
      Optional<SignedDocument> found =
          DirectoryReleases.in(out).latest(channel, IndexCodec.MAX_BYTES);
      return found.isEmpty()
          ? Optional.empty()
          : Optional.of(IndexCodec.decode(found.get().document()));
    } catch (RefusalException e) {
      throw new RefusalException(e.reason().code(), damaged(e.reason().message()), e);
    } catch (IOException e) {
      throw new IOException(damaged(String.valueOf(e.getMessage())), e);
    }
  }

  private String damaged(String problem) {
    return "the index of channel "
        + channel
        + " is damaged: "
        + problem
        + "; remove "
        + out.resolve(name())
        + " and publish again: serials follow the clock, so agents accept the next one";
  }

  private String name() {
    return channel.equals(ReleaseTool.STABLE) ? IndexCodec.DOCUMENT : "latest-" + channel + ".json";
  }

  /** Both files are on disk before the first rename, so that a reader rarely sees one of them. */
  private void replace(byte[] content, byte[] signatures) throws IOException {
    String name = name();
    Path nextIndex = out.resolve("." + name + ".next");
    Path nextSignatures = out.resolve("." + name + ManifestCodec.SIGNATURES + ".next");
    DurableFile.replace(nextIndex, content);
    DurableFile.replace(nextSignatures, signatures);
    Files.move(
        nextSignatures,
        out.resolve(name + ManifestCodec.SIGNATURES),
        StandardCopyOption.ATOMIC_MOVE);
    Files.move(nextIndex, out.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    DurableFile.syncDirectory(out);
  }
}
