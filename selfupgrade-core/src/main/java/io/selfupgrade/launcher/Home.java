package io.selfupgrade.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The home directory of an agent: where launcher, agent and release tool find each other's files.
 *
 * <p>Immutable; only {@link #confirm} and {@link #confirmedVersion} touch the disk.
 */
public final class Home {
  /** Version of this file contract, as in {@code SELFUPGRADE_PROTOCOL}. */
  public static final int PROTOCOL = 1;

  private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+-]{0,127}");
  private static final int MAX_POINTER_BYTES = 1024;

  private final Path root;
  private final Disk disk;

  private Home(Path root, Disk disk) {
    this.root = root;
    this.disk = disk;
  }

  /** Returns the home at {@code root}, which need not exist yet. */
  public static Home at(Path root) {
    return at(root, Disk.REAL);
  }

  /** Returns the home at {@code root} whose files are written on that disk. */
  public static Home at(Path root, Disk disk) {
    return new Home(root.toAbsolutePath().normalize(), disk);
  }

  /** Returns the disk that files of the home are written on. */
  public Disk disk() {
    return disk;
  }

  /** Returns the absolute path of the directory itself. */
  public Path root() {
    return root;
  }

  /** Returns the pointer to the confirmed version: one line. */
  public Path current() {
    return root.resolve("current");
  }

  /** Returns the record of the version on trial; present only during a trial. */
  public Path candidate() {
    return root.resolve("candidate");
  }

  /** Returns the directory of the slots. */
  public Path versions() {
    return root.resolve("versions");
  }

  /**
   * Returns the slot of a version.
   *
   * @throws IllegalArgumentException if the version cannot be a directory name
   */
  public Path slot(String version) {
    return versions().resolve(requireVersion(version));
  }

  /** Returns the directory of the failed list. */
  public Path failed() {
    return root.resolve("failed");
  }

  /**
   * Returns the file that says why a version failed; present only if it did.
   *
   * @throws IllegalArgumentException if the version cannot be a file name
   */
  public Path failed(String version) {
    return failed().resolve(requireVersion(version));
  }

  /** Returns the working directory of the agent. */
  public Path data() {
    return root.resolve("data");
  }

  /** Returns the directory of downloads in progress. */
  public Path staging() {
    return root.resolve("staging");
  }

  /** Returns the freeze flag; its presence stops every forward effect. */
  public Path frozen() {
    return root.resolve("frozen");
  }

  /** Returns the record of the keys that confirmed releases brought and revoked. */
  public Path keys() {
    return root.resolve("keys");
  }

  /** Returns the directory of what runs: one directory an instance, and the launcher's files. */
  public Path run() {
    return root.resolve("run");
  }

  /** Returns the files of one instance. */
  public RunDirectory run(UUID instance) {
    return new RunDirectory(this, instance);
  }

  /** Returns the file that the running launcher holds an OS lock on. */
  public Path launcherLock() {
    return run().resolve("launcher.lock");
  }

  /** Returns the record of the running launcher: pid, startMillis, protocol. */
  public Path launcherRecord() {
    return run().resolve("launcher");
  }

  /** Returns the launcher's journal; read it with {@link Journal#read}. */
  public Path journal() {
    return run().resolve("launcher.log");
  }

  /** Returns the launcher's memory of the decisions it has obeyed. */
  Path obeyed() {
    return run().resolve("obeyed");
  }

  /**
   * Reads the confirmed version, or returns nothing if none was installed yet.
   *
   * @throws IOException if the pointer cannot be read or holds no version
   */
  public Optional<String> confirmedVersion() throws IOException {
    byte[] content;
    try (InputStream in = Files.newInputStream(current())) {
      content = in.readNBytes(MAX_POINTER_BYTES);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    String version = new String(content, StandardCharsets.UTF_8).strip();
    if (!isVersion(version)) {
      throw new IOException(
          current()
              + " holds no version name but "
              + content.length
              + " other bytes;"
              + " write the confirmed version into it, as one line");
    }
    return Optional.of(version);
  }

  /**
   * Points {@code current} to a version, atomically and durably.
   *
   * <p>Called by the launcher when it obeys a confirmation, and once by the first install.
   *
   * @throws IOException if the pointer cannot be written; it then has its old value
   * @throws IllegalArgumentException if the version cannot be a directory name
   */
  public void confirm(String version) throws IOException {
    String line = requireVersion(version) + "\n";
    DurableFile.replace(disk, current(), line.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Tells whether the text can name a version: letters, digits and {@code . _ + -}, at most 128.
   */
  public static boolean isVersion(String text) {
    return VERSION.matcher(text).matches();
  }

  @Override
  public String toString() {
    return root.toString();
  }

  private static String requireVersion(String version) {
    if (!isVersion(version)) {
      throw new IllegalArgumentException(
          "Not a version name: '" + version + "'; expected " + VERSION.pattern());
    }
    return version;
  }

  /** Tells whether a launcher runs for this home at the moment. */
  public boolean launcherRuns() throws IOException {
    Optional<LauncherLock> free = LauncherLock.tryTake(this);
    if (free.isPresent()) {
      free.get().close();
    }
    return free.isEmpty();
  }
}
