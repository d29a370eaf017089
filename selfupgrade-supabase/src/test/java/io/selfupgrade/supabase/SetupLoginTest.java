package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.supabase.SetupReport.Mark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The agent's login and its password, and owners that may not do all of it. */
class SetupLoginTest {

  @RegisterExtension final TestDatabase database = TestDatabase.fresh();

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

  @Test
  void aLoginThatIsThereKeepsItsPasswordAndGetsTheMembership() throws Exception {
    scene.sql("create role " + login + " login password 'the-users-own-password'");
    List<String> before = Catalog.whole(database.jdbcUrl(), login);

    SetupReport report = scene.described().password(Secret.of("another-password-123")).run();

    assertThat(SetupScene.texts(report, Mark.DONE))
        .contains("login " + login + ": made a member of selfupgrade_agent");
    assertThat(SetupScene.texts(report, Mark.WRONG))
        .singleElement()
        .satisfies(
            text -> assertThat(text).contains("connecting as " + login, "\\password " + login));
    assertThat(passwordOf(Catalog.whole(database.jdbcUrl(), login))).isEqualTo(passwordOf(before));
    assertThat(scene.loginFile()).doesNotExist();

    assertThat(scene.described().password(Secret.of("the-users-own-password")).run().good())
        .isTrue();
    assertThat(SetupScene.texts(scene.described().run(), Mark.GOOD))
        .anySatisfy(text -> assertThat(text).contains("its password is not known here"));
  }

  @Test
  void aPasswordThatWasGivenIsSetAsAVerifierAndWrittenNowhere() throws Exception {
    SetupReport report = scene.described().password(Secret.of("given-by-the-user-1")).run();

    assertThat(report.good()).as("%s", report).isTrue();
    assertThat(scene.loginFile()).doesNotExist();
    assertThat(
            Agents.query(
                database.jdbcUrl(),
                "select left(rolpassword, 14) from pg_authid where rolname = '" + login + "'"))
        .isEqualTo("SCRAM-SHA-256$");
    assertThat(SetupFolderTest.tree(project).values())
        .noneMatch(text -> text.contains("given-by-the-user-1"));
    assertThat(report.toString()).doesNotContain("given-by-the-user-1");
  }

  @Test
  void aFileOfAnotherDatabaseIsNotWrittenOver() throws Exception {
    Files.createDirectories(scene.loginFile().getParent());
    Files.writeString(
        scene.loginFile(),
        "A=b\nSELFUPGRADE_DB_URL=postgresql://" + login + ":pw@127.0.0.1:1/other\n");

    SetupReport report = scene.described().run();

    assertThat(SetupScene.texts(report, Mark.WRONG))
        .singleElement()
        .satisfies(text -> assertThat(text).contains("another database", "--login-file"));
    assertThat(scene.loginFile()).content().contains("A=b", "/other");
  }

  @Test
  void anOwnerThatMayNotCreateRolesIsToldWhatToHaveDone() throws Exception {
    scene.sql(
        "do $$ begin create role selfupgrade_agent nologin;"
            + " exception when duplicate_object or unique_violation then null; end $$");
    scene.sql(
        "create role "
            + login
            + "_owner login password 'owner-password'; grant create on database "
            + Agents.query(database.jdbcUrl(), "select current_database()")
            + " to "
            + login
            + "_owner");
    SetupReport report =
        scene.described().database(Secret.of(scene.url(login + "_owner", "owner-password"))).run();

    assertThat(SetupScene.texts(report, Mark.WRONG))
        .singleElement()
        .satisfies(
            text -> assertThat(text).contains(login + " was not created", "may not create roles"));
    assertThat(report.left())
        .anySatisfy(
            step -> assertThat(step).contains("create role \"" + login + "\" login in role"));
    assertThat(SetupScene.texts(report, Mark.GOOD))
        .contains("schema all " + MigrationFile.own().size() + " migrations are applied");
  }

  @Test
  void aLoginWithoutTheRightToMakeTheSchemaIsToldWhoHasIt() throws Exception {
    scene.sql("create role " + login + "_owner login password 'owner-password'");

    assertThatThrownBy(
            () ->
                scene
                    .described()
                    .database(Secret.of(scene.url(login + "_owner", "owner-password")))
                    .run())
        .isInstanceOf(AdapterException.class)
        .hasMessageContaining("20261101000100_foundation.sql is not allowed")
        .hasMessageContaining("print-sql");
  }

  @Test
  void aWrongPasswordFailsBeforeAnythingIsWritten() throws Exception {
    String wrong = scene.url("postgres", "not-the-password-77");

    assertThatThrownBy(() -> scene.described().database(Secret.of(wrong)).run())
        .isInstanceOf(AdapterException.class)
        .hasMessageContaining("28P01")
        .hasMessageContaining("check user and password of the URL")
        .hasMessageNotContaining("not-the-password-77");

    assertThat(SetupFolderTest.tree(project)).isEmpty();
  }

  private static String passwordOf(List<String> catalog) {
    return catalog.stream()
        .filter(line -> line.startsWith("role "))
        .map(line -> line.split(" ", 5)[3])
        .findFirst()
        .orElseThrow();
  }
}
