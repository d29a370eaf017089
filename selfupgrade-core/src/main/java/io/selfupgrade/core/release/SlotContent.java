package io.selfupgrade.core.release;

import io.selfupgrade.core.archive.ArchiveException;
import io.selfupgrade.core.archive.Archives;
import io.selfupgrade.core.archive.Deadline;
import io.selfupgrade.core.archive.UnpackedFile;
import io.selfupgrade.launcher.Disk;
import io.selfupgrade.launcher.LaunchFile;
import io.selfupgrade.launcher.Program;
import io.selfupgrade.launcher.SlotFile;
import io.selfupgrade.upgrade.Archive;
import io.selfupgrade.upgrade.Launch;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.ReleaseFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the slot of a release holds: the files of its signed manifest, then those of its archives.
 *
 * <p>The archives stay in the slot, so that what came out of them can be compared with them again,
 * offline and by the signed digest alone.
 */
final class SlotContent {

  private SlotContent() {}

  /** The files that the manifest names, as the launcher lists them. */
  static List<SlotFile> named(Release release) {
    return release.files().stream()
        .map(file -> new SlotFile(file.path(), file.length(), file.sha256()))
        .toList();
  }

  /**
   * Unpacks the archives, of which the digests were just verified.
   *
   * @return the content of the launch file
   */
  static LaunchFile unpack(Disk disk, Release release, Path directory, Deadline deadline)
      throws IOException, RefusalException {
    return launchFile(
        release,
        (file, archive) -> {
          Path folder = directory.resolve(archive.folder());
          Path parent = folder.getParent();
          disk.createDirectories(parent == null ? directory : parent);
          return Archives.unpack(disk, directory.resolve(file.path()), archive, folder, deadline);
        });
  }

  /**
   * Reads the archives again and writes nothing.
   *
   * @return the content that the launch file must have
   */
  static LaunchFile expected(Release release, Path directory, Deadline deadline)
      throws IOException, RefusalException {
    return launchFile(
        release,
        (file, archive) -> Archives.list(directory.resolve(file.path()), archive, deadline));
  }

  private static LaunchFile launchFile(Release release, Opening opening)
      throws IOException, RefusalException {
    List<SlotFile> files = new ArrayList<>(named(release));
    for (ReleaseFile file : release.files()) {
      if (file.archive().isPresent()) {
        Archive archive = file.archive().get();
        for (UnpackedFile each : open(release, file, archive, opening)) {
          String path = archive.folder() + "/" + each.path();
          files.add(new SlotFile(path, each.length(), each.sha256()));
        }
      }
    }
    Launch launch = release.launch();
    try {
      return new LaunchFile(
          release.id().name(),
          release.version().toString(),
          release.id().manifestSha256(),
          new Program(
              launch.jar(),
              launch.mainClass(),
              launch.classpath(),
              launch.jvmArgs(),
              launch.args(),
              launch.heapMb().orElse(0)),
          files);
    } catch (IllegalArgumentException e) {
      throw new RefusalException(
          ReasonCode.MANIFEST_INVALID,
          "release "
              + release.version()
              + " cannot be launched: "
              + e.getMessage()
              + "; correct its launch or what its archives hold",
          e);
    }
  }

  private static List<UnpackedFile> open(
      Release release, ReleaseFile file, Archive archive, Opening opening)
      throws IOException, RefusalException {
    try {
      return opening.open(file, archive);
    } catch (ArchiveException e) {
      throw new RefusalException(
          e.code(), "archive " + file.path() + " of " + release.version() + ": " + e.seen(), e);
    }
  }

  @FunctionalInterface
  private interface Opening {
    List<UnpackedFile> open(ReleaseFile file, Archive archive) throws IOException, ArchiveException;
  }
}
