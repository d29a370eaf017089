package io.selfupgrade.core.release;

import io.selfupgrade.core.archive.ArchiveException;
import io.selfupgrade.core.archive.Archives;
import io.selfupgrade.core.archive.Deadline;
import io.selfupgrade.launcher.Disk;
import io.selfupgrade.launcher.DurableFile;
import io.selfupgrade.upgrade.Archive;
import io.selfupgrade.upgrade.Launch;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.ReleaseFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Makes the directory of one release: copies its files and writes the unsigned manifest. */
final class ReleaseAssembly {

  private static final String LIBRARIES = "lib/";
  private static final String ARCHIVES = "archives/";
  private static final LocalDateTime JAR_TIME = LocalDateTime.of(2020, 1, 1, 0, 0);
  private static final int BUFFER_BYTES = 1 << 16;

  private final ReleaseRecipe recipe;
  private final Path directory;
  private final List<ReleaseFile> files = new ArrayList<>();

  private ReleaseAssembly(ReleaseRecipe recipe, Path directory) {
    this.recipe = recipe;
    this.directory = directory;
  }

  /** Makes {@code out/<version>}, which appears by one rename. */
  static Path make(Path out, ReleaseRecipe recipe, Instant created) throws IOException {
    Path target = out.resolve(recipe.version().toString());
    if (Files.exists(target)) {
      throw new IllegalStateException(
          target + " exists: a release is never changed; choose another version or remove it");
    }
    Files.createDirectories(out);
    Path making = out.resolve("." + recipe.version() + ".making");
    Tree.delete(Disk.REAL, making);
    Files.createDirectory(making);
    try {
      new ReleaseAssembly(recipe, making).assemble(created);
      Files.move(making, target, StandardCopyOption.ATOMIC_MOVE);
      DurableFile.syncDirectory(out);
      return target;
    } finally {
      Tree.delete(Disk.REAL, making);
    }
  }

  private void assemble(Instant created) throws IOException {
    Launch launch = launch();
    for (Map.Entry<String, Path> file : recipe.files().entrySet()) {
      copy(file.getValue(), file.getKey());
    }
    for (Map.Entry<String, Path> archive : recipe.archives().entrySet()) {
      addArchive(archive.getKey(), archive.getValue());
    }
    for (Map.Entry<String, byte[]> migration : ShippedMigrations.of(recipe).entrySet()) {
      write(Release.MIGRATIONS + migration.getKey(), migration.getValue());
    }
    Release release =
        new Release(
            new Release.Id(recipe.name().value(), recipe.version(), "", created, recipe.commit()),
            new Release.Terms(recipe.expires(), recipe.keys()),
            launch,
            recipe.smoke(),
            recipe.state(),
            recipe.launcherProtocol(),
            files);
    byte[] manifest = ManifestCodec.encode(release);
    try {
      requireContent(ManifestCodec.decode(manifest), directory);
    } catch (RefusalException e) {
      throw new IllegalArgumentException("agents would refuse it: " + e.getMessage(), e);
    }
    DurableFile.replace(directory.resolve(ManifestCodec.DOCUMENT), manifest);
  }

  private Launch launch() throws IOException {
    String jar = "";
    if (recipe.jar().isPresent()) {
      jar = String.valueOf(recipe.jar().get().getFileName());
      copy(recipe.jar().get(), jar);
    }
    List<String> classpath = new ArrayList<>();
    for (Path entry : recipe.classpath()) {
      classpath.add(addToClasspath(entry));
    }
    return new Launch(
        jar, recipe.mainClass(), classpath, recipe.jvmArgs(), recipe.args(), recipe.heapMb());
  }

  private String addToClasspath(Path entry) throws IOException {
    String name = String.valueOf(entry.toAbsolutePath().normalize().getFileName());
    boolean packed = Files.isDirectory(entry);
    String path = LIBRARIES + name + (packed ? ".jar" : "");
    for (int i = 2; taken(path); i++) {
      path = LIBRARIES + i + "-" + name + (packed ? ".jar" : "");
    }
    if (packed) {
      pack(entry, path);
    } else {
      copy(entry, path);
    }
    return path;
  }

  private void addArchive(String folder, Path source) throws IOException {
    String name = String.valueOf(source.getFileName());
    Archive.Format format = Archive.Format.ofFile(name);
    ReleaseFile file = describe(copy(source, ARCHIVES + name), ARCHIVES + name);
    try {
      Archive archive =
          Archives.describe(
              directory.resolve(file.path()),
              format,
              folder,
              PullLimits.DEFAULT.maxTotalBytes(),
              new Deadline(PullLimits.DEFAULT.total(), System::nanoTime));
      files.set(
          files.size() - 1,
          new ReleaseFile(file.path(), file.length(), file.sha256(), Optional.of(archive)));
    } catch (ArchiveException e) {
      throw new IllegalArgumentException(
          "agents would refuse the archive " + source + ": " + e.code() + ": " + e.seen(), e);
    }
  }

  private boolean taken(String path) {
    return files.stream().anyMatch(file -> file.path().equalsIgnoreCase(path));
  }

  private Path copy(Path source, String path) throws IOException {
    if (!Files.isRegularFile(source)) {
      throw new IllegalArgumentException("there is no file at " + source + " for " + path);
    }
    Path target = prepare(path);
    Files.copy(source, target);
    list(target, path);
    return target;
  }

  private void write(String path, byte[] content) throws IOException {
    Path target = prepare(path);
    Files.write(target, content);
    list(target, path);
  }

  /** Packs a directory the same way each time, so that the same classes give the same digest. */
  private void pack(Path source, String path) throws IOException {
    Path target = prepare(path);
    List<Path> entries;
    try (Stream<Path> found = Files.walk(source)) {
      entries = found.filter(Files::isRegularFile).sorted().toList();
    }
    try (OutputStream out = Files.newOutputStream(target);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Path entry : entries) {
        ZipEntry header = new ZipEntry(source.relativize(entry).toString().replace('\\', '/'));
        header.setTimeLocal(JAR_TIME);
        zip.putNextEntry(header);
        Files.copy(entry, zip);
        zip.closeEntry();
      }
    }
    list(target, path);
  }

  /** Judges the path before anything is written to it. */
  private Path prepare(String path) throws IOException {
    ReleaseFile judged = new ReleaseFile(path, 0, Sha256.of(new byte[0]));
    Path target = directory.resolve(judged.path());
    if (Files.exists(target)) {
      throw new IllegalArgumentException("file " + path + " is named twice");
    }
    Path folder = target.getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    return target;
  }

  private void list(Path file, String path) throws IOException {
    files.add(describe(file, path));
  }

  /**
   * Compares the files of a release with its manifest as an agent would, archives included.
   *
   * @throws RefusalException if they differ
   */
  static void requireContent(Release described, Path release) throws IOException, RefusalException {
    for (ReleaseFile file : described.files()) {
      Path path = release.resolve(file.path());
      ReleaseFile seen = Files.isRegularFile(path) ? describe(path, file.path()) : null;
      if (seen == null || seen.length() != file.length() || !seen.sha256().equals(file.sha256())) {
        throw new RefusalException(
            ReasonCode.DIGEST_MISMATCH,
            path + " is " + (seen == null ? "missing" : seen) + ", the manifest says " + file);
      }
    }
    SlotContent.expected(
        described, release, new Deadline(PullLimits.DEFAULT.total(), System::nanoTime));
  }

  /** Reads a file and describes it as it is. */
  static ReleaseFile describe(Path file, String path) throws IOException {
    Sha256 sha256 = new Sha256();
    long length = 0;
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        sha256.update(buffer, n);
        length += n;
      }
    }
    return new ReleaseFile(path, length, sha256.hex());
  }
}
