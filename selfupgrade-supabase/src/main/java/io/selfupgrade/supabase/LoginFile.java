package io.selfupgrade.supabase;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file with the URL of the agent's login, for its owner's eyes alone: a line of a shell or of
 * {@code --env-file}.
 *
 * @param path where it is
 */
record LoginFile(Path path) {

  static final String NAME = ".env.selfupgrade.local";
  static final String VARIABLE = "SELFUPGRADE_DB_URL";

  private static final Pattern LINE = Pattern.compile("(?m)^(?:export )?" + VARIABLE + "=(.*)$");

  /** Returns the URL in it. */
  Optional<String> url() throws IOException {
    if (!Files.exists(path)) {
      return Optional.empty();
    }
    Matcher matcher = LINE.matcher(ProjectFolder.read(path));
    return matcher.find()
        ? Optional.of(matcher.group(1).strip().replaceAll("^(['\"])(.*)\\1$", "$2"))
        : Optional.empty();
  }

  /** Keeps a URL; other lines of the file stay. */
  void keep(String url) throws IOException {
    String before = Files.exists(path) ? ProjectFolder.read(path) : "";
    String gap = before.isEmpty() || before.endsWith("\n") ? "" : "\n";
    // Encoded by percent signs, a URL has nothing but '&' that a shell would not take as it is.
    String quote = url.indexOf('&') < 0 ? "" : "'";
    String line = VARIABLE + "=" + quote + url + quote + "\n";
    Path file = path.toAbsolutePath();
    Path directory = file.getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    Path half = file.resolveSibling(file.getFileName() + ".half.local");
    Files.deleteIfExists(half);
    try (SeekableByteChannel channel =
        Files.newByteChannel(
            half, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownersOnly())) {
      channel.write(StandardCharsets.UTF_8.encode(before + gap + line));
    }
    Files.move(half, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static FileAttribute<?>[] ownersOnly() {
    boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    return posix
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }
}
