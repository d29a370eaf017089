package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Projects of others, built with Maven from the jars of this build.
 *
 * <p>The jars get a version of their own in a repository of their own, which Maven reads beside the
 * local one: nothing of them stays there.
 */
final class Consumers {

  static final String VERSION = "0.1.0-SNAPSHOT";
  private static final String AS = "0.0.0-consumers";
  private static final List<String> JARS =
      List.of(
          "selfupgrade-api",
          "selfupgrade-core",
          "selfupgrade-supabase",
          "selfupgrade-github",
          "selfupgrade-testkit");

  private final Path directory;

  private Consumers(Path directory) {
    this.directory = directory;
  }

  /** Builds all of them in an empty directory. */
  static Consumers build(Path directory) throws Exception {
    Path repository = directory.resolve("repository");
    pom(repository, Module.root().resolve("pom.xml"), "selfupgrade-parent");
    pom(repository, Module.root().resolve("selfupgrade-bom/pom.xml"), "selfupgrade-bom");
    for (String name : JARS) {
      Path module = Module.root().resolve(name);
      pom(repository, module.resolve("pom.xml"), name);
      Files.copy(jar(module, name), artifact(repository, name, "jar"));
    }
    copy(Module.root().resolve("docs/src/test/consumers"), directory.resolve("project"));
    Consumers consumers = new Consumers(directory);
    consumers.maven(repository);
    return consumers;
  }

  /** Returns the jars that Maven gives to a project. */
  List<Path> jars(String project) throws IOException {
    String jars = Files.readString(target(project).resolve("classpath.txt")).strip();
    return Stream.of(jars.split(File.pathSeparator, -1)).map(Path::of).toList();
  }

  /** Describes a process that runs a class with the project's class path, and more before it. */
  ProcessBuilder java(String project, String main, Path... more) throws IOException {
    List<String> classpath = new ArrayList<>();
    Stream.of(more).map(Path::toString).forEach(classpath::add);
    classpath.add(target(project).resolve("classes").toString());
    jars(project).forEach(jar -> classpath.add(jar.toString()));
    return new ProcessBuilder(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-cp",
        String.join(File.pathSeparator, classpath),
        main);
  }

  /** Runs it to its end; returns what it said. */
  String finished(ProcessBuilder builder, int seconds) throws Exception {
    Path output = Files.createTempFile(directory, "output", ".txt");
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
      String said = Files.readString(output, StandardCharsets.UTF_8);
      assertThat(ended).as("it ends: " + said).isTrue();
      assertThat(process.exitValue()).as(said).isZero();
      return said;
    } finally {
      process.destroyForcibly();
    }
  }

  private Path target(String project) {
    return directory.resolve("project").resolve(project).resolve("target");
  }

  private void maven(Path repository) throws Exception {
    Path project = directory.resolve("project");
    List<String> command = new ArrayList<>();
    command.add(Module.root().resolve("mvnw").toString());
    command.addAll(List.of("-B", "-ntp", "-q", "-f", project.resolve("pom.xml").toString()));
    command.add("-Dmaven.repo.local.tail=" + repository);
    command.add("-Dmaven.repo.local.tail.ignoreAvailability=true");
    command.add("-Dselfupgrade.version=" + AS);
    command.add("-Dmdep.outputFile=target/classpath.txt");
    command.addAll(List.of("compile", "dependency:build-classpath"));
    finished(new ProcessBuilder(command), 300);
  }

  /** A jar of this build; on a person's machine it may be missing, with a word on how to get it. */
  private static Path jar(Path module, String name) {
    Path jar = module.resolve("target").resolve(name + "-" + VERSION + ".jar");
    String problem = jar + " is missing: run ./mvnw -DskipTests package first";
    if (!"true".equals(System.getenv("CI"))) {
      assumeTrue(Files.exists(jar), problem);
    }
    assertThat(jar).as(problem).exists();
    return jar;
  }

  private static void pom(Path repository, Path pom, String name) throws IOException {
    Path target = artifact(repository, name, "pom");
    Files.createDirectories(target.getParent());
    Files.writeString(target, Files.readString(pom).replace(VERSION, AS));
  }

  private static Path artifact(Path repository, String name, String type) {
    return repository
        .resolve("io/selfupgrade")
        .resolve(name)
        .resolve(AS)
        .resolve(name + "-" + AS + "." + type);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> tree = Files.walk(from)) {
      for (Path path : tree.toList()) {
        Path target = to.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }
}
