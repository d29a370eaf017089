package io.selfupgrade.core.archive;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.launcher.UnforcedDisk;
import io.selfupgrade.upgrade.Archive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A directory that archives are unpacked into, and all around it what must stay as it is. */
final class Around {

  /** Where absolute names of hostile archives lead, so that they do no harm if a test fails. */
  static final Path ELSEWHERE =
      Path.of(System.getProperty("java.io.tmpdir"), "selfupgrade-elsewhere");

  private static final List<String> FOLDERS =
      List.of("", "home", "home/staging", "home/staging/upgrade");

  private final Path root;
  private final Path archive;
  final Path target;
  private final Map<String, String> before;

  Around(Path root) throws IOException {
    this.root = root;
    this.archive = root.resolve("archive");
    this.target = root.resolve("home/staging/upgrade/folder");
    for (String folder : FOLDERS) {
      Path each = Files.createDirectories(root.resolve(folder));
      for (String name : new String[] {"evil", "a", "b", "etc"}) {
        Files.writeString(each.resolve(name), "stays");
      }
    }
    before = seen();
  }

  /** Unpacks the bytes with these limits, then proves that nothing around has changed. */
  Unpacking unpack(byte[] bytes, Archive.Format format, long maxBytes)
      throws IOException, ArchiveException {
    clear();
    Files.write(archive, bytes);
    Files.createDirectory(target);
    Unpacking unpacking =
        new Unpacking(
            Optional.of(new Folder(new UnforcedDisk(), target)),
            Archive.MAX_FILES,
            maxBytes,
            new Deadline(Duration.ofMinutes(1), System::nanoTime));
    try {
      Archives.read(archive, format, unpacking, maxBytes);
      return unpacking;
    } finally {
      assertThat(seen()).isEqualTo(before);
      assertThat(ELSEWHERE).doesNotExist();
      requireInside(maxBytes);
    }
  }

  /** Removes what the last archive left. */
  void clear() throws IOException {
    if (Files.exists(target)) {
      try (Stream<Path> found = Files.walk(target)) {
        for (Path each : found.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      }
    }
  }

  /** Only plain files and folders, within the limits: one byte too many may have been read. */
  private void requireInside(long maxBytes) throws IOException {
    long bytes = 0;
    List<Path> found;
    try (Stream<Path> walk = Files.walk(target)) {
      found = walk.toList();
    }
    List<Path> odd = new ArrayList<>();
    for (Path each : found) {
      Map<String, Object> seen =
          Files.readAttributes(
              each, "unix:isDirectory,isRegularFile,mode,nlink,size", LinkOption.NOFOLLOW_LINKS);
      if (seen.get("isDirectory").equals(false)) {
        boolean plain =
            seen.get("isRegularFile").equals(true)
                && seen.get("nlink").equals(1)
                && ((int) seen.get("mode") & 07022) == 0;
        if (!plain) {
          odd.add(each);
        }
        bytes += (long) seen.get("size");
      }
    }
    assertThat(odd).isEmpty();
    assertThat(found.size() - 1).isLessThanOrEqualTo(EntryNames.MAX_ENTRIES);
    assertThat(bytes).isLessThanOrEqualTo(maxBytes);
  }

  /** What came out somewhere else is a new name, or another content, in one of these folders. */
  private Map<String, String> seen() throws IOException {
    Map<String, String> seen = new TreeMap<>();
    for (String folder : FOLDERS) {
      try (Stream<Path> found = Files.list(root.resolve(folder))) {
        for (Path each : found.toList()) {
          if (!each.equals(target) && !each.equals(archive)) {
            String content = Files.isRegularFile(each) ? Files.readString(each) : "";
            seen.put(each.toString(), content + Files.isSymbolicLink(each));
          }
        }
      }
    }
    return seen;
  }
}
