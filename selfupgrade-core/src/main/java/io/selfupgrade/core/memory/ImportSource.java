package io.selfupgrade.core.memory;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds the files of an import, in a fixed order; symbolic links in it are not followed. */
final class ImportSource {

  private static final long MOST_BYTES = 50L << 20;

  private final Path root;
  private final ImportResult result;
  private final List<Path> files = new ArrayList<>();

  /**
   * Looks for files.
   *
   * @throws IllegalArgumentException if there is no such file or directory
   */
  ImportSource(Path source, ImportResult result) throws IOException {
    if (!Files.exists(source)) {
      throw new IllegalArgumentException(
          "there is no file or directory " + source + ": name one that is there");
    }
    this.root = source.toRealPath();
    this.result = result;
    if (Files.isDirectory(root)) {
      Files.walkFileTree(root, new Finder());
      Collections.sort(files);
    } else {
      consider(root, Files.size(root), true);
    }
  }

  Path root() {
    return root;
  }

  List<Path> files() {
    return files;
  }

  /** Returns how a file is named in metadata and messages. */
  String name(Path file) {
    Path relative = file.equals(root) ? file.getFileName() : root.relativize(file);
    return relative.toString().replace(file.getFileSystem().getSeparator(), "/");
  }

  static boolean isMarkdown(Path file) {
    return endsIn(file, ".md");
  }

  private static boolean isJsonLines(Path file) {
    return endsIn(file, ".jsonl");
  }

  private static boolean endsIn(Path file, String end) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(end);
  }

  private void consider(Path file, long bytes, boolean named) {
    if (!isMarkdown(file) && !isJsonLines(file)) {
      if (named) {
        result.skip(name(file), "expected a file that ends in .md or .jsonl");
      }
    } else if (bytes > MOST_BYTES) {
      result.skip(name(file), "has " + bytes + " bytes: expected at most " + MOST_BYTES);
    } else {
      files.add(file);
    }
  }

  /** Walks through the directory. */
  private final class Finder extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (attributes.isSymbolicLink()) {
        result.skip(name(file), "a symbolic link is not followed");
      } else if (attributes.isRegularFile()) {
        consider(file, attributes.size(), false);
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) {
      result.skipTree(name(file), ImportResult.why(e));
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) {
      if (e != null) {
        result.skipTree(name(directory), ImportResult.why(e));
      }
      return FileVisitResult.CONTINUE;
    }
  }
}
