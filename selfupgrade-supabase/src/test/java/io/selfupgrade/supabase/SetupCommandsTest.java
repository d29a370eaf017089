package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line. */
class SetupCommandsTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  @TempDir Path project;

  private final Map<String, String> environment = new HashMap<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... args) {
    out.reset();
    err.reset();
    return new SetupCommands(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            environment::get)
        .run(List.of(args));
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void withoutADatabaseUrlItSaysWhereOneIsAndWritesNothing() throws Exception {
    assertThat(run("run", project.toString())).isEqualTo(2);
    assertThat(err()).contains("no database URL", "SUPABASE_DB_URL", "--folder-only");
    assertThat(SetupFolderTest.tree(project)).isEmpty();
  }

  @Test
  void theFolderAloneTakesNoDatabase() {
    assertThat(run("run", "--folder-only", project.toString())).isZero();
    assertThat(out()).contains("done   folder", "Left for you:", "  1. apply the migrations");
    assertThat(run("run", "--folder-only", project.toString())).isZero();
    assertThat(out()).contains("Nothing to do.");
  }

  @Test
  void aLoginIsPrintedOnlyWhenThatIsAsked() throws SQLException {
    String login = "cmd_" + Long.toString(System.nanoTime(), 36);
    environment.put("OWNER_URL", DATABASE.jdbcUrl());
    try {
      int code =
          run("run", "--database-only", "--url-env=OWNER_URL", "--login", login, "--print-login");

      assertThat(code).as(out() + err()).isZero();
      assertThat(out()).contains("shown once: postgresql://" + login + ":");
      assertThat(err()).isEmpty();
      assertThat(
              run(
                  "run",
                  "--database-only",
                  "--url-env=OWNER_URL",
                  "--login",
                  login,
                  "--print-login"))
          .isZero();
      assertThat(out()).contains("Nothing to do.").doesNotContain("shown once");
    } finally {
      Agents.query(DATABASE.jdbcUrl(), "select 1");
      try (var connection = DATABASE.dataSource().getConnection()) {
        new Statements(connection).script("drop role if exists " + login);
      }
    }
  }

  @Test
  void aFailureIsOneAndAThingThatIsNotGoodIsThree() throws Exception {
    environment.put(
        "SUPABASE_DB_URL", DATABASE.jdbcUrl().replaceAll("password=[^&]*", "password=hidden-one"));
    assertThat(run("run", project.toString())).isEqualTo(1);
    assertThat(err()).contains("failed: ", "28P01").doesNotContain("hidden-one");

    environment.put("SUPABASE_DB_URL", DATABASE.jdbcUrl());
    assertThat(run("run", project.toString(), "--dry-run", "--project", "http://127.0.0.1:1"))
        .isEqualTo(3);
    assertThat(out()).contains("would  folder", "wrong  functions", "this was a dry run");
    assertThat(SetupFolderTest.tree(project)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run --what | unknown option --what",
        "run --agent | has no value",
        "run --agent=a --agent=b | given twice",
        "run a b | there are 2 operands",
        "run postgresql://me:hidden@host/db | not given on the command line",
        "run --folder-only --database-only | expected one of them",
        "run --database-only a | takes no folder",
        "run --folder-only --login Me | lower-case letters",
        "run --folder-only --project ftp://x | project's URL is not usable",
        "run --folder-only --redeploy | takes the agent's name",
        "run --url-env NOT_SET | NOT_SET is not set",
        "run --url-file /nowhere/url | cannot be read",
        "run --url-env A --url-file B | expected one of them",
        "print-sql a | there are 1 operands",
        "walk | expected run or print-sql",
      })
  void wrongUsageIsTwoAndSaysWhatIsRight(String words, String says) {
    assertThat(run(words.split(" "))).isEqualTo(2);
    assertThat(err()).contains("wrong usage: ", says).doesNotContain("hidden");
  }

  @Test
  void helpIsOnRequest() {
    assertThat(run()).isEqualTo(2);
    assertThat(err()).contains("usage: setup COMMAND");
    assertThat(run("--help")).isZero();
    assertThat(out()).contains("Exit code: 0 done");
  }

  @Test
  void theScriptIsPrintedWithTheLoginThatIsNamed() {
    assertThat(run("print-sql", "--login", "my_bot")).isZero();
    assertThat(out())
        .startsWith("-- SelfUpgrade")
        .contains("create role \"my_bot\" login in role selfupgrade_agent")
        .endsWith("commit;\n");
  }

  @Test
  void aUrlFromAFileIsTaken() throws Exception {
    Path file = Files.writeString(project.resolve("url"), "postgresql://a:b@127.0.0.1:1/x\n");
    assertThat(run("run", project.resolve("p").toString(), "--url-file", file.toString()))
        .isEqualTo(1);
    assertThat(err()).contains("connecting to the database failed");
  }
}
