package io.selfupgrade.supabase.embedded;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where everything of one server lies.
 *
 * <pre>
 *   lock               OS lock of whoever starts or stops the server
 *   clients/           one locked file for each living client
 *   pgsql-&lt;digest&gt;/    unpacked binaries         data/  the cluster
 *   password  port     of the server             postgres.log
 * </pre>
 *
 * @param root the real path, without symbolic links
 */
record ServerDirectory(Path root) {

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final Charset NATIVE =
      Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
  private static final String TEMPORARY = "temporary-";
  // initdb and pg_ctl hand paths to a shell between double quotes
  private static final String UNQUOTABLE = "\"$`\\";

  /** Creates it, readable for its owner only, if it is not there. */
  static ServerDirectory create(Path directory) {
    Path absolute = directory.toAbsolutePath().normalize();
    absolute.toString().chars().forEach(c -> checkQuotable(absolute, c));
    try {
      if (!Files.exists(absolute)) {
        Path parent = absolute.getParent();
        if (parent != null) {
          Files.createDirectories(parent);
        }
        createDirectory(absolute);
      }
      ServerDirectory opened = new ServerDirectory(absolute.toRealPath());
      createDirectory(opened.clients());
      return opened;
    } catch (IOException e) {
      throw Trouble.failed("cannot create or enter the directory " + absolute, e);
    }
  }

  /** The directory of a server that was attached to before. */
  static Optional<ServerDirectory> existing(Path directory) {
    try {
      ServerDirectory found = new ServerDirectory(directory.toRealPath());
      return Files.isDirectory(found.clients()) ? Optional.of(found) : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw Trouble.failed("cannot enter the directory " + directory, e);
    }
  }

  private static void checkQuotable(Path directory, int c) {
    if (UNQUOTABLE.indexOf(c) >= 0 || Character.isISOControl(c)) {
      throw Trouble.misconfigured(
          directory
              + " has a character that Postgres' own tools cannot quote (one of "
              + UNQUOTABLE
              + " or a control character): choose another name");
    }
  }

  /** Creates one directory for the owner only, unless it exists or appears meanwhile. */
  static void createDirectory(Path directory) throws IOException {
    try {
      Files.createDirectory(directory, OWNER_DIRECTORY);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory)) {
        throw e;
      }
    }
  }

  Path lock() {
    return root.resolve("lock");
  }

  Path clients() {
    return root.resolve("clients");
  }

  Path data() {
    return root.resolve("data");
  }

  Path postmasterFile() {
    return data().resolve("postmaster.pid");
  }

  Path log() {
    return root.resolve("postgres.log");
  }

  Path oldLog() {
    return root.resolve("postgres.log.1");
  }

  Path password() {
    return root.resolve("password");
  }

  Path port() {
    return root.resolve("port");
  }

  Path binaries(String digest) {
    return root.resolve("pgsql-" + digest);
  }

  boolean hasData() {
    return Files.exists(data());
  }

  /** The entries whose names match, such as {@code pgsql-*}. */
  List<Path> entries(String glob) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(root, glob)) {
      stream.forEach(found::add);
    }
    return found;
  }

  /** A new place for what is made beside and then renamed. */
  Path temporary(String what) {
    return root.resolve(TEMPORARY + what + "-" + UUID.randomUUID());
  }

  /**
   * Removes what a killed process left half made. A program that it started may still be writing
   * there, so what cannot be removed now is left for the next time.
   */
  void removeLeftovers() {
    try {
      for (Path entry : entries(TEMPORARY + "*")) {
        deleteTree(entry);
      }
    } catch (IOException e) {
      // only space is lost
    }
  }

  /** Replaces a small file as a whole, durably, readable for its owner only. */
  void write(Path file, String text) throws IOException {
    Path written = Files.createFile(temporary("written"), OWNER_FILE);
    Files.writeString(written, text);
    sync(written);
    Files.move(written, file, ATOMIC_MOVE);
    sync(root);
  }

  /** The text of a small file, without white space around it; null if there is none. */
  static @Nullable String read(Path file) throws IOException {
    try {
      return Files.readString(file, StandardCharsets.UTF_8).strip();
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** The text of a file that Postgres or the kernel wrote, with paths in the machine's encoding. */
  static @Nullable String readNative(Path file) throws IOException {
    try {
      return new String(Files.readAllBytes(file), NATIVE);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** Forces a file or directory to the disk. */
  static void sync(Path path) throws IOException {
    boolean directory = Files.isDirectory(path);
    try (FileChannel channel =
        FileChannel.open(path, directory ? StandardOpenOption.READ : StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  static int ownerOf(Path path) throws IOException {
    return (Integer) Files.getAttribute(path, "unix:uid", NOFOLLOW_LINKS);
  }

  /** Deletes a tree without following links. */
  static void deleteTree(Path tree) throws IOException {
    if (!Files.exists(tree, NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        tree,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
              throws IOException {
            if (e != null) {
              throw e;
            }
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
