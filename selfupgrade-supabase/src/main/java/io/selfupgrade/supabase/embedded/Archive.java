package io.selfupgrade.supabase.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.tukaani.xz.XZInputStream;

/**
 * Unpacks a {@code .txz}: files, directories and symbolic links that stay inside; nothing else.
 *
 * <p>The only class that needs the optional dependencies.
 */
final class Archive {

  private static final int MAX_ENTRIES = 20_000;
  private static final long MAX_BYTES = 1L << 30;
  private static final int MAX_MEMORY_KIB = 256 * 1024;

  private final Path target;
  private int entries;
  private long bytes;

  private Archive(Path target) {
    this.target = target;
  }

  /** Unpacks into a directory that does not exist yet, and forces what it wrote to the disk. */
  static void unpack(InputStream txz, Path target) throws IOException {
    Archive archive = new Archive(target);
    archive.createDirectories(target);
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new XZInputStream(txz, MAX_MEMORY_KIB))) {
      TarArchiveEntry entry = tar.getNextEntry();
      while (entry != null) {
        archive.unpack(entry, tar);
        entry = tar.getNextEntry();
      }
    }
  }

  private void unpack(TarArchiveEntry entry, InputStream content) throws IOException {
    entries++;
    Path path = inside(target.resolve(entry.getName()), entry);
    if (entries > MAX_ENTRIES) {
      throw new IOException("the archive has more than " + MAX_ENTRIES + " entries");
    }
    if (entry.isDirectory()) {
      createDirectories(path);
    } else if (entry.isSymbolicLink()) {
      link(path, entry);
    } else if (isRegular(entry)) {
      write(path, entry, content);
    } else {
      throw new IOException(entry.getName() + " is neither file, directory nor symbolic link");
    }
  }

  private static boolean isRegular(TarArchiveEntry entry) {
    byte type = entry.getLinkFlag();
    return type == TarConstants.LF_NORMAL || type == TarConstants.LF_OLDNORM;
  }

  private void link(Path path, TarArchiveEntry entry) throws IOException {
    Path linked = Path.of(entry.getLinkName());
    if (linked.isAbsolute()) {
      throw new IOException(entry.getName() + " links to the absolute path " + linked);
    }
    inside(path.resolveSibling(linked), entry);
    createParent(path);
    Files.createSymbolicLink(path, linked);
  }

  private void write(Path path, TarArchiveEntry entry, InputStream content) throws IOException {
    createParent(path);
    byte[] buffer = new byte[1 << 16];
    try (OutputStream out = Files.newOutputStream(path)) {
      int read = content.read(buffer);
      while (read >= 0) {
        bytes += read;
        if (bytes > MAX_BYTES) {
          throw new IOException("the archive holds more than " + MAX_BYTES + " bytes");
        }
        out.write(buffer, 0, read);
        read = content.read(buffer);
      }
    }
    boolean executable = (entry.getMode() & 0111) != 0;
    Files.setPosixFilePermissions(
        path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
    ServerDirectory.sync(path);
  }

  /** Also refuses to write through a link that the archive itself made. */
  private void createParent(Path path) throws IOException {
    Path parent = path.getParent();
    if (parent == null) {
      throw new IOException(path + " has no parent");
    }
    createDirectories(parent);
    if (!parent.toRealPath().startsWith(target.toRealPath())) {
      throw new IOException(path + " would be written outside of " + target);
    }
  }

  /** Passable for others whatever the umask: as root the server runs as somebody else. */
  private void createDirectories(Path directory) throws IOException {
    Path parent = directory.getParent();
    if (parent != null && !directory.equals(target)) {
      createDirectories(parent);
    }
    if (!Files.isDirectory(directory)) {
      Files.createDirectory(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  private Path inside(Path path, TarArchiveEntry entry) throws IOException {
    Path normalized = path.normalize();
    if (!normalized.startsWith(target)) {
      throw new IOException(entry.getName() + " leads out of the archive");
    }
    return normalized;
  }
}
