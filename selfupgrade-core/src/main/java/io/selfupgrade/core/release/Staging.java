package io.selfupgrade.core.release;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.core.archive.Deadline;
import io.selfupgrade.launcher.DurableFile;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.launcher.LaunchFile;
import io.selfupgrade.launcher.Slot;
import io.selfupgrade.launcher.SlotDamagedException;
import io.selfupgrade.launcher.SlotFile;
import io.selfupgrade.launcher.StateFile;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.ReleaseFile;
import io.selfupgrade.upgrade.ReleaseSource;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Brings the files of a verified release into {@code staging/<upgrade>}, then into their slot.
 *
 * <p>What arrives in {@code versions/<version>} is complete, verified, on disk, read-only and came
 * by one rename; a kill at any point leaves at most a staging directory, which the next pull or
 * {@link #sweep} removes. Thread-safe for different upgrades.
 */
public final class Staging {

  private static final String PORT = "Staging";
  private static final long OVERHEAD_BYTES = 4L << 20;

  private final Home home;
  private final PullLimits limits;
  private final LongSupplier nanoTime;

  /** Stages in this home; performs no I/O. */
  public Staging(Home home, PullLimits limits) {
    this(home, limits, System::nanoTime);
  }

  Staging(Home home, PullLimits limits, LongSupplier nanoTime) {
    this.home = Objects.requireNonNull(home, "home");
    this.limits = Objects.requireNonNull(limits, "limits");
    this.nanoTime = nanoTime;
  }

  /**
   * Checks that the release fits: below the limit, and twice its size is free on the disk.
   *
   * @throws RefusalException {@link ReasonCode#TOO_LARGE} or {@link ReasonCode#NOT_ENOUGH_DISK}
   * @throws AdapterException if the disk cannot be asked
   */
  public void requireSpace(Release release) throws RefusalException {
    long bytes = release.totalBytes() + release.unpackedBytes();
    requireBelowLimit(release, bytes);
    long needed = 2 * bytes + OVERHEAD_BYTES;
    try {
      home.disk().createDirectories(home.staging());
      long free = Files.getFileStore(home.staging()).getUsableSpace();
      if (free < needed) {
        throw new RefusalException(
            ReasonCode.NOT_ENOUGH_DISK,
            home.staging()
                + " has "
                + free
                + " bytes free, release "
                + release.version()
                + " needs "
                + needed
                + ": free some space, such as old directories of "
                + home.versions());
      }
    } catch (IOException e) {
      throw trouble("the free space of " + home.staging() + " is not known", e);
    }
  }

  private void requireBelowLimit(Release release, long bytes) throws RefusalException {
    if (bytes > limits.maxTotalBytes()) {
      throw new RefusalException(
          ReasonCode.TOO_LARGE,
          "release "
              + release.version()
              + " has "
              + bytes
              + " bytes, what its archives unpack to included: expected at most "
              + limits.maxTotalBytes()
              + "; make it smaller or raise the limit");
    }
  }

  /**
   * Downloads all files, verifies each by what was really read, then unpacks archives; blocks.
   *
   * <p>Begins anew at each call: removes first what an earlier pull of this upgrade left, and what
   * it left itself if it fails.
   *
   * @return the directory: the release's files, what its archives hold, the manifest and its
   *     signatures exactly as received, and {@code launch.properties}; all on disk and read-only
   * @throws RefusalException {@link ReasonCode#DIGEST_MISMATCH}, {@link ReasonCode#TOO_LARGE},
   *     {@link ReasonCode#NOT_ENOUGH_DISK}, {@link ReasonCode#ARCHIVE_INVALID}, {@link
   *     ReasonCode#ARCHIVE_UNSAFE}, or {@link ReasonCode#MANIFEST_INVALID} if the archives lack
   *     what is launched
   * @throws AdapterException of port {@code ReleaseSource} or {@code Staging}, to be tried again
   */
  public Path pull(
      UUID upgrade, VerifiedRelease verified, ReleaseSource source, PullProgress progress)
      throws RefusalException {
    Release release = verified.release();
    discard(upgrade);
    requireSpace(release);
    Path directory = directory(upgrade);
    Deadline deadline = new Deadline(limits.total(), nanoTime);
    try (Download download =
        new Download(source, release, limits, progress, nanoTime, home.disk())) {
      home.disk().createDirectories(directory);
      fetch(download, release.files(), directory);
      LaunchFile launch = SlotContent.unpack(home.disk(), release, directory, deadline);
      writeRecords(verified, launch, directory);
      Tree.seal(home.disk(), directory);
      home.disk().syncDirectory(home.staging());
      return directory;
    } catch (IOException e) {
      AdapterException trouble =
          trouble("release " + release.version() + " cannot be written to " + directory, e);
      discardAfter(trouble, upgrade);
      throw trouble;
    } catch (RefusalException | RuntimeException e) {
      discardAfter(e, upgrade);
      throw e;
    }
  }

  /**
   * Downloads some of the files and verifies them as {@link #pull} does; blocks.
   *
   * <p>What comes of it is not to be started: nothing is unpacked, no record is written.
   *
   * @param wanted which files
   * @return the directory, on disk and read-only
   * @throws RefusalException {@link ReasonCode#DIGEST_MISMATCH} or {@link ReasonCode#TOO_LARGE}
   * @throws AdapterException of port {@code ReleaseSource} or {@code Staging}, to be tried again
   */
  public Path pullOnly(
      UUID upgrade, VerifiedRelease verified, ReleaseSource source, Predicate<ReleaseFile> wanted)
      throws RefusalException {
    Release release = verified.release();
    List<ReleaseFile> files = release.files().stream().filter(wanted).toList();
    requireBelowLimit(release, files.stream().mapToLong(ReleaseFile::length).sum());
    discard(upgrade);
    Path directory = directory(upgrade);
    try (Download download =
        new Download(source, release, limits, (done, all) -> {}, nanoTime, home.disk())) {
      home.disk().createDirectories(directory);
      fetch(download, files, directory);
      Tree.seal(home.disk(), directory);
      return directory;
    } catch (IOException e) {
      AdapterException trouble =
          trouble("release " + release.version() + " cannot be written to " + directory, e);
      discardAfter(trouble, upgrade);
      throw trouble;
    } catch (RefusalException | RuntimeException e) {
      discardAfter(e, upgrade);
      throw e;
    }
  }

  private void fetch(Download download, List<ReleaseFile> files, Path directory)
      throws RefusalException, IOException {
    for (ReleaseFile file : files) {
      Path target = directory.resolve(file.path());
      home.disk().createDirectories(target.getParent());
      download.fetch(file, target);
    }
  }

  /**
   * Returns what is staged for an upgrade, if it is there and whole.
   *
   * @throws AdapterException of port {@code Staging} if its archives cannot be read again
   */
  public Optional<Path> staged(UUID upgrade, Release release) {
    try {
      requireUnchanged(directory(upgrade), release);
      return Optional.of(directory(upgrade));
    } catch (RefusalException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw trouble(directory(upgrade) + " cannot be read", e);
    }
  }

  /**
   * Verifies the staged files once more and moves them into the slot of their version.
   *
   * <p>Idempotent: with the same release already in the slot, that one is verified and returned.
   *
   * @param staged what {@link #pull} returned
   * @param release the release that it was pulled for
   * @return the slot
   * @throws RefusalException {@link ReasonCode#DIFFERENT_MANIFEST} if the slot holds another build
   *     of the version, {@link ReasonCode#DIGEST_MISMATCH} if files changed since they were staged
   *     or installed
   * @throws AdapterException of port {@code Staging}, to be tried again
   */
  public Path install(Path staged, Release release) throws RefusalException {
    Path slot = home.slot(release.version().toString());
    try {
      if (Files.exists(slot, LinkOption.NOFOLLOW_LINKS)) {
        requireSame(slot, release);
        if (Files.exists(staged) && !Files.isSameFile(staged, slot)) {
          Tree.delete(home.disk(), staged);
        }
        return slot;
      }
      requireUnchanged(staged, release);
      home.disk().createDirectories(home.versions());
      home.disk().rename(staged, slot);
      home.disk().syncDirectory(home.versions());
      home.disk().syncDirectory(home.staging());
      return slot;
    } catch (IOException e) {
      throw trouble("release " + release.version() + " cannot be moved into " + slot, e);
    }
  }

  /** Returns where the files of an upgrade are staged, whether they are there or not. */
  public Path directory(UUID upgrade) {
    return home.staging().resolve(upgrade.toString());
  }

  /**
   * Removes what was staged for an upgrade; nothing happens if nothing was.
   *
   * @throws AdapterException of port {@code Staging} if it cannot be removed
   */
  public void discard(UUID upgrade) {
    delete(directory(upgrade));
  }

  /**
   * Removes what was staged for any other upgrade than these.
   *
   * @throws AdapterException of port {@code Staging} if it cannot be removed
   */
  public void sweep(Set<UUID> keep) {
    if (!Files.isDirectory(home.staging(), LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    List<String> kept = keep.stream().map(UUID::toString).toList();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(home.staging())) {
      for (Path entry : entries) {
        if (!kept.contains(String.valueOf(entry.getFileName()))) {
          delete(entry);
        }
      }
    } catch (IOException e) {
      throw trouble(home.staging() + " cannot be listed", e);
    }
  }

  private void discardAfter(Exception failure, UUID upgrade) {
    try {
      discard(upgrade);
    } catch (AdapterException e) {
      failure.addSuppressed(e);
    }
  }

  private void writeRecords(VerifiedRelease verified, LaunchFile launch, Path directory)
      throws IOException, RefusalException {
    Path manifest = directory.resolve(ManifestCodec.DOCUMENT);
    DurableFile.replace(home.disk(), manifest, verified.document().document());
    DurableFile.replace(
        home.disk(),
        directory.resolve(ManifestCodec.DOCUMENT + ManifestCodec.SIGNATURES),
        verified.document().signatures());
    Path file = directory.resolve(LaunchFile.FILE_NAME);
    launch.encode().write(home.disk(), file);
    if (Files.size(file) > StateFile.MAX_BYTES) {
      throw new RefusalException(
          ReasonCode.TOO_LARGE,
          "the list of the release's files has "
              + Files.size(file)
              + " bytes: expected at most "
              + StateFile.MAX_BYTES
              + "; ship fewer files, or files with shorter names");
    }
  }

  /** The launch file is compared too: between pull and install the release's own code has run. */
  private void requireUnchanged(Path directory, Release release)
      throws RefusalException, IOException {
    String seen;
    try {
      Slot slot = Slot.verified(directory, release.version().toString());
      if (isContent(directory, slot.launch(), release)) {
        return;
      }
      seen = directory.resolve(LaunchFile.FILE_NAME) + " is not what the signed manifest says";
    } catch (SlotDamagedException e) {
      seen = String.valueOf(e.getMessage());
    }
    throw new RefusalException(
        ReasonCode.DIGEST_MISMATCH,
        "release "
            + release.version()
            + " is damaged on disk: "
            + seen
            + "; remove "
            + directory
            + " unless it is the version that runs, and try again");
  }

  /** No archive is opened before it is found to be the one that was signed. */
  private boolean isContent(Path directory, LaunchFile launch, Release release)
      throws RefusalException, IOException {
    List<SlotFile> named = SlotContent.named(release);
    return launch.files().size() >= named.size()
        && launch.files().subList(0, named.size()).equals(named)
        && launch.equals(
            SlotContent.expected(release, directory, new Deadline(limits.total(), nanoTime)));
  }

  private void requireSame(Path slot, Release release) throws RefusalException, IOException {
    if (Files.isRegularFile(slot.resolve(ManifestCodec.DOCUMENT), LinkOption.NOFOLLOW_LINKS)) {
      String installed = Sha256.of(Files.readAllBytes(slot.resolve(ManifestCodec.DOCUMENT)));
      if (!installed.equals(release.id().manifestSha256())) {
        throw new RefusalException(
            ReasonCode.DIFFERENT_MANIFEST,
            "version "
                + release.version()
                + " is installed with the manifest "
                + installed
                + ", the release has "
                + release.id().manifestSha256()
                + ": a version is never changed; give the new build a version of its own");
      }
    }
    requireUnchanged(slot, release);
  }

  private void delete(Path directory) {
    try {
      Tree.delete(home.disk(), directory);
    } catch (IOException e) {
      throw trouble(directory + " cannot be removed", e);
    }
  }

  private static AdapterException trouble(String what, IOException cause) {
    return new AdapterException(PORT, what + ": " + cause, true, cause);
  }
}
