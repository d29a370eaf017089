package io.selfupgrade.core.local;

import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.SignedDocument;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Releases in a directory: a share, a mounted stick, a folder that something else keeps in step.
 *
 * <p>Layout: {@code latest.json} for the channel {@code stable} and {@code latest-<channel>.json}
 * for others, {@code <version>/release.json}, the signatures of each beside it as {@code .sig}, and
 * the files below {@code <version>/}. The release tool's {@code make}, {@code sign} and {@code
 * publish} write it so. Links are followed only within the directory. Immutable and thread-safe.
 */
public final class DirectoryReleases implements ReleaseSource {

  private static final String STABLE = "stable";
  private static final Pattern CHANNEL = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");
  private static final int READS = 5;

  private final Path directory;

  private DirectoryReleases(Path directory) {
    this.directory = directory.toAbsolutePath().normalize();
  }

  /** Looks for releases in the directory, which need not exist yet; performs no I/O. */
  public static DirectoryReleases in(Path directory) {
    return new DirectoryReleases(Objects.requireNonNull(directory, "directory"));
  }

  @Override
  public String describe() {
    return "directory " + directory;
  }

  @Override
  public Optional<SignedDocument> latest(String channel, int maxBytes) throws IOException {
    if (!CHANNEL.matcher(channel).matches()) {
      throw new IllegalArgumentException(
          "channel \"" + channel + "\" is not usable: expected 1 to 32 characters of a-z 0-9 -");
    }
    String name = channel.equals(STABLE) ? "latest.json" : "latest-" + channel + ".json";
    return document(directory, name, maxBytes);
  }

  @Override
  public Optional<SignedDocument> manifest(Version version, int maxBytes) throws IOException {
    return document(directory.resolve(version.toString()), "release.json", maxBytes);
  }

  @Override
  public InputStream open(Version version, String path) throws IOException {
    return Files.newInputStream(
        inside(directory.resolve(version.toString()), path), LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Reads until two reads in a row agree: a publisher may be replacing the two files, one by one.
   */
  private Optional<SignedDocument> document(Path folder, String name, int maxBytes)
      throws IOException {
    if (!Files.exists(folder.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
      requireReachable();
      return Optional.empty();
    }
    SignedDocument seen = read(folder, name, maxBytes);
    for (int i = 1; i < READS; i++) {
      SignedDocument again = read(folder, name, maxBytes);
      if (Arrays.equals(seen.document(), again.document())
          && Arrays.equals(seen.signatures(), again.signatures())) {
        return Optional.of(again);
      }
      seen = again;
    }
    throw new IOException(
        folder.resolve(name) + " changed with each of " + READS + " reads: try again later");
  }

  private SignedDocument read(Path folder, String name, int maxBytes) throws IOException {
    boolean signed = Files.exists(folder.resolve(name + ".sig"), LinkOption.NOFOLLOW_LINKS);
    byte[] signatures = signed ? bounded(inside(folder, name + ".sig"), maxBytes) : new byte[0];
    byte[] document = bounded(inside(folder, name), maxBytes);
    return new SignedDocument(document, signatures);
  }

  private static byte[] bounded(Path file, int maxBytes) throws IOException {
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      byte[] content = in.readNBytes(maxBytes);
      if (in.read() >= 0) {
        throw new IOException(file + " is larger than the limit of " + maxBytes + " bytes");
      }
      return content;
    }
  }

  /** An absent share is trouble; only a directory that can be read may say that it has nothing. */
  private void requireReachable() throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new NoSuchFileException(
          directory.toString(), null, "no such directory: mount it or correct its path");
    }
  }

  /** Resolves links, and refuses what lies outside of the folder or is no regular file. */
  private Path inside(Path folder, String path) throws IOException {
    Path root = directory.toRealPath();
    Path base = folder.toRealPath();
    Path file;
    try {
      file = base.resolve(path).toRealPath();
    } catch (InvalidPathException e) {
      throw new IOException("path \"" + path + "\" is no path of a file", e);
    }
    if (!base.startsWith(root) || !file.startsWith(base) || file.equals(base)) {
      throw new IOException(
          "path \""
              + path
              + "\" of "
              + folder
              + " leads to "
              + file
              + ", which is outside: refused");
    }
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(file + " is no regular file");
    }
    return file;
  }
}
