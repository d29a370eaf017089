package io.selfupgrade.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A slot whose every file was just found to be as recorded; having one is the proof.
 *
 * <p>The directory must hold exactly the listed files, {@code launch.properties} and the signed
 * manifest: no link, no other file.
 */
public final class Slot {
  private static final String MANIFEST = "release.json";
  private static final Set<String> UNLISTED =
      Set.of(LaunchFile.FILE_NAME, MANIFEST, MANIFEST + ".sig");
  private static final int BUFFER_BYTES = 1 << 16;

  private final Path directory;
  private final LaunchFile launch;

  private Slot(Path directory, LaunchFile launch) {
    this.directory = directory;
    this.launch = launch;
  }

  /**
   * Verifies the slot in {@code directory}, reading every file of it.
   *
   * @param directory the slot, or the staged one
   * @param version the version that it must be
   * @throws SlotDamagedException if anything differs, is missing, is too much or cannot be read
   */
  public static Slot verified(Path directory, String version) throws SlotDamagedException {
    try {
      if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        throw new SlotDamagedException("There is no slot directory at " + directory);
      }
      Optional<StateFile> state = StateFile.read(directory.resolve(LaunchFile.FILE_NAME));
      if (state.isEmpty()) {
        throw new SlotDamagedException(directory + " has no " + LaunchFile.FILE_NAME);
      }
      LaunchFile launch = LaunchFile.decode(state.get());
      if (!launch.version().equals(version)) {
        throw new SlotDamagedException(
            directory + " holds version " + launch.version() + ", expected " + version);
      }
      verifyFiles(directory, launch);
      return new Slot(directory, launch);
    } catch (SlotDamagedException e) {
      throw e;
    } catch (IOException e) {
      throw new SlotDamagedException("Cannot verify " + directory + ": " + e, e);
    }
  }

  /** Returns the directory of the slot. */
  public Path directory() {
    return directory;
  }

  /** Returns how the slot is launched and what it holds. */
  public LaunchFile launch() {
    return launch;
  }

  private static void verifyFiles(Path directory, LaunchFile launch) throws IOException {
    Map<String, SlotFile> listed =
        launch.files().stream().collect(Collectors.toMap(SlotFile::path, Function.identity()));
    Files.walkFileTree(directory, new OnlyListed(directory, listed));
    for (SlotFile file : launch.files()) {
      verify(directory.resolve(file.path()), file.length(), file.sha256());
    }
    if (!launch.manifestSha256().isEmpty()) {
      Path manifest = directory.resolve(MANIFEST);
      if (!Files.isRegularFile(manifest, LinkOption.NOFOLLOW_LINKS)) {
        throw new SlotDamagedException(manifest + " is missing");
      }
      verify(manifest, Files.size(manifest), launch.manifestSha256());
    }
  }

  private static void verify(Path file, long length, String sha256) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new SlotDamagedException(file + " is missing");
    }
    MessageDigest digest = sha256();
    long read = 0;
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int n = in.read(buffer); n >= 0 && read <= length; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
        read += n;
      }
    }
    if (read != length) {
      String seen = read > length ? "more" : read + " bytes";
      throw new SlotDamagedException(file + " should have " + length + " bytes, has " + seen);
    }
    String seen = HexFormat.of().formatHex(digest.digest());
    if (!seen.equals(sha256)) {
      throw new SlotDamagedException(file + " should have SHA-256 " + sha256 + ", has " + seen);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256; this one does not", e);
    }
  }

  /** Refuses links, devices and files that nobody has listed: a class path could find them. */
  private static final class OnlyListed extends SimpleFileVisitor<Path> {
    private final Path root;
    private final Map<String, SlotFile> listed;

    OnlyListed(Path root, Map<String, SlotFile> listed) {
      this.root = root;
      this.listed = listed;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      String path = root.relativize(file).toString();
      if (!attributes.isRegularFile()) {
        throw new SlotDamagedException(file + " is not a regular file");
      }
      if (!listed.containsKey(path) && !UNLISTED.contains(path)) {
        throw new SlotDamagedException(file + " does not belong to the release");
      }
      return FileVisitResult.CONTINUE;
    }
  }
}
