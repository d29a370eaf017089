package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.supabase.SetupReport.Mark;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The database of a project that is set up; {@link SetupJobsTest} has pg_cron. */
class SetupDatabaseTest {

  @RegisterExtension final TestDatabase database = TestDatabase.fresh();

  /** As Vault has them. */
  private static final String VAULT =
      """
      create schema vault;
      create table vault.secrets (id uuid primary key default gen_random_uuid(), name text unique, secret text);
      create view vault.decrypted_secrets as select id, name, secret as decrypted_secret from vault.secrets;
      create function vault.create_secret(new_secret text, new_name text default null, new_description text default '',
                                          new_key_id uuid default null) returns uuid
          language sql as 'insert into vault.secrets (name, secret) values (new_name, new_secret) returning id';
      """;

  private static final String KEY = "sb_secret_0123456789abcdefghij_x";

  @TempDir Path project;

  private SetupScene scene;
  private String login;

  @BeforeEach
  void setTheScene() {
    scene = new SetupScene(database, project);
    login = scene.login();
  }

  @AfterEach
  void dropTheRoles() throws SQLException {
    scene.close();
  }

  private SupabaseSetup described() {
    return scene.described();
  }

  private void sql(String script) throws SQLException {
    scene.sql(script);
  }

  @Test
  void anEmptyDatabaseIsReadyForTheAgentAndTheSecondRunHasNothingToDo() throws Exception {
    SetupReport report = described().run();

    assertThat(report.good()).as("%s", report).isTrue();
    assertThat(SetupScene.texts(report, Mark.GOOD))
        .contains(
            "rights selfupgrade_agent reads and writes the tables",
            "rights " + login + " has no right that an agent does not need",
            "job there is no pg_cron: the agent's primary runs the jobs while it is up")
        .anySatisfy(text -> assertThat(text).contains("through a direct connection"))
        .anySatisfy(text -> assertThat(text).contains(login + " connects and finds its schema"));
    try (PostgresStore store =
        PostgresStore.at(Secret.of(scene.agentUrl())).migrations(Migrations.VERIFY)) {
      store.open(SchemaMode.APPLY);
      Fence fence = Agents.lead(store);
      assertThat(store.tasks().finish(Agents.claim(store, fence), Optional.empty())).isTrue();
    }
    assertThat(Files.getPosixFilePermissions(scene.loginFile()))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(report.toString()).doesNotContain(DatabaseUrl.parse(scene.agentUrl()).password());
    assertThat(
            Agents.query(
                database.jdbcUrl(),
                "select count(*) from supabase_migrations.schema_migrations where name is not null"))
        .isEqualTo(String.valueOf(MigrationFile.own().size()));

    Map<String, String> files = SetupFolderTest.tree(project);
    List<String> before = Catalog.whole(database.jdbcUrl(), login);
    SetupReport again = described().run();
    assertThat(again.changes()).as("%s", again).isFalse();
    assertThat(again.good()).isTrue();
    assertThat(SetupFolderTest.tree(project)).isEqualTo(files);
    assertThat(Catalog.whole(database.jdbcUrl(), login)).isEqualTo(before);
  }

  @Test
  void aDryRunChangesNeitherFilesNorDatabase() throws Exception {
    sql(VAULT);
    SupabaseSetup whole =
        described()
            .agent(new AgentName("my-bot"))
            .project(URI.create("http://127.0.0.1:1"))
            .secretKey(Secret.of(KEY))
            .redeploying();
    List<String> before = Catalog.whole(database.jdbcUrl(), login);

    SetupReport planned = whole.plan();

    assertThat(Catalog.whole(database.jdbcUrl(), login)).isEqualTo(before);
    assertThat(SetupFolderTest.tree(project)).isEmpty();
    SetupReport done = whole.run();
    assertThat(
            SetupScene.texts(done, Mark.DONE).stream()
                .filter(text -> !text.contains(".selfupgrade:")))
        .containsExactlyElementsOf(SetupScene.texts(planned, Mark.WOULD));

    List<String> after = Catalog.whole(database.jdbcUrl(), login);
    assertThat(whole.plan().changes()).isFalse();
    assertThat(Catalog.whole(database.jdbcUrl(), login)).isEqualTo(after);
  }

  @Test
  void oneThatIsCutOffBeforeAnyChangeEndsRightTheNextTime() throws Exception {
    Path file = project.resolve("agent.env");
    boolean cut = true;
    int changes = 0;
    for (; cut; changes++) {
      // What the first changes made stays, so that each run is cut off one change further on.
      cut = cutOff(file, changes);
    }
    assertThat(changes).isGreaterThan(2);
    SetupReport report = databaseOnly(file).run();

    assertThat(report.good()).as("%s", report).isTrue();
    assertThat(report.changes()).isFalse();
    try (PostgresStore store =
        PostgresStore.at(Secret.of(new LoginFile(file).url().orElseThrow()))
            .migrations(Migrations.VERIFY)) {
      store.open(SchemaMode.VERIFY);
    }
  }

  private SupabaseSetup databaseOnly(Path file) {
    return SupabaseSetup.withoutFolder()
        .database(Secret.of(database.jdbcUrl()))
        .login(login)
        .loginFile(file);
  }

  /** Lets one change pass, and ends before the second. */
  private boolean cutOff(Path file, int round) {
    int[] left = {1};
    try {
      databaseOnly(file)
          .run(
              new SetupNotes(
                  false,
                  () -> {
                    if (left[0]-- == 0) {
                      throw new SetupFolderTest.CutOff();
                    }
                  }));
      return false;
    } catch (SetupFolderTest.CutOff e) {
      assertThat(round).isLessThan(100);
      return true;
    }
  }

  @Test
  void whatAnotherToolLeftHalfWayIsNamedWithTheWayOut() throws Exception {
    sql("create schema selfupgrade; create table selfupgrade.agent_state (id int)");

    assertThatThrownBy(() -> described().run())
        .isInstanceOf(AdapterException.class)
        .hasMessageContaining("20261101000100_foundation.sql finds something of its own")
        .hasMessageContaining("drop schema selfupgrade cascade");
  }

  @Test
  void aSchemaThatTheAgentMadeItselfIsTakenOver() throws Exception {
    try (PostgresStore store = PostgresStore.at(database.jdbcUrl())) {
      store.open(SchemaMode.APPLY);
    }

    SetupReport report = described().run();

    assertThat(SetupScene.texts(report, Mark.DONE))
        .contains(
            "migration " + MigrationFile.own().size() + " noted as applied for the Supabase CLI")
        .noneMatch(text -> text.endsWith(".sql: applied"));
    assertThat(report.good()).isTrue();
  }

  @Test
  void theKeyIsKeptInVaultOnceAndAnotherOneIsLeftAlone() throws Exception {
    sql(VAULT);

    SetupReport first = described().secretKey(Secret.of(KEY)).run();
    SetupReport second = described().secretKey(Secret.of(KEY)).run();
    SetupReport other = described().secretKey(Secret.of(KEY + "2")).run();

    assertThat(SetupScene.texts(first, Mark.DONE))
        .contains("vault secret key stored as selfupgrade_secret_key");
    assertThat(second.changes()).isFalse();
    assertThat(SetupScene.texts(other, Mark.YOURS))
        .singleElement()
        .satisfies(text -> assertThat(text).contains("another key than the one given"));
    assertThat(Agents.query(database.jdbcUrl(), "select secret from vault.secrets")).isEqualTo(KEY);
    assertThat(first.toString() + second + other).doesNotContain(KEY);
    assertThat(SetupFolderTest.tree(project).values()).noneMatch(text -> text.contains(KEY));
  }

  @Test
  void anOutageCallsTheProjectUnlessItIsWatchedInAnotherWay() throws Exception {
    sql(VAULT);
    SupabaseSetup redeploying =
        described()
            .agent(new AgentName("my-bot"))
            .project(URI.create("http://127.0.0.1:1"))
            .secretKey(Secret.of(KEY))
            .redeploying();

    SetupReport first = redeploying.run();
    sql("select selfupgrade.set_watch('my-bot', true, 'https://mine.example', null)");
    SetupReport second = redeploying.run();

    assertThat(SetupScene.texts(first, Mark.DONE))
        .contains("watch an outage of my-bot calls http://127.0.0.1:1/functions/v1/self-upgrade");
    assertThat(SetupScene.texts(first, Mark.WRONG))
        .singleElement()
        .satisfies(
            text ->
                assertThat(text)
                    .contains("functions EdgeFunctions: health did not reach 127.0.0.1"));
    assertThat(SetupScene.texts(second, Mark.YOURS))
        .singleElement()
        .satisfies(text -> assertThat(text).contains("watched in another way"));
    assertThat(Agents.query(database.jdbcUrl(), "select call_url from selfupgrade.watches"))
        .isEqualTo("https://mine.example");
  }

  @Test
  void aPoolerInTransactionModeServesToo() throws Exception {
    // As Supabase's poolers do, it asks the server for the passwords of others than its own user.
    try (PgBouncer pooler =
        PgBouncer.with(database.jdbcUrl(), PgBouncer.Mode.TRANSACTION, "auth_user = postgres")) {
      SupabaseSetup through = described().database(Secret.of(pooler.through(database.jdbcUrl())));

      SetupReport report = through.run();

      assertThat(report.good()).as("%s", report).isTrue();
      assertThat(SetupScene.texts(report, Mark.GOOD))
          .anySatisfy(text -> assertThat(text).contains("database Postgres", "in transaction mode"))
          .anySatisfy(text -> assertThat(text).contains("login " + login, "in transaction mode"));
      assertThat(through.run().changes()).isFalse();
    }
  }

  @Test
  void rightsOfOthersAreSeen() throws Exception {
    described().run();
    sql(
        "grant select on selfupgrade.settings to public; alter table selfupgrade.memories disable row level security;"
            + " grant update (call_url) on selfupgrade.watches to selfupgrade_agent");

    List<String> wrong = SetupScene.texts(described().run(), Mark.WRONG);

    assertThat(wrong)
        .hasSize(3)
        .anySatisfy(text -> assertThat(text).contains("the owner's alone", "watches.call_url"))
        .anySatisfy(text -> assertThat(text).contains("settings to everybody"))
        .anySatisfy(text -> assertThat(text).contains("without row level security: memories"));
  }
}
