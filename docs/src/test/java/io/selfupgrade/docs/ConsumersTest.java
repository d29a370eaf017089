package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Clock;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Hosts of others run one task, one memory and one check. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ConsumersTest {

  @TempDir static Path directory;

  private Consumers consumers;
  private EmbeddedPostgres server;
  private Path key;

  @BeforeAll
  void build() throws Exception {
    consumers = Consumers.build(directory);
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
    "plain,         example.plain.Plain,",
    "retrofit,      example.retrofit.BesideRetrofit, on okhttp 4.",
    "retrofit-last, example.retrofit.BesideRetrofit, on okhttp 5.",
    "boot3,         example.boot.Boot, 'flyway applied 1, guests 0, health UP'",
    "boot4,         example.boot.Boot, 'flyway applied 1, guests 0, health UP'"
  })
  void aHostRunsATaskAMemoryAndACheck(String project, String main, String more) throws Exception {
    try (var connection =
            DriverManager.getConnection(
                server.jdbcUrl(), server.user(), server.password().reveal());
        var statement = connection.createStatement()) {
      statement.execute("create database \"" + project + "\"");
    }
    // The second time the library's schema is there before the host's migrations look.
    for (int time = 1; time <= 2; time++) {
      String said = run(project, main);

      assertThat(said)
          .contains("task ran true, recalled The launch window opens at dawn., database UP, check")
          .contains(more == null ? "" : more)
          .contains(project.startsWith("retrofit") ? "GitHub has Optional.empty" : "")
          .doesNotContain("WARN")
          .doesNotContain("Exception");
    }
  }

  @Test
  void theBomNamesEachPublishedModule() throws IOException {
    String bom = Files.readString(Module.root().resolve("selfupgrade-bom/pom.xml"));

    assertThat(bom).contains("<version>" + Consumers.VERSION + "</version>");
    for (Module module : Module.values()) {
      assertThat(bom).contains("<artifactId>" + module.directory().getFileName() + "</artifactId>");
    }
  }

  private String run(String project, String main) throws Exception {
    String url =
        server.jdbcUrl().replace("/postgres?", "/" + project + "?")
            + "&password="
            + server.password().reveal();
    ProcessBuilder builder = consumers.java(project, main);
    builder.command().add(1, "-XX:TieredStopAtLevel=1");
    builder.environment().put("DATABASE_URL", url);
    builder.environment().put("DATABASE_JDBC_URL", url);
    builder.environment().put("RELEASES", directory.resolve("releases").toString());
    builder.environment().put("RELEASE_KEY", key.toString());
    return consumers.finished(builder, 120);
  }
}
