package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.store.AgentStore.SchemaMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The script for a DBA. */
class SqlScriptTest {

  @RegisterExtension final TestDatabase database = TestDatabase.fresh();
  @RegisterExtension final TestDatabase migrated = TestDatabase.fresh();

  @TempDir Path directory;

  private final String login = "order_by_" + Long.toString(System.nanoTime(), 36);

  @AfterEach
  void dropTheLogin() throws SQLException {
    run(database.jdbcUrl(), "drop role if exists " + login);
  }

  private static void run(String url, String script) throws SQLException {
    // The simple protocol: as psql and SQL editors send it.
    try (Connection connection = DriverManager.getConnection(url + "&preferQueryMode=simple")) {
      new Statements(connection).script(script);
    }
  }

  @Test
  void itMakesWhatTheRunnerMakesAndMayBeRunAgain() throws SQLException {
    String script = SupabaseSetup.sql(login);
    try (PostgresStore store = PostgresStore.at(migrated.jdbcUrl())) {
      store.open(SchemaMode.APPLY);
    }

    run(database.jdbcUrl(), script);
    List<String> once = Catalog.whole(database.jdbcUrl(), login);
    run(database.jdbcUrl(), script);

    assertThat(Catalog.whole(database.jdbcUrl(), login)).isEqualTo(once);
    assertThat(Catalog.definitions(database.jdbcUrl()))
        .isEqualTo(Catalog.definitions(migrated.jdbcUrl()));
    assertThat(history(database.jdbcUrl())).isEqualTo(history(migrated.jdbcUrl()));
    run(database.jdbcUrl(), "alter role " + login + " password 'set-by-the-dba'");
    leastRightsAreEnough();
  }

  private static String history(String url) throws SQLException {
    return Agents.query(
        url,
        "select string_agg(concat_ws(' ', version, name, sha256), E'\\n' order by version)"
            + " from selfupgrade.schema_history");
  }

  private void leastRightsAreEnough() {
    String url =
        database
            .jdbcUrl()
            .replaceAll("user=[^&]*", "user=" + login)
            .replaceAll("password=[^&]*", "password=set-by-the-dba");
    try (PostgresStore store = PostgresStore.at(Secret.of(url)).migrations(Migrations.VERIFY)) {
      store.open(SchemaMode.APPLY);
      Fence fence = Agents.lead(store);
      assertThat(store.tasks().finish(Agents.claim(store, fence), Optional.empty())).isTrue();
    }
  }

  @Test
  void itTakesUpWhereAnEarlierVersionEnded() throws SQLException {
    List<MigrationFile> some = MigrationFile.own().subList(0, 6);
    try (Connection connection = DriverManager.getConnection(database.jdbcUrl())) {
      new MigrationRunner(connection).apply(some);
      CliHistory.make(new Statements(connection));
    }

    run(database.jdbcUrl(), SupabaseSetup.sql(login));

    try (PostgresStore store = PostgresStore.at(database.jdbcUrl())) {
      store.open(SchemaMode.VERIFY);
    }
    assertThat(
            Agents.query(
                database.jdbcUrl(), "select count(*) from supabase_migrations.schema_migrations"))
        .isEqualTo(String.valueOf(MigrationFile.own().size()));
  }

  @Test
  void psqlTakesIt() throws IOException, InterruptedException, SQLException {
    if (!isThere("psql")) {
      // The test above sends the same script by the same protocol.
      return;
    }
    Path file = Files.writeString(directory.resolve("selfupgrade.sql"), SupabaseSetup.sql(login));
    String url = DatabaseUrl.parse(database.jdbcUrl()).forLogin("postgres", password());
    for (int i = 0; i < 2; i++) {
      Path output = directory.resolve("output");
      int code =
          new ProcessBuilder(
                  "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file.toString(), url)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start()
              .waitFor();
      assertThat(code).as(Files.readString(output, StandardCharsets.UTF_8)).isZero();
    }
    try (PostgresStore store = PostgresStore.at(database.jdbcUrl())) {
      store.open(SchemaMode.VERIFY);
    }
  }

  private String password() {
    return DatabaseUrl.parse(database.jdbcUrl()).password();
  }

  private static boolean isThere(String program) throws InterruptedException {
    try {
      return new ProcessBuilder(program, "--version")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
