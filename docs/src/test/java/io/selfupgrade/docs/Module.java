package io.selfupgrade.docs;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The published modules of this build, and their compiled classes. */
enum Module {
  API("selfupgrade-api"),
  TESTKIT("selfupgrade-testkit"),
  CORE("selfupgrade-core"),
  SUPABASE("selfupgrade-supabase"),
  GITHUB("selfupgrade-github");

  private static final Map<Module, JavaClasses> IMPORTED = new ConcurrentHashMap<>();

  private final String directory;

  Module(String directory) {
    this.directory = directory;
  }

  /** Returns the root of the repository: tests run in the directory of their module. */
  static Path root() {
    Path root = Path.of("").toAbsolutePath().getParent();
    if (!Files.exists(root.resolve("mvnw"))) {
      throw new IllegalStateException(
          "run this test in the directory of its module, not in " + Path.of("").toAbsolutePath());
    }
    return root;
  }

  Path directory() {
    return root().resolve(directory);
  }

  JavaClasses classes() {
    return IMPORTED.computeIfAbsent(
        this,
        module -> new ClassFileImporter().importPath(module.directory().resolve("target/classes")));
  }

  Set<String> packages() {
    var names = new TreeSet<String>();
    classes().forEach(type -> names.add(type.getPackageName()));
    return names;
  }

  /** Returns the binary names of the classes, sorted. */
  List<String> classNames() {
    return classes().stream().map(JavaClass::getName).sorted().toList();
  }

  /** Returns the source files of the module, tests not among them. */
  List<Path> sources() {
    Path sources = directory().resolve("src/main/java");
    if (!Files.isDirectory(sources)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(sources)) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list the sources in " + sources, e);
    }
  }

  DescribedPredicate<JavaClass> owns() {
    return DescribedPredicate.describe(
        "belong to " + directory, type -> classes().contain(type.getBaseComponentType().getName()));
  }
}
