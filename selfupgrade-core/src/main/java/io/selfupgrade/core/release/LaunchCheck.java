package io.selfupgrade.core.release;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipException;

/** Looks whether a JVM finds what it is to start; says nothing about what it does then. */
public final class LaunchCheck {

  private LaunchCheck() {}

  /**
   * Checks what a recipe launches.
   *
   * @throws IllegalArgumentException if a JVM would not find a main class
   * @throws IOException if files cannot be read
   */
  public static void require(ReleaseRecipe recipe) throws IOException {
    Optional<Path> jar = recipe.jar().filter(Files::isRegularFile);
    if (jar.isPresent()) {
      requireMainClass(jar.get());
    } else if (!recipe.mainClass().isEmpty() && !recipe.classpath().isEmpty()) {
      requireOnClasspath(recipe.mainClass(), recipe.classpath());
    }
  }

  private static void requireMainClass(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      Manifest manifest = file.getManifest();
      Attributes attributes = manifest == null ? new Attributes() : manifest.getMainAttributes();
      String main = attributes.getValue(Attributes.Name.MAIN_CLASS);
      if (main == null) {
        throw new IllegalArgumentException(
            jar
                + " has no Main-Class in its manifest, so java -jar cannot start it: build an"
                + " executable jar, or name --main-class CLASS and --classpath JARS");
      }
      boolean alone = attributes.getValue(Attributes.Name.CLASS_PATH) == null;
      if (alone && file.getJarEntry(path(main.strip())) == null) {
        throw new IllegalArgumentException(
            jar
                + " names the Main-Class "
                + main.strip()
                + ", which is not in it: build it with its classes");
      }
    } catch (ZipException e) {
      throw new IllegalArgumentException(
          jar + " is no jar (" + e.getMessage() + "): name the one that the build has made", e);
    }
  }

  private static void requireOnClasspath(String main, List<Path> classpath) throws IOException {
    for (Path entry : classpath) {
      if (holds(entry, path(main))) {
        return;
      }
    }
    throw new IllegalArgumentException(
        "main class "
            + main
            + " is in none of "
            + classpath
            + ": add the jar or directory that has it, or correct the name");
  }

  private static boolean holds(Path entry, String path) throws IOException {
    if (Files.isDirectory(entry)) {
      return Files.isRegularFile(entry.resolve(path));
    }
    if (!Files.isRegularFile(entry)) {
      return false;
    }
    try (JarFile file = new JarFile(entry.toFile())) {
      return file.getJarEntry(path) != null;
    } catch (ZipException e) {
      return false;
    }
  }

  private static String path(String className) {
    return className.replace('.', '/') + ".class";
  }
}
