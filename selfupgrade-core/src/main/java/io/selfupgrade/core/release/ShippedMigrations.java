package io.selfupgrade.core.release;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** The SQL migrations that a release ships, by file name: the library's and the host's. */
final class ShippedMigrations {

  private static final String FOLDER = "supabase/migrations/";
  private static final Pattern NAME = Pattern.compile("[0-9]{14}_[A-Za-z0-9_-]+\\.sql");
  private static final int MAX_BYTES = 4 << 20;

  private final SortedMap<String, byte[]> byName = new TreeMap<>();

  private ShippedMigrations() {}

  static SortedMap<String, byte[]> of(ReleaseRecipe recipe) throws IOException {
    ShippedMigrations found = new ShippedMigrations();
    List<Path> places = new ArrayList<>();
    if (recipe.libraryMigrations().isPresent()) {
      places.add(recipe.libraryMigrations().get());
    } else {
      recipe.jar().ifPresent(places::add);
      places.addAll(recipe.classpath());
    }
    for (Path place : places) {
      if (Files.isDirectory(place)) {
        found.addDirectory(place.resolve(FOLDER));
      } else {
        try (InputStream in = Files.newInputStream(place)) {
          found.addJar(in, place.toString(), true);
        }
      }
    }
    if (recipe.libraryMigrations().isPresent() && found.byName.isEmpty()) {
      throw new IllegalArgumentException(
          recipe.libraryMigrations().get()
              + " has no "
              + FOLDER
              + "<timestamp>_<name>.sql: name the jar of selfupgrade-supabase");
    }
    if (recipe.migrations().isPresent()) {
      Path directory = recipe.migrations().get();
      if (!Files.isDirectory(directory)) {
        throw new IllegalArgumentException("there is no directory of migrations at " + directory);
      }
      found.addDirectory(directory);
    }
    return found.byName;
  }

  private void addDirectory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.sql")) {
      for (Path file : files) {
        try (InputStream in = Files.newInputStream(file)) {
          add(String.valueOf(file.getFileName()), in, file.toString());
        }
      }
    }
  }

  private void addJar(InputStream in, String place, boolean withInnerJars) throws IOException {
    ZipInputStream zip = new ZipInputStream(in);
    for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
      String name = entry.getName();
      if (name.startsWith(FOLDER) && name.endsWith(".sql")) {
        add(name.substring(FOLDER.length()), zip, place);
      } else if (withInnerJars && name.endsWith(".jar")) {
        addJar(zip, place + "!" + name, false);
      }
    }
  }

  private void add(String name, InputStream in, String place) throws IOException {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "migration "
              + name
              + " of "
              + place
              + ": expected a name such as 20260131120000_add_x.sql");
    }
    byte[] content = in.readNBytes(MAX_BYTES + 1);
    if (content.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "migration " + name + " of " + place + " has more than " + MAX_BYTES + " bytes");
    }
    byte[] known = byName.putIfAbsent(name, content);
    if (known != null && !Arrays.equals(known, content)) {
      throw new IllegalArgumentException(
          "migration "
              + name
              + " of "
              + place
              + " differs from another one of that name: rename the host's, or ship the library once");
    }
  }
}
