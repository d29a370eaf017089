package io.selfupgrade.upgrade;

import io.selfupgrade.agent.Version;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A release as its signed {@code release.json} describes it.
 *
 * @param id what the release is
 * @param terms until when it is installed, and which keys count after it
 * @param launch how it is started
 * @param smoke how it is tried before it is accepted
 * @param state which state it reads and writes
 * @param launcherProtocol lowest launcher protocol that can start it, 1 or more
 * @param files all its files, by distinct path (compared without case, for file systems that do)
 */
public record Release(
    Id id,
    Terms terms,
    Launch launch,
    Optional<Smoke> smoke,
    StateVersions state,
    int launcherProtocol,
    List<ReleaseFile> files) {

  /** Folder of a release that holds the SQL migrations that it ships. */
  public static final String MIGRATIONS = "migrations/";

  /**
   * Validates and copies.
   *
   * @throws IllegalArgumentException if a path is named twice or is the folder of another one, if
   *     anything else lies in the folder of an archive, if the archives have more than {@link
   *     Archive#MAX_FILES} files, or if the launch names neither a file of these nor one below the
   *     folder of an archive
   */
  public Release {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(terms, "terms");
    Objects.requireNonNull(launch, "launch");
    Objects.requireNonNull(smoke, "smoke");
    Objects.requireNonNull(state, "state");
    files = List.copyOf(files);
    if (launcherProtocol < 1) {
      throw new IllegalArgumentException(
          "launcher protocol " + launcherProtocol + " is not usable: expected 1 or more");
    }
    Set<String> paths = new HashSet<>();
    List<String> all = new ArrayList<>(files.stream().map(ReleaseFile::path).toList());
    archives(files).forEach(archive -> all.add(archive.folder()));
    for (String path : all) {
      if (!paths.add(path.toLowerCase(Locale.ROOT))) {
        throw new IllegalArgumentException(
            "release " + id.version() + " names the file or folder " + path + " twice");
      }
    }
    requireNoFolder(all, paths, id);
    long unpacked = archives(files).mapToLong(Archive::files).sum();
    if (unpacked > Archive.MAX_FILES) {
      throw new IllegalArgumentException(
          "release "
              + id.version()
              + " has archives of "
              + unpacked
              + " files: expected at most "
              + Archive.MAX_FILES
              + "; put some of them into a jar");
    }
    requireFile(files, launch.jar(), id);
    for (String entry : launch.classpath()) {
      requireFile(files, entry, id);
    }
  }

  /** Returns the release's version. */
  public Version version() {
    return id.version();
  }

  /** Returns after when it is no longer installed anew; one that is installed keeps running. */
  public Optional<Instant> expires() {
    return terms.expires();
  }

  /** Returns which keys it brings and revokes. */
  public KeyChange keys() {
    return terms.keys();
  }

  /** Returns the sum of all files' lengths in bytes. */
  public long totalBytes() {
    return files.stream().mapToLong(ReleaseFile::length).sum();
  }

  /** Returns the bytes of all files that come out of archives. */
  public long unpackedBytes() {
    return archives(files).mapToLong(Archive::bytes).sum();
  }

  private static Stream<Archive> archives(List<ReleaseFile> files) {
    return files.stream().flatMap(file -> file.archive().stream());
  }

  private static void requireNoFolder(List<String> all, Set<String> paths, Id id) {
    for (String each : all) {
      String path = each.toLowerCase(Locale.ROOT);
      for (int end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
        if (paths.contains(path.substring(0, end))) {
          throw new IllegalArgumentException(
              "release "
                  + id.version()
                  + " names "
                  + path.substring(0, end)
                  + " as a file or an archive's folder, and as the folder of "
                  + each);
        }
      }
    }
  }

  private static void requireFile(List<ReleaseFile> files, String path, Id id) {
    boolean listed = path.isEmpty() || files.stream().anyMatch(file -> file.path().equals(path));
    if (!listed && archives(files).noneMatch(archive -> path.startsWith(archive.folder() + "/"))) {
      throw new IllegalArgumentException(
          "release "
              + id.version()
              + " is launched by "
              + path
              + ", which is none of its files: add the file or correct the launch");
    }
  }

  /**
   * What its signers say about trust.
   *
   * @param expires after which it is no longer installed anew; empty for no such time
   * @param keys which keys it brings and revokes
   */
  public record Terms(Optional<Instant> expires, KeyChange keys) {

    /** Installed at any time; the keys stay as they are. */
    public static final Terms NONE = new Terms(Optional.empty(), KeyChange.NONE);

    /** Validates that both are there. */
    public Terms {
      Objects.requireNonNull(expires, "expires");
      Objects.requireNonNull(keys, "keys");
    }
  }

  /**
   * What a release is.
   *
   * @param name the agent that it is a release of
   * @param version its version
   * @param manifestSha256 SHA-256 of the bytes of {@code release.json}, 64 lower-case hexadecimal
   *     digits: the build's identity
   * @param created when it was made
   * @param commit the source commit that it was built from; empty if unknown
   */
  public record Id(
      String name, Version version, String manifestSha256, Instant created, String commit) {

    /** Validates that all parts are there. */
    public Id {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(version, "version");
      Objects.requireNonNull(manifestSha256, "manifestSha256");
      Objects.requireNonNull(created, "created");
      Objects.requireNonNull(commit, "commit");
    }
  }
}
