package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.testkit.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The command as a process that is killed; {@link SetupDatabaseTest} cuts it off everywhere. */
class SetupKillTest {

  @RegisterExtension final TestDatabase database = TestDatabase.fresh();

  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path project;

  @Test
  void killedInTheFolderInTheMigrationsAndAtTheLoginItEndsRight() throws Exception {
    try (SetupScene scene = new SetupScene(database, project)) {
      killedOnce(scene, () -> Files.exists(project.resolve("supabase/seed.sql")));
      killedOnce(scene, () -> applied() >= MigrationFile.own().size() / 2);
      killedOnce(scene, () -> Files.exists(scene.loginFile()));

      SetupReport report = scene.described().run();

      assertThat(report.good()).as("%s", report).isTrue();
      assertThat(scene.described().run().changes()).isFalse();
      try (PostgresStore store =
          PostgresStore.at(Secret.of(scene.agentUrl())).migrations(Migrations.VERIFY)) {
        store.open(SchemaMode.VERIFY);
      }
    }
  }

  private void killedOnce(SetupScene scene, BooleanSupplier moment) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                SupabaseSetup.class.getName(),
                "run",
                project.toString(),
                "--login",
                scene.login())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("SUPABASE_DB_URL", database.jdbcUrl());
    Process process = builder.start();
    try {
      Eventually.holds(
          "it is in the middle", SOON, () -> moment.getAsBoolean() || !process.isAlive());
    } finally {
      process.destroyForcibly().onExit().join();
    }
    assertThat(List.of(0, 137)).as("ended or killed").contains(process.exitValue());
  }

  private int applied() {
    try {
      String known =
          Agents.query(
              database.jdbcUrl(), "select to_regclass('selfupgrade.schema_history') is not null");
      return known.equals("t")
          ? Integer.parseInt(
              Agents.query(database.jdbcUrl(), "select count(*) from selfupgrade.schema_history"))
          : 0;
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }
}
