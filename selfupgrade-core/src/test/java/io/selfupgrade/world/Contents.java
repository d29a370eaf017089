package io.selfupgrade.world;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Makes what the releases of a world consist of. */
final class Contents {

  private final Path directory;
  private final AtomicInteger migrations = new AtomicInteger();

  /** Keeps its files in that directory. */
  Contents(Path directory) {
    this.directory = directory;
  }

  /** A migration that must run once: it would run twice without a complaint. */
  Path migrations(String version) throws IOException {
    Path folder = Files.createDirectories(directory.resolve("migrations-" + version));
    String number = "2030" + String.format(Locale.ROOT, "%010d", migrations.incrementAndGet());
    Files.writeString(
        folder.resolve(number + "_world.sql"),
        "insert into public.migrated values ('" + version + "');");
    return folder;
  }

  /** An archive, so that each release is unpacked too. */
  Path models(String version) throws IOException {
    Path archive = directory.resolve("models-" + version + ".zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(archive))) {
      for (String name : List.of("a/weights", "words")) {
        out.putNextEntry(new ZipEntry(name));
        out.write((name + " of " + version).getBytes(StandardCharsets.UTF_8));
      }
    }
    return archive;
  }

  /** A jar that has a manifest only: the classes are those that were just compiled. */
  Path jar(String version) throws IOException {
    Path jar = directory.resolve("agent-" + version + ".jar");
    Manifest manifest = new Manifest();
    Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.put(Attributes.Name.MAIN_CLASS, WorldAgent.class.getName());
    main.put(Attributes.Name.CLASS_PATH, classPath());
    main.putValue("World-Version", version);
    try (OutputStream out = Files.newOutputStream(jar)) {
      new JarOutputStream(out, manifest).close();
    }
    return jar;
  }

  private static String classPath() {
    return List.of(System.getProperty("java.class.path").split(File.pathSeparator)).stream()
        .map(entry -> Path.of(entry).toUri().toString())
        .collect(Collectors.joining(" "));
  }
}
