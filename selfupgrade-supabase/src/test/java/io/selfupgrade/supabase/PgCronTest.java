package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.control.JobStore.Runner;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.supabase.PgCron.Entry;
import io.selfupgrade.supabase.embedded.OtherPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Jobs in pg_cron; that one is run is seen in {@link Postgres15Test}. */
class PgCronTest {

  /** Our jobs, and one of somebody else that has nothing to do with them. */
  private static final String OTHERS = "select cron.schedule('backup', '0 1 * * *', 'select 1')";

  private static OtherPostgres server;
  private static PostgresStore store;
  private static PgCron cron;

  @BeforeAll
  static void startTheServer() {
    server = OtherPostgres.withExtensions();
    store = PostgresStore.at(server.jdbcUrl("postgres"));
    store.open(SchemaMode.APPLY);
    cron = PgCron.at(Secret.of(server.jdbcUrl("postgres")));
  }

  @AfterAll
  static void stopTheServer() {
    if (server != null) {
      store.close();
      server.close();
    }
  }

  @AfterEach
  void removeAll() throws SQLException {
    if (value("select to_regclass('cron.job') is not null").equals("t")) {
      value("select count(cron.unschedule(jobid)) from cron.job");
    }
    value("update selfupgrade.jobs set runner = 'AGENT' where true returning 1");
  }

  @Test
  void itIsCreatedWithTheFirstJob() throws SQLException {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl("postgres"))) {
      new Statements(connection).script("drop extension if exists pg_cron");
    }
    assertThat(cron.available()).isTrue();
    assertThat(cron.jobs()).isEmpty();
    assertThat(cron.remove(PgCron.Job.LOG_CLEANUP)).isFalse();
    assertThat(cron.pause(PgCron.Job.LOG_CLEANUP)).isFalse();

    cron.createAll();

    assertThat(cron.jobs())
        .containsExactly(
            new Entry(PgCron.Job.AGENT_HEALTH_CHECK, "*/5 * * * *", true),
            new Entry(PgCron.Job.AUTO_UPGRADE_CHECK, "0 */6 * * *", true),
            new Entry(PgCron.Job.LOG_CLEANUP, "0 3 * * *", true));
    assertThat(runners()).containsOnly(Runner.DATABASE);
    assertThat(store.jobs().runDue()).isEmpty();
  }

  @Test
  void creatingAgainChangesTheScheduleAndMakesNoSecondJob() {
    cron.create(PgCron.Job.LOG_CLEANUP);

    cron.create(PgCron.Job.LOG_CLEANUP, "30 4 * * 1-5");

    assertThat(cron.jobs())
        .containsExactly(new Entry(PgCron.Job.LOG_CLEANUP, "30 4 * * 1-5", true));
  }

  @Test
  void aScheduleOfItsOwnRaisesNoAlarmInItsPauses() throws SQLException {
    cron.create(PgCron.Job.LOG_CLEANUP, "30 4 * * 1-5");
    quiet("4 days");
    assertThat(store.jobs().all()).as("a weekend").noneMatch(JobStore.Job::stopped);
    quiet("10 days");
    assertThat(store.jobs().all()).anyMatch(JobStore.Job::stopped);

    cron.create(PgCron.Job.LOG_CLEANUP);
    quiet("4 days");
    assertThat(store.jobs().all()).as("it is daily again").anyMatch(JobStore.Job::stopped);

    cron.create(PgCron.Job.LOG_CLEANUP, "30 4 * * 1");
    assertThat(every()).isEqualTo(Duration.ofDays(7));
    cron.remove(PgCron.Job.LOG_CLEANUP);
    assertThat(every()).as("the primaries have their own").isEqualTo(Duration.ofDays(1));
  }

  /** The times of a job as if so long ago; the server's own start is as long ago for it. */
  private static void quiet(String time) throws SQLException {
    value(
        "update selfupgrade.jobs set every = every * (extract(epoch from clock_timestamp()"
            + " - pg_postmaster_start_time()) / extract(epoch from interval '"
            + time
            + "')), since = '-infinity', ran_at = null where job = 'log-cleanup' returning 1");
  }

  private static Duration every() {
    return store.jobs().all().stream()
        .filter(job -> job.name().equals("log-cleanup"))
        .map(JobStore.Job::every)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aPausedJobIsRunByNobodyUntilItIsResumed() throws SQLException {
    cron.createAll();

    assertThat(cron.pause(PgCron.Job.AGENT_HEALTH_CHECK)).isTrue();

    assertThat(cron.jobs()).extracting(Entry::active).containsExactly(false, true, true);
    assertThat(runners()).containsExactly(Runner.NOBODY, Runner.DATABASE, Runner.DATABASE);
    assertThat(value("select selfupgrade.run_job('agent-health-check', 'DATABASE')"))
        .contains("not run");
    assertThat(store.jobs().runDue()).isEmpty();
    assertThat(cron.runs(PgCron.Job.AGENT_HEALTH_CHECK, Duration.ofDays(1)).expected()).isZero();

    assertThat(cron.resume(PgCron.Job.AGENT_HEALTH_CHECK)).isTrue();
    assertThat(cron.jobs()).extracting(Entry::active).containsOnly(true);
    assertThat(runners()).containsOnly(Runner.DATABASE);
  }

  @Test
  void aRemovedJobIsThePrimariesAgain() {
    cron.createAll();

    assertThat(cron.remove(PgCron.Job.AUTO_UPGRADE_CHECK)).isTrue();

    assertThat(cron.jobs()).hasSize(2);
    assertThat(runners()).containsExactly(Runner.DATABASE, Runner.AGENT, Runner.DATABASE);
    assertThat(cron.remove(PgCron.Job.AUTO_UPGRADE_CHECK)).isFalse();
    assertThatThrownBy(() -> cron.runs(PgCron.Job.AUTO_UPGRADE_CHECK, Duration.ofHours(1)))
        .isInstanceOf(AdapterException.class)
        .hasMessageContaining("create it first");
  }

  @Test
  void jobsThatAreNotOursAreNeitherListedNorTouched() throws SQLException {
    cron.createAll();
    value(OTHERS);
    String before =
        value("select string_agg(j::text, ';') from cron.job j where jobname = 'backup'");

    assertThat(cron.jobs()).hasSize(3);
    for (PgCron.Job job : PgCron.Job.values()) {
      assertThat(cron.pause(job)).isTrue();
      assertThat(cron.resume(job)).isTrue();
      assertThat(cron.remove(job)).isTrue();
    }

    assertThat(value("select string_agg(j::text, ';') from cron.job j")).isEqualTo(before);
  }

  @Test
  void oneOfOurNameWithAnotherCommandIsRefusedAndStays() throws SQLException {
    cron.createAll();
    assertThat(cron.remove(PgCron.Job.LOG_CLEANUP)).isTrue();
    value("select cron.schedule('log-cleanup', '0 3 * * *', 'delete from public.logs')");

    for (Runnable change :
        List.<Runnable>of(
            () -> cron.create(PgCron.Job.LOG_CLEANUP),
            () -> cron.pause(PgCron.Job.LOG_CLEANUP),
            () -> cron.remove(PgCron.Job.LOG_CLEANUP))) {
      assertThatThrownBy(change::run)
          .isInstanceOf(AdapterException.class)
          .hasMessageContaining("not SelfUpgrade's")
          .hasMessageContaining("cron.unschedule('log-cleanup')");
    }

    assertThat(cron.jobs()).hasSize(2);
    assertThat(value("select command from cron.job where jobname = 'log-cleanup'"))
        .isEqualTo("delete from public.logs");
    assertThat(runners().get(2)).isEqualTo(Runner.AGENT);
  }

  @Test
  void runsThatShouldHaveBeenAreMissed() throws SQLException {
    cron.create(PgCron.Job.AGENT_HEALTH_CHECK);
    value(
        "update selfupgrade.jobs set since = clock_timestamp() - interval '61 minutes'"
            + " where job = 'agent-health-check' returning 1");
    value(
        "insert into cron.job_run_details (jobid, runid, command, status, return_message, start_time)"
            + " select jobid, 900001, command, 'failed', 'no such function',"
            + " clock_timestamp() - interval '7 minutes' from cron.job returning 1");

    PgCron.Runs runs = cron.runs(PgCron.Job.AGENT_HEALTH_CHECK, Duration.ofHours(1));

    assertThat(runs.expected()).isBetween(11, 12);
    assertThat(runs.missing()).isEqualTo(runs.expected() - 1);
    assertThat(runs.failed())
        .singleElement()
        .satisfies(run -> assertThat(run.message()).isEqualTo("no such function"));
  }

  @Test
  void aJobWhoseRunsHaveStoppedIsSeenByItsRow() throws SQLException {
    cron.createAll();
    assertThat(store.jobs().all()).noneMatch(JobStore.Job::stopped);

    value(
        "update selfupgrade.jobs set every = interval '1 microsecond'"
            + " where job = 'log-cleanup' returning 1");

    assertThat(store.jobs().all())
        .filteredOn(JobStore.Job::stopped)
        .extracting(JobStore.Job::name)
        .containsExactly("log-cleanup");
    value(
        "update selfupgrade.jobs set every = interval '1 day'"
            + " where job = 'log-cleanup' returning 1");
  }

  @Test
  void oldRunsOfOurJobsAreCleanedAndOthersStay() throws SQLException {
    cron.createAll();
    value(
        "insert into cron.job_run_details (jobid, runid, command, status, start_time, end_time)"
            + " select 1, 800000 + n, case when n % 2 = 0"
            + " then 'select selfupgrade.run_job(''log-cleanup'', ''DATABASE'')' else 'select 1' end,"
            + " 'succeeded', t, t from generate_series(1, 10) n,"
            + " lateral (select clock_timestamp() - n * interval '2 days') as d(t) returning 1");

    String said = value("select selfupgrade.run_log_cleanup()");

    assertThat(said).contains("\"cron runs\": 4");
    assertThat(
            value(
                "select count(*) from cron.job_run_details where runid between 800001 and 800010"))
        .isEqualTo("6");
  }

  @Test
  void aWrongScheduleIsRefusedBeforeAnythingIsChanged() {
    assertThatThrownBy(() -> cron.create(PgCron.Job.LOG_CLEANUP, "every day"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("five fields");
    assertThatThrownBy(() -> cron.create(PgCron.Job.LOG_CLEANUP, "0 3 31 2 *"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a day that is in a calendar");
    assertThat(runners()).containsOnly(Runner.AGENT);
  }

  /** A server that has never heard of pg_cron. */
  @Nested
  class Without {

    @RegisterExtension final TestDatabase database = TestDatabase.fresh();

    @Test
    void thePrimariesRunTheJobsAndCreatingOneSaysWhatIsMissing() {
      PgCron absent = PgCron.at(Secret.of(database.jdbcUrl()));
      try (PostgresStore plain = PostgresStore.at(database.jdbcUrl())) {
        plain.open(SchemaMode.APPLY);

        assertThat(absent.available()).isFalse();
        assertThat(absent.jobs()).isEmpty();
        assertThatThrownBy(absent::createAll)
            .isInstanceOf(AdapterException.class)
            .hasMessageContaining("no pg_cron")
            .hasMessageContaining("shared_preload_libraries");
        assertThat(plain.jobs().runDue()).extracting(JobStore.Ran::name).isEqualTo(JobStore.NAMES);
      }
    }
  }

  private static List<Runner> runners() {
    return store.jobs().all().stream().map(JobStore.Job::runner).toList();
  }

  private static String value(String sql) throws SQLException {
    return Agents.query(server.jdbcUrl("postgres"), sql);
  }
}
