package io.selfupgrade.core.release;

import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.launcher.DurableFile;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.Trust;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Makes, signs, publishes, verifies and first installs releases: for people, builds and tests.
 *
 * <p>Its methods are the commands of the runnable jar with the classifier {@code release-tool}. A
 * directory OUT with the releases {@code OUT/<version>} and their index is what {@link
 * DirectoryReleases} reads. Thread-safe for different directories.
 */
public final class ReleaseTool {

  private static final Pattern KEY_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
  static final String STABLE = "stable";

  private final Clock clock;

  /** Takes the time of new documents, and the time that they expire by, from this clock. */
  public ReleaseTool(Clock clock) {
    this.clock = Objects.requireNonNull(clock, "clock");
  }

  /** Runs one command and exits with 0, with 1 if it was refused or failed, or 2 for bad usage. */
  public static void main(String[] args) {
    ReleaseCommands commands =
        new ReleaseCommands(new ReleaseTool(Clock.systemUTC()), System.out, System.err);
    System.exit(commands.run(List.of(args)));
  }

  /**
   * Makes a key pair: {@code NAME.key}, readable by its owner only, and {@code NAME.pub}.
   *
   * @throws FileAlreadyExistsException if one of them is there already
   * @throws IOException if they cannot be written
   */
  public SigningKeyFiles keygen(Path directory, String name) throws IOException {
    if (!KEY_NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "key name \"" + name + "\" is not usable: expected letters, digits and . _ -");
    }
    Files.createDirectories(directory);
    Path privateKey = directory.resolve(name + ".key");
    Path publicKey = directory.resolve(name + ".pub");
    for (Path file : List.of(privateKey, publicKey)) {
      if (Files.exists(file)) {
        throw new FileAlreadyExistsException(
            file.toString(), null, "a key is never overwritten: choose another name");
      }
    }
    SigningKey key = SigningKey.generate();
    write(privateKey, key.privatePem(), "rw-------");
    write(publicKey, key.publicPem(), "rw-r--r--");
    DurableFile.syncDirectory(directory);
    return new SigningKeyFiles(privateKey, publicKey, key.id());
  }

  /**
   * Makes an unsigned release in {@code out/<version>}, which appears complete or not at all.
   *
   * @return that directory
   * @throws IllegalStateException if there is one of that version already
   * @throws IllegalArgumentException if the recipe does not give a usable release
   * @throws IOException if files cannot be read or written
   */
  public Path make(Path out, ReleaseRecipe recipe) throws IOException {
    return ReleaseAssembly.make(out, recipe, clock.instant());
  }

  /**
   * Signs a release with each of the keys; signatures of other keys stay.
   *
   * @param release {@code out/<version>}; its files are compared with the manifest first
   * @param privateKeys key files of {@link #keygen} or {@code openssl genpkey}
   * @throws RefusalException if manifest or files are not what an agent could accept
   * @throws IOException if files cannot be read or written
   */
  public void sign(Path release, List<Path> privateKeys) throws IOException, RefusalException {
    List<SigningKey> keys = keys(privateKeys);
    SignedDocument document = manifest(release);
    ReleaseAssembly.requireContent(ManifestCodec.decode(document.document()), release);
    SignatureFile signatures = SignatureFile.decode(document.signatures(), ManifestCodec.DOCUMENT);
    for (SigningKey key : keys) {
      signatures = signatures.signedBy(key, ManifestCodec.DOCUMENT, document.document());
    }
    DurableFile.replace(
        release.resolve(ManifestCodec.DOCUMENT + ManifestCodec.SIGNATURES), signatures.encode());
  }

  /**
   * Makes a release the newest of a channel, by an index that does not expire.
   *
   * @see #publish(Path, String, Optional, List)
   * @throws RefusalException if the release is not signed or its manifest not usable
   * @throws IOException if files cannot be read or written
   */
  public ReleaseIndex publish(Path release, String channel, List<Path> privateKeys)
      throws IOException, RefusalException {
    return publish(release, channel, Optional.empty(), privateKeys);
  }

  /**
   * Makes a release the newest of a channel: writes and signs the index beside it, serial + 1.
   *
   * <p>Serials also follow the clock: one after a lost index is higher than the lost one's.
   *
   * <p>Atomic but for an instant between the renames of index and signatures; after a kill in that
   * instant the index is refused by agents until it is published again.
   *
   * @param release {@code out/<version>}, signed
   * @param channel {@code stable} or another channel's name
   * @param expires after which agents no longer take the index for the newest; it must be published
   *     again before
   * @param privateKeys key files, as for {@link #sign}
   * @throws RefusalException if the release is not signed by each of the keys, its manifest is not
   *     usable, or the channel's index is damaged
   * @throws IllegalStateException if the channel has a newer version, which agents would keep
   * @throws IOException if files cannot be read or written
   */
  public ReleaseIndex publish(
      Path release, String channel, Optional<Instant> expires, List<Path> privateKeys)
      throws IOException, RefusalException {
    return new Publication(parent(release), channel, keys(privateKeys))
        .of(manifest(release), expires, clock.instant());
  }

  /**
   * Checks a release as an agent would: signatures, expiry, and every file's length and digest.
   *
   * @param release {@code out/<version>}
   * @throws RefusalException with the reason why an agent would refuse it
   * @throws IOException if files cannot be read
   */
  public Release verify(Path release, Trust trust) throws IOException, RefusalException {
    Release verified = verifiedManifest(release, KeyRing.of(trust)).release();
    ReleaseAssembly.requireContent(verified, release);
    return verified;
  }

  /**
   * Installs the first release of an agent into a home, by the trust and staging code of upgrades.
   *
   * <p>The home keeps the keys of {@code trust}: from then on they count beside those of the agent.
   *
   * <p>After a kill it may be called again.
   *
   * @param home the launcher's home directory, made if it is not there
   * @param release {@code out/<version>}
   * @return the slot
   * @throws IllegalStateException if the home has a version installed
   * @throws RefusalException with the reason why the release is refused
   * @throws IOException if files cannot be read or written
   */
  public Path install(Path home, Path release, Trust trust) throws IOException, RefusalException {
    Home target = Home.at(home);
    Optional<String> confirmed = target.confirmedVersion();
    if (confirmed.isPresent()) {
      throw new IllegalStateException(
          home
              + " has version "
              + confirmed.get()
              + " installed: from then on the agent upgrades itself; publish the release instead. If"
              + " that version cannot start at all: stop the launcher and use reinstall");
    }
    return place(target, release, trust);
  }

  /**
   * Puts another version in the place of one that never worked, which cannot upgrade itself; the
   * home keeps the keys of {@code trust}, as by {@link #install}.
   *
   * @param home the launcher's home directory, while no launcher runs for it
   * @param release {@code out/<version>}
   * @return the slot
   * @throws IllegalStateException if nothing is installed, or a launcher or a trial is there
   * @throws RefusalException with the reason why the release is refused
   * @throws IOException if files cannot be read or written
   */
  public Path reinstall(Path home, Path release, Trust trust) throws IOException, RefusalException {
    Home target = Home.at(home);
    if (target.confirmedVersion().isEmpty()) {
      throw new IllegalStateException(home + " has no version installed: use install");
    }
    if (target.launcherRuns()) {
      throw new IllegalStateException(
          "a launcher runs for " + home + ": stop it first with launcher.jar stop " + home);
    }
    if (Files.exists(target.candidate())) {
      throw new IllegalStateException(
          "a version is on trial in " + home + ": start the launcher and let the trial end first");
    }
    return place(target, release, trust);
  }

  private Path place(Home target, Path release, Trust trust) throws IOException, RefusalException {
    KeptKeys kept = new KeptKeys(target);
    KeyRing ring = kept.removeFrom(KeyRing.of(trust));
    VerifiedRelease verified = verifiedManifest(release, ring);
    int protocol = verified.release().launcherProtocol();
    if (protocol > Home.PROTOCOL) {
      throw new RefusalException(
          ReasonCode.LAUNCHER_TOO_OLD,
          "the release needs launcher protocol "
              + protocol
              + ", this tool and its launcher speak "
              + Home.PROTOCOL
              + ": install with a newer launcher");
    }
    for (Path directory :
        List.of(
            target.versions(), target.data(), target.run(), target.staging(), target.failed())) {
      Files.createDirectories(directory);
    }
    Staging staging = new Staging(target, PullLimits.DEFAULT);
    staging.sweep(Set.of());
    Path staged =
        staging.pull(
            UUID.randomUUID(),
            verified,
            DirectoryReleases.in(parent(release)),
            PullProgress.none());
    Path slot = staging.install(staged, verified.release());
    String version = verified.release().version().toString();
    kept.keepNamed(trust, ring.with(verified.release().keys(), version), version);
    target.confirm(version);
    kept.keep(verified.release().keys(), version);
    return slot;
  }

  /** Reads an instant, or a duration from now. */
  Instant time(String text) {
    return text.startsWith("P") ? clock.instant().plus(Duration.parse(text)) : Instant.parse(text);
  }

  private VerifiedRelease verifiedManifest(Path release, KeyRing ring)
      throws IOException, RefusalException {
    return new TrustVerifier(ring)
        .firstRelease(manifest(release), version(release), clock.instant());
  }

  private static SignedDocument manifest(Path release) throws IOException {
    return DirectoryReleases.in(parent(release))
        .manifest(version(release), ManifestCodec.MAX_BYTES)
        .orElseThrow(
            () ->
                new NoSuchFileException(
                    release.resolve(ManifestCodec.DOCUMENT).toString(),
                    null,
                    "no release there: name the directory that make has made"));
  }

  private static List<SigningKey> keys(List<Path> files) throws IOException {
    if (files.isEmpty()) {
      throw new IllegalArgumentException("no key is named: expected at least one private key file");
    }
    List<SigningKey> keys = new ArrayList<>();
    for (Path file : files) {
      keys.add(SigningKey.read(file));
    }
    return keys;
  }

  private static void write(Path file, String text, String permissions) throws IOException {
    boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    FileAttribute<?>[] attributes =
        posix
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
            }
            : new FileAttribute<?>[0];
    Set<StandardOpenOption> options =
        EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (var channel = Files.newByteChannel(file, options, attributes)) {
      channel.write(StandardCharsets.US_ASCII.encode(text));
    }
  }

  private static Version version(Path release) {
    return Version.parse(String.valueOf(release.toAbsolutePath().normalize().getFileName()));
  }

  private static Path parent(Path release) {
    Path parent = release.toAbsolutePath().normalize().getParent();
    if (parent == null) {
      throw new IllegalArgumentException(release + " is no release: expected OUT/<version>");
    }
    return parent;
  }
}
