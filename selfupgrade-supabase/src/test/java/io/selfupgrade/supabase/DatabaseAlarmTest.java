package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Json;
import io.selfupgrade.schedule.Overlap;
import io.selfupgrade.schedule.RunRecord.State;
import io.selfupgrade.schedule.Runner;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.Scope;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.upgrade.RestorePlan;
import io.selfupgrade.upgrade.RestoreResult;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What pg_cron knows of the tasks that it runs, and which are refused. */
class DatabaseAlarmTest {

  @RegisterExtension static final CronServer CRON = new CronServer();

  private static final Schedule AT_THREE = Schedule.cron(" 0  3 * * 1-5", ZoneId.of("UTC"));
  private static final TaskConfig DAILY = CronServer.task(AT_THREE, TaskPolicy.DEFAULT, "{}");

  private final AgentName agent = Agents.newName();

  private static TaskStore tasks() {
    return CRON.tasks();
  }

  @Test
  void aTaskOfTheDatabaseIsAJobOfPgCronAsLongAsItIsOne() throws SQLException {
    assertThat(tasks().schedule(agent, DAILY)).isEqualTo(TaskStore.Change.CREATED);

    assertThat(CRON.status(agent).config().runner()).isEqualTo(Runner.DATABASE);
    assertThat(CRON.nextDue(agent)).isAfter(Instant.now());
    assertThat(CRON.alarm(agent)).isEqualTo("0 3 * * 1-5");
    assertThat(job("command")).isEqualTo("select selfupgrade.run_due('" + CRON.id(agent) + "')");
    assertThat(sweep()).isEqualTo("* * * * *");
    assertThat(
            CRON.value(
                "select enabled from selfupgrade.scheduled_tasks where agent = '" + agent + "'"))
        .as("what the version before looks at")
        .isEqualTo("f");
    assertThat(tasks().schedule(agent, DAILY)).isEqualTo(TaskStore.Change.UNCHANGED);
    assertThat(tasks().agenda(agent, List.of("note")).tasks()).isEmpty();

    tasks().schedule(agent, DAILY.runner(Runner.AGENT));
    assertThat(CRON.alarm(agent)).isEmpty();
    assertThat(sweep()).isEmpty();
    assertThat(tasks().agenda(agent, List.of("note")).tasks()).hasSize(1);

    tasks().schedule(agent, DAILY);
    assertThat(CRON.alarm(agent)).isEqualTo("0 3 * * 1-5");
    String id = CRON.id(agent);
    assertThat(tasks().remove(agent, "digest")).isTrue();
    assertThat(CRON.value("select count(*) from cron.job where jobname like '%" + id + "'"))
        .isEqualTo("0");
    assertThat(sweep()).isEmpty();
  }

  @Test
  void aPausedTaskKeepsItsJobAndIsNotRun() throws SQLException {
    AgentName paused = CRON.scheduled(DAILY, Duration.ofMinutes(3));

    assertThat(tasks().pause(paused, "digest", true)).isTrue();
    assertThat(CRON.alarm(paused)).endsWith(" paused");
    assertThat(CRON.ring(paused)).contains("paused");
    assertThat(tasks().runNow(paused, "digest")).isFalse();
    assertThat(tasks().schedule(paused, DAILY.payload(Json.of("{\"n\":1}"))))
        .isEqualTo(TaskStore.Change.UPDATED);
    assertThat(CRON.alarm(paused)).endsWith(" paused");

    assertThat(tasks().pause(paused, "digest", false)).isTrue();
    assertThat(CRON.alarm(paused)).as("it is overdue").isEqualTo("* * * * *");
    CRON.ring(paused);
    assertThat(CRON.states(paused)).containsExactly(State.SUCCEEDED);
    assertThat(CRON.alarm(paused)).isEqualTo("0 3 * * 1-5");
    tasks().remove(paused, "digest");
  }

  @Test
  void oneThatIsDueAndNotRunStandsStillAndIsNotHeldAgainstACandidate() throws SQLException {
    Duration grace = Duration.ofMinutes(1);
    AgentName silent = CRON.scheduled(DAILY, Duration.ofMinutes(3));

    assertThat(tasks().standstill(silent, grace).tasks()).containsExactly("digest");
    assertThat(tasks().standstill(silent, Duration.ofHours(1)).tasks()).isEmpty();
    assertThat(tasks().overdue(silent, grace)).isEmpty();
    try (Connection connection = DriverManager.getConnection(CRON.url())) {
      connection.setAutoCommit(false);
      new Statements(connection)
          .script(
              "select pg_advisory_xact_lock(hashtextextended('selfupgrade.task."
                  + CRON.id(silent)
                  + "', 0))");
      assertThat(tasks().standstill(silent, grace).tasks()).as("it is being run").isEmpty();
    }
    tasks().pause(silent, "digest", true);
    assertThat(tasks().standstill(silent, grace).tasks()).as("it is paused").isEmpty();
    tasks().pause(silent, "digest", false);

    CRON.ring(silent);
    assertThat(tasks().standstill(silent, grace).tasks()).isEmpty();
    tasks().remove(silent, "digest");
  }

  @Test
  void oneThatTheCodeThatLeadsDoesNotDeclareIsRetiredAndComesBack() throws SQLException {
    Fence first = Agents.lead(CRON.store());
    AgentName its = first.agent();
    assertThat(tasks().upsert(first, DAILY)).isPresent();
    Instant next = CRON.nextDue(its);
    assertThat(tasks().declare(first, Set.of("digest"))).isPresent();
    Fence second = Agents.takeOver(CRON.store(), first);

    assertThat(tasks().declare(second, Set.of()).orElseThrow().retired()).containsExactly("digest");
    assertThat(CRON.alarm(its)).endsWith(" paused");
    assertThat(CRON.status(its).hindrance()).isPresent();

    assertThat(tasks().upsert(second, DAILY)).contains(TaskStore.Change.UPDATED);
    assertThat(CRON.alarm(its)).isEqualTo("0 3 * * 1-5");
    assertThat(CRON.status(its).hindrance()).isEmpty();
    assertThat(CRON.nextDue(its)).isEqualTo(next);
    tasks().remove(its, "digest");
  }

  @Test
  void whatIsToRunNowRingsWithinTheMinute() throws SQLException {
    tasks().schedule(agent, DAILY);
    Instant next = CRON.nextDue(agent);

    assertThat(tasks().runNow(agent, "digest")).isTrue();

    assertThat(CRON.alarm(agent)).isEqualTo("* * * * *");
    CRON.ring(agent);
    assertThat(CRON.states(agent)).containsExactly(State.SUCCEEDED);
    assertThat(CRON.nextDue(agent)).isEqualTo(next);
    assertThat(CRON.alarm(agent)).isEqualTo("0 3 * * 1-5");
    tasks().remove(agent, "digest");
  }

  @Test
  void whatIsDueOnceOrOnAGridRingsAtTheMinuteAfterIt() throws SQLException {
    Instant later = Instant.parse("2031-05-06T07:08:09Z");
    tasks().schedule(agent, CronServer.task(Schedule.at(later), TaskPolicy.DEFAULT, "{}"));
    assertThat(CRON.alarm(agent)).isEqualTo("9 7 6 5 *");

    tasks()
        .schedule(
            agent, CronServer.task(Schedule.every(Duration.ofDays(2)), TaskPolicy.DEFAULT, "{}"));
    CRON.due(agent, "'2031-05-06T07:08:00Z'");
    sweepOnce();
    assertThat(CRON.alarm(agent)).isEqualTo("8 7 6 5 *");
    tasks().remove(agent, "digest");
  }

  @Test
  void whatWasDueOnceHasNoJobAfterwards() throws SQLException {
    Instant then = Instant.parse("2026-01-01T00:00:00Z");
    TaskConfig once = CronServer.task(Schedule.at(then), TaskPolicy.DEFAULT, "{}");
    tasks().schedule(agent, once);
    assertThat(CRON.alarm(agent)).isEqualTo("* * * * *");

    CRON.ring(agent);

    assertThat(CRON.history(agent)).singleElement().matches(run -> run.claim().due().equals(then));
    assertThat(CRON.alarm(agent)).isEmpty();
    tasks().schedule(agent, once.payload(Json.of("{\"n\":1}")));
    sweepOnce();
    assertThat(CRON.alarm(agent)).as("it was run").isEmpty();
    assertThat(CRON.history(agent)).hasSize(1);
    tasks().remove(agent, "digest");
  }

  @Test
  void theSweepRingsForWhatWasMissedAndMendsWhatIsNotInStep() throws SQLException {
    AgentName late = CRON.scheduled(DAILY, Duration.ofMinutes(5));
    tasks().schedule(agent, DAILY);
    CRON.value("select cron.unschedule('selfupgrade-task-" + CRON.id(agent) + "')");
    String orphan = "selfupgrade-task-11111111-2222-3333-4444-555555555555";
    CRON.value("select cron.schedule('" + orphan + "', '0 0 1 1 *', 'select 1')");

    sweepOnce();

    assertThat(CRON.alarm(late)).isEqualTo("* * * * *");
    assertThat(CRON.alarm(agent)).isEqualTo("0 3 * * 1-5");
    assertThat(CRON.value("select count(*) from cron.job where jobname = '" + orphan + "'"))
        .isEqualTo("0");
    CRON.ring(late);
    assertThat(CRON.alarm(late)).isEqualTo("0 3 * * 1-5");
    tasks().remove(late, "digest");
    tasks().remove(agent, "digest");
  }

  @Test
  void aTaskThatComesBackWithASnapshotHasItsAlarmAgain() throws SQLException {
    Fence fence = Agents.lead(CRON.store());
    tasks().schedule(fence.agent(), DAILY);
    UUID taken = CRON.store().snapshots().take(fence).orElseThrow().id();
    String id = CRON.id(fence.agent());
    tasks().remove(fence.agent(), "digest");

    RestorePlan plan = CRON.store().snapshots().plan(fence.agent(), taken).orElseThrow();
    assertThat(CRON.store().snapshots().restore(fence, plan).orElseThrow())
        .isInstanceOf(RestoreResult.Restored.class);

    assertThat(CRON.id(fence.agent())).isEqualTo(id);
    assertThat(CRON.alarm(fence.agent())).isEqualTo("0 3 * * 1-5");
    assertThat(CRON.nextDue(fence.agent())).isAfter(Instant.now());
    tasks().remove(fence.agent(), "digest");
  }

  static Stream<Arguments> refused() {
    ZoneId utc = ZoneId.of("UTC");
    return Stream.of(
        Arguments.of(cron("0 3 * * *", ZoneId.of("Europe/Rome")), "zone Europe/Rome"),
        Arguments.of(cron("*/10 0 3 * * *", utc), "expected five fields"),
        Arguments.of(cron("0 3 * * MON", utc), "cron field \"MON\""),
        Arguments.of(cron("@daily", utc), "expected five fields"),
        Arguments.of(cron("0 3 31 2 *", utc), "never due"),
        Arguments.of(
            CronServer.task(Schedule.every(Duration.ofSeconds(90)), TaskPolicy.DEFAULT, "{}"),
            "whole minutes"),
        Arguments.of(
            DAILY.policy(TaskPolicy.DEFAULT.deadline(Duration.ofHours(1))), "cannot end a run"),
        Arguments.of(DAILY.policy(TaskPolicy.DEFAULT.jitter(Duration.ofHours(1))), "jitter"),
        Arguments.of(DAILY.policy(TaskPolicy.DEFAULT.overlap(Overlap.ALLOW)), "overlap ALLOW"),
        Arguments.of(DAILY.policy(TaskPolicy.DEFAULT.scope(Scope.ALL)), "scope ALL"),
        Arguments.of(DAILY.handler("nobody"), "no handler nobody is registered"));
  }

  private static TaskConfig cron(String fields, ZoneId zone) {
    return CronServer.task(Schedule.cron(fields, zone), TaskPolicy.DEFAULT, "{}");
  }

  @ParameterizedTest
  @MethodSource
  void refused(TaskConfig config, String reason) throws SQLException {
    TaskConfig before = config.runner(Runner.AGENT);
    tasks().schedule(agent, before);

    assertThatThrownBy(() -> tasks().schedule(agent, config))
        .isInstanceOfSatisfying(AdapterException.class, e -> assertThat(e.retryable()).isFalse())
        .hasMessageContaining(reason);

    assertThat(CRON.status(agent).config().runner()).isEqualTo(Runner.AGENT);
    assertThat(CRON.alarm(agent)).isEmpty();
    tasks().remove(agent, "digest");
  }

  @Test
  void withoutPgCronTheExtensionIsNamed() throws SQLException {
    try (TestDatabase plain = TestDatabase.open();
        PostgresStore store = PostgresStore.at(plain.jdbcUrl())) {
      store.open(SchemaMode.APPLY);
      Agents.update(
          plain.jdbcUrl(),
          "create function public.note(run jsonb) returns void language sql as 'select';"
              + "select selfupgrade.register_handler('note', 'public.note(jsonb)')");

      assertThatThrownBy(() -> store.tasks().schedule(agent, DAILY))
          .isInstanceOf(AdapterException.class)
          .hasMessageContaining("create extension pg_cron")
          .hasMessageContaining("Runner.AGENT");

      assertThat(store.tasks().list(agent, Optional.empty())).isEmpty();
      assertThat(Agents.query(plain.jdbcUrl(), "select selfupgrade.keep_alarms('" + agent + "')"))
          .startsWith("0 ");
      assertThat(Agents.query(plain.jdbcUrl(), "select selfupgrade.set_alarm(gen_random_uuid())"))
          .isEqualTo("f");
    }
  }

  @Test
  void whereItReadsItsFieldsInAnotherZoneThatIsNamed() throws SQLException {
    try (TestDatabase abroad = TestDatabase.open()) {
      Agents.update(
          abroad.jdbcUrl(),
          "do $$ begin execute format('alter database %I set cron.timezone = %L',"
              + " current_database(), 'Europe/Rome'); end $$");
      try (PostgresStore store = PostgresStore.at(abroad.jdbcUrl())) {
        store.open(SchemaMode.APPLY);

        assertThatThrownBy(() -> store.tasks().schedule(agent, DAILY))
            .isInstanceOf(AdapterException.class)
            .hasMessageContaining("cron.timezone is Europe/Rome: expected GMT");
      }
    }
  }

  private static void sweepOnce() throws SQLException {
    CRON.value("select selfupgrade.keep_alarms()");
  }

  private static String sweep() throws SQLException {
    return CRON.value("select schedule from cron.job where jobname = 'selfupgrade-tasks'");
  }

  private String job(String column) throws SQLException {
    return CRON.value(
        "select "
            + column
            + " from cron.job where jobname = 'selfupgrade-task-"
            + CRON.id(agent)
            + "'");
  }
}
