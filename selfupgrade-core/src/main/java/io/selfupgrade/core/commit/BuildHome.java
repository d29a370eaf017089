package io.selfupgrade.core.commit;

import io.selfupgrade.agent.Version;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.launcher.Disk;
import io.selfupgrade.launcher.DurableFile;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.launcher.StateFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The directory {@code builds} of a home, for its owner alone: the key that signs what is built
 * here, the releases that were built, and the place where a build works.
 */
final class BuildHome {

  private static final int KEPT_RELEASES = 2;
  private static final String KEY = "builds";
  private static final Set<PosixFilePermission> OWNER =
      PosixFilePermissions.fromString("rwx------");

  private final Path root;

  private BuildHome(Path root) {
    this.root = root;
  }

  /**
   * Makes what is missing of it.
   *
   * @throws IOException if it cannot be written, or the file system has no owners and permissions
   */
  static BuildHome in(Home home, ReleaseTool tool) throws IOException {
    if (!home.root().getFileSystem().supportedFileAttributeViews().contains("posix")) {
      throw new IOException(
          "commits are built on file systems with owners and permissions alone, which "
              + home
              + " is not on");
    }
    BuildHome builds = new BuildHome(home.root().resolve("builds"));
    Disk.REAL.createDirectories(home.root());
    if (!Files.isDirectory(builds.root, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectory(builds.root, PosixFilePermissions.asFileAttribute(OWNER));
    }
    Files.setPosixFilePermissions(builds.root, OWNER);
    Disk.REAL.createDirectories(builds.releases());
    builds.makeKey(tool);
    return builds;
  }

  /** The key appears whole or not at all, once for all processes of the home. */
  private void makeKey(ReleaseTool tool) throws IOException {
    if (Files.exists(root.resolve("key"))) {
      return;
    }
    Path making = Files.createTempDirectory(root, "key-");
    try {
      tool.keygen(making, KEY);
      Files.move(making, root.resolve("key"));
      DurableFile.syncDirectory(root);
    } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
      // Another process was sooner: there is its key.
      delete(making);
    }
  }

  Path privateKey() {
    return root.resolve("key").resolve(KEY + ".key");
  }

  Path publicKey() {
    return root.resolve("key").resolve(KEY + ".pub");
  }

  Path releases() {
    return root.resolve("releases");
  }

  /** Returns the directory in which a build works. */
  Path work() {
    return root.resolve("work");
  }

  /** Takes the right to build, which one process of the home has at a time. */
  Optional<Turn> turn() throws IOException {
    FileChannel channel =
        FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return Optional.of(new Turn(channel));
      }
    } catch (OverlappingFileLockException e) {
      // Another agent of this process has it.
      channel.close();
      return Optional.empty();
    }
    channel.close();
    return Optional.empty();
  }

  /** Returns what was noted of the commit that was looked at last. */
  StateFile last() throws IOException {
    return StateFile.read(root.resolve("last")).orElse(StateFile.empty());
  }

  void note(StateFile state) throws IOException {
    state.write(Disk.REAL, root.resolve("last"));
  }

  /** Returns the versions that were built and are still here, newest first. */
  List<Version> versions() throws IOException {
    List<Version> versions = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(releases(), "[0-9]*")) {
      for (Path release : found) {
        if (Files.isDirectory(release)) {
          versions.add(Version.parse(String.valueOf(release.getFileName())));
        }
      }
    }
    versions.sort(Comparator.reverseOrder());
    return versions;
  }

  /** Deletes releases that were replaced by newer ones; those in slots stay. */
  void prune() throws IOException {
    List<Version> versions = versions();
    for (Version old :
        versions.subList(Math.min(KEPT_RELEASES, versions.size()), versions.size())) {
      delete(releases().resolve(old.toString()));
    }
  }

  /** Deletes what a build left, whatever rights it gave it; links are not followed. */
  static void delete(Path tree) throws IOException {
    if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        tree,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path path, IOException trouble)
              throws IOException {
            // A directory that may not be read: its owner may read it again.
            if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) || Files.isReadable(path)) {
              throw trouble;
            }
            Files.setPosixFilePermissions(path, OWNER);
            delete(path);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException trouble)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /**
   * The right to build.
   *
   * @param channel that holds the lock
   */
  record Turn(FileChannel channel) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
