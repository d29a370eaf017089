package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.supabase.PgCron.Entry;
import io.selfupgrade.supabase.PgCron.Job;
import io.selfupgrade.supabase.SetupReport.Mark;
import io.selfupgrade.supabase.embedded.OtherPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jobs of a database with pg_cron, as the set-up finds and leaves them. */
class SetupJobsTest {

  private static OtherPostgres server;
  private static String url;

  @TempDir Path folder;

  @BeforeAll
  static void startTheServer() {
    server = OtherPostgres.withExtensions();
    url = server.jdbcUrl("postgres");
  }

  @AfterAll
  static void stopTheServer() {
    if (server != null) {
      server.close();
    }
  }

  @AfterEach
  void dropAll() throws SQLException {
    sql(
        "drop schema if exists selfupgrade cascade; drop extension if exists pg_cron;"
            + " drop schema if exists supabase_migrations cascade");
  }

  private static void sql(String script) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url)) {
      new Statements(connection).script(script);
    }
  }

  private SetupReport run() {
    return described().run();
  }

  private SupabaseSetup described() {
    return SupabaseSetup.withoutFolder()
        .database(Secret.of(url))
        .loginFile(folder.resolve("agent.env"));
  }

  private static List<Entry> jobs() {
    return PgCron.at(Secret.of(url)).jobs();
  }

  private static List<String> texts(SetupReport report, Mark mark) {
    return report.lines().stream()
        .filter(line -> line.mark() == mark && line.subject().equals("job"))
        .map(SetupReport.Line::text)
        .toList();
  }

  @Test
  void everyJobIsGivenToPgCronOnce() {
    SetupReport planned = described().plan();
    assertThat(texts(planned, Mark.WOULD)).hasSize(3);

    SetupReport first = run();
    SetupReport second = run();

    assertThat(texts(first, Mark.DONE)).isEqualTo(texts(planned, Mark.WOULD));
    assertThat(texts(first, Mark.GOOD))
        .containsExactly(
            "agent-health-check: */5 * * * * by pg_cron",
            "auto-upgrade-check: 0 */6 * * * by pg_cron",
            "log-cleanup: 0 3 * * * by pg_cron");
    assertThat(second.changes()).isFalse();
    assertThat(second.good()).as("%s", second).isTrue();
  }

  @Test
  void whatAPersonHasDoneToAJobStays() throws SQLException {
    run();
    PgCron cron = PgCron.at(Secret.of(url));
    cron.pause(Job.AGENT_HEALTH_CHECK);
    cron.create(Job.LOG_CLEANUP, "30 4 * * *");
    cron.remove(Job.AUTO_UPGRADE_CHECK);
    sql("select selfupgrade.secure_tables()");

    SetupReport report = run();

    assertThat(report.changes()).isFalse();
    assertThat(jobs())
        .containsExactly(
            new Entry(Job.AGENT_HEALTH_CHECK, "*/5 * * * *", false),
            new Entry(Job.LOG_CLEANUP, "30 4 * * *", true));
    assertThat(texts(report, Mark.GOOD))
        .containsExactly(
            "agent-health-check: */5 * * * *, paused, and stays so",
            "auto-upgrade-check: run by the agent's primary",
            "log-cleanup: 30 4 * * * by pg_cron");
  }

  @Test
  void aJobOfTheSameNameIsSomebodysAndTheOthersAreMade() throws SQLException {
    sql(
        "create extension pg_cron;"
            + " select cron.schedule('log-cleanup', '0 3 * * *', 'delete from public.logs')");

    SetupReport report = run();

    assertThat(texts(report, Mark.WRONG))
        .singleElement()
        .satisfies(text -> assertThat(text).contains("not SelfUpgrade's", "cron.unschedule"));
    assertThat(jobs()).hasSize(2);
  }

  @Test
  void oneThatWasTakenFromPgCronByHandIsSeen() throws SQLException {
    run();
    sql("select cron.unschedule('log-cleanup')");

    assertThat(texts(run(), Mark.WRONG))
        .singleElement()
        .satisfies(text -> assertThat(text).contains("which does not have it"));
    assertThat(jobs()).hasSize(2);
  }

  @Test
  void theScriptForADbaSchedulesThemToo() throws SQLException {
    sql("create extension pg_cron");
    sql(SupabaseSetup.sql(SupabaseSetup.DEFAULT_LOGIN));
    assertThat(jobs()).hasSize(3).allMatch(Entry::active);
    PgCron cron = PgCron.at(Secret.of(url));
    cron.pause(Job.AGENT_HEALTH_CHECK);
    cron.remove(Job.LOG_CLEANUP);
    List<String> before = Catalog.whole(url, SupabaseSetup.DEFAULT_LOGIN);

    sql(SupabaseSetup.sql(SupabaseSetup.DEFAULT_LOGIN));

    assertThat(Catalog.whole(url, SupabaseSetup.DEFAULT_LOGIN)).isEqualTo(before);
    assertThat(jobs()).hasSize(2);
    assertThat(run().changes()).isFalse();
  }
}
