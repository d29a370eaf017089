package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.DriverManager;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Builds projects of others with Maven, from the jars of this build, and runs them.
 *
 * <p>The jars get a version of their own in a repository of their own, which Maven reads beside the
 * local one: nothing of them stays there.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ConsumersTest {

  private static final String VERSION = "0.1.0-SNAPSHOT";
  private static final String AS = "0.0.0-consumers";
  private static final List<String> JARS =
      List.of(
          "selfupgrade-api",
          "selfupgrade-core",
          "selfupgrade-supabase",
          "selfupgrade-github",
          "selfupgrade-testkit");

  @TempDir static Path directory;

  private EmbeddedPostgres server;
  private Path key;

  @BeforeAll
  void build() throws Exception {
    Path repository = directory.resolve("repository");
    pom(repository, Module.root().resolve("pom.xml"), "selfupgrade-parent");
    pom(repository, Module.root().resolve("selfupgrade-bom/pom.xml"), "selfupgrade-bom");
    for (String name : JARS) {
      Path module = Module.root().resolve(name);
      pom(repository, module.resolve("pom.xml"), name);
      Files.copy(jar(module, name), artifact(repository, name, "jar"));
    }
    copy(Module.root().resolve("docs/src/test/consumers"), directory.resolve("project"));
    maven(repository);
    server = TestPostgres.attach(directory.resolve("postgres"));
    key = new ReleaseTool(Clock.systemUTC()).keygen(directory, "release").publicKey();
    Files.createDirectory(directory.resolve("releases"));
  }

  @AfterAll
  void stopTheServer() {
    if (server != null) {
      server.close();
    }
    PostgresStore.stopEmbedded(directory.resolve("postgres"));
  }

  @ParameterizedTest
  @CsvSource({
    "plain,    example.plain.Plain,",
    "retrofit, example.retrofit.BesideRetrofit, on okhttp 4.",
    "boot3,    example.boot3.Boot3, 'flyway applied 1, guests 0, health UP'",
    "boot4,    example.boot4.Boot4, 'flyway applied 1, guests 0, health UP'"
  })
  void aHostRunsATaskAndACheck(String module, String main, String more) throws Exception {
    try (var connection =
            DriverManager.getConnection(
                server.jdbcUrl(), server.user(), server.password().reveal());
        var statement = connection.createStatement()) {
      statement.execute("create database " + module);
    }
    // The second time the library's schema is there before the host's migrations look.
    for (int time = 1; time <= 2; time++) {
      String said = run(module, main);

      assertThat(said).contains("task ran, check says ").contains(more == null ? "" : more);
      assertThat(said).doesNotContain("WARN").doesNotContain("Exception");
    }
  }

  @Test
  void theBomNamesEachPublishedModule() throws IOException {
    String bom = Files.readString(Module.root().resolve("selfupgrade-bom/pom.xml"));

    assertThat(bom).contains("<version>" + VERSION + "</version>");
    for (Module module : Module.values()) {
      assertThat(bom).contains("<artifactId>" + module.directory().getFileName() + "</artifactId>");
    }
  }

  private String run(String module, String main) throws Exception {
    Path project = directory.resolve("project").resolve(module).resolve("target");
    String classpath =
        project.resolve("classes")
            + System.getProperty("path.separator")
            + Files.readString(project.resolve("classpath.txt")).strip();
    String url =
        server.jdbcUrl().replace("/postgres?", "/" + module + "?")
            + "&password="
            + server.password().reveal();
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            classpath,
            main);
    builder.environment().put("DATABASE_URL", url);
    builder.environment().put("DATABASE_JDBC_URL", url);
    builder.environment().put("RELEASES", directory.resolve("releases").toString());
    builder.environment().put("RELEASE_KEY", key.toString());
    return finished(builder, 120);
  }

  private static void maven(Path repository) throws Exception {
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

  private static String finished(ProcessBuilder builder, int seconds) throws Exception {
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

  /** A jar of this build; on a person's machine it may be missing, with a word on how to get it. */
  private static Path jar(Path module, String name) {
    Path jar = module.resolve("target").resolve(name + "-" + VERSION + ".jar");
    String problem = jar + " is missing: run ./mvnw -DskipTests package first";
    if (System.getenv("CI") == null) {
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
