package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.Overlap;
import io.selfupgrade.schedule.Retry;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.RunRecord.State;
import io.selfupgrade.schedule.Runner;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.testkit.Eventually;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the database does when pg_cron rings, while no agent is up or while one has the task. */
class DatabaseRunTest {

  @RegisterExtension static final CronServer CRON = new CronServer();

  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final Duration LATE = Duration.ofMinutes(10);
  private static final TaskPolicy POLICY = TaskPolicy.DEFAULT;

  /** A thread each: the common pool has a single one where there are two processors. */
  private static final Executor THREADS = task -> new Thread(task, "beside").start();

  private static TaskConfig everyMinute(TaskPolicy policy, String payload) {
    return CronServer.task(CronServer.EVERY_MINUTE, policy, payload);
  }

  @Test
  void aTickIsRunAndRecordedWithoutAnAgent() throws SQLException {
    TaskConfig daily =
        CronServer.task(Schedule.cron("0 3 * * *", ZoneId.of("UTC")), POLICY, "{\"to\": \"all\"}");
    AgentName agent = CRON.scheduled(daily, Duration.ofSeconds(1));
    Instant due = CRON.nextDue(agent);

    assertThat(CRON.ring(agent)).isEqualTo("SUCCEEDED 1");

    RunRecord run = CRON.history(agent).get(0);
    assertThat(run.state()).isEqualTo(State.SUCCEEDED);
    assertThat(run.claim().due()).isEqualTo(due);
    assertThat(run.finishedAt()).isPresent();
    assertThat(
            CRON.value(
                "select concat_ws(' ', run ->> 'task', run ->> 'attempt', run ->> 'key',"
                    + " run -> 'payload' ->> 'to', (run ->> 'due')::timestamptz = '"
                    + due
                    + "') from public.calls where agent = '"
                    + agent
                    + "'"))
        .isEqualTo("digest 1 " + run.claim().run() + " all t");
    Instant next = CRON.nextDue(agent);
    assertThat(next).isAfter(due);
    assertThat(next.atZone(ZoneId.of("UTC")).toLocalTime()).hasToString("03:00");
    assertThat(CRON.ring(agent)).isEqualTo("nothing is due");
    assertThat(CRON.history(agent)).hasSize(1);
  }

  @Test
  void aHandlerThatFailsHasItsErrorInTheHistoryAndWritesNothing() throws SQLException {
    AgentName agent = CRON.scheduled(everyMinute(POLICY, "{\"fails\": 9}"), Duration.ofSeconds(1));

    assertThat(CRON.ring(agent)).isEqualTo("FAILED 1");

    RunRecord run = CRON.history(agent).get(0);
    assertThat(run.error()).contains("no luck with digest").contains("P0001");
    assertThat(run.quarantined()).isFalse();
    assertThat(CRON.calls(agent)).isZero();
    assertThat(CRON.nextDue(agent)).isAfter(run.claim().due());
  }

  @Test
  void aRunThatFailedIsTriedAgainAfterItsPauseAndSetAsideInTheEnd() throws SQLException {
    TaskConfig hourly =
        CronServer.task(
            Schedule.every(Duration.ofHours(1)),
            POLICY.retry(Retry.upTo(3).pauses(Duration.ofMinutes(5), Duration.ofHours(1))),
            "{\"fails\": 3}");
    AgentName agent = CRON.scheduled(hourly, Duration.ofSeconds(1));

    for (int attempt = 1; attempt <= 3; attempt++) {
      assertThat(CRON.ring(agent)).isEqualTo(attempt < 3 ? "WAITING 1" : "FAILED 1");
      assertThat(CRON.history(agent).get(0).claim().attempt()).isEqualTo(attempt);
      if (attempt < 3) {
        assertThat(CRON.alarm(agent)).isEqualTo("* * * * *");
        assertThat(CRON.ring(agent)).as("its pause").isEqualTo("nothing is due");
        assertThat(pauseIsOver(agent)).isEqualTo(String.valueOf(5 * attempt));
      }
    }

    RunRecord run = CRON.history(agent).get(0);
    assertThat(run.quarantined()).isTrue();
    assertThat(CRON.history(agent)).hasSize(1);
    assertThat(CRON.alarm(agent)).isNotEqualTo("* * * * *");
    assertThat(CRON.tasks().release(agent, run.claim().run())).isTrue();
    assertThat(CRON.ring(agent)).as("the fourth goes well").isEqualTo("SUCCEEDED 1");
  }

  /** Returns how many minutes it was. */
  private static String pauseIsOver(AgentName agent) throws SQLException {
    return CRON.value(
        "with before as (select id, ready_at from selfupgrade.task_runs where agent = '"
            + agent
            + "') update selfupgrade.task_runs r set ready_at = clock_timestamp() from before b"
            + " where r.id = b.id returning ceil(extract(epoch from b.ready_at -"
            + " clock_timestamp()) / 60)");
  }

  @ParameterizedTest
  @CsvSource({
    "RUN_ONCE, SKIP, 1, 10, SUCCEEDED",
    "SKIP, SKIP, 1, 10, SUCCEEDED",
    "WITHIN, SKIP, 1, 10, SUCCEEDED",
    "RUN_ALL, QUEUE, 4, 7, SUCCEEDED",
    "RUN_ONCE, QUEUE, 3, 8, SUCCEEDED",
    "SKIP, QUEUE, 3, 8, SKIPPED",
    "WITHIN, QUEUE, 3, 8, SUCCEEDED",
  })
  void ticksThatWereMissed(String missed, Overlap overlap, int runs, int passed, State oldest)
      throws SQLException {
    Missed rule =
        switch (missed) {
          case "SKIP" -> Missed.skip();
          case "WITHIN" -> Missed.within(Duration.ofMinutes(5));
          case "RUN_ALL" -> Missed.runAll(4);
          default -> Missed.runOnce();
        };
    // Eleven ticks: 10 min, 9 min ... 1 min and 0 min ago, of which those from 3 min on were
    // missed.
    AgentName agent =
        CRON.scheduled(
            everyMinute(POLICY.missed(rule).overlap(overlap), "{}"), LATE.plusSeconds(20));
    Instant first = CRON.nextDue(agent);

    CRON.ring(agent);

    List<RunRecord> history = CRON.history(agent);
    assertThat(history).hasSize(runs);
    assertThat(history.get(0).claim().due()).isEqualTo(first.plus(LATE));
    RunRecord last = history.get(runs - 1);
    assertThat(last.state()).isEqualTo(oldest);
    assertThat(last.claim().due()).isEqualTo(first.plus(Duration.ofMinutes(passed)));
    assertThat(
            CRON.value(
                "select passed_over from selfupgrade.task_runs where id = '"
                    + last.claim().run()
                    + "'"))
        .isEqualTo(String.valueOf(passed));
    assertThat(CRON.nextDue(agent)).isEqualTo(first.plus(LATE.plusMinutes(1)));
  }

  @ParameterizedTest
  @CsvSource({"SKIP", "WITHIN"})
  void aMissedTickThatIsNotToBeRunIsRecordedAsSkipped(String missed) throws SQLException {
    Missed rule = missed.equals("SKIP") ? Missed.skip() : Missed.within(Duration.ofMinutes(5));
    AgentName agent =
        CRON.scheduled(
            CronServer.task(Schedule.every(Duration.ofHours(1)), POLICY.missed(rule), "{}"), LATE);

    assertThat(CRON.ring(agent)).isEqualTo("SKIPPED 1");
    assertThat(CRON.calls(agent)).isZero();
  }

  @Test
  void ofAlarmsAtOnceOneRunsTheTick() throws Exception {
    AgentName agent = CRON.scheduled(everyMinute(POLICY, "{}"), Duration.ofSeconds(1));
    List<CompletableFuture<String>> rings = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      rings.add(async(agent));
    }
    for (CompletableFuture<String> ring : rings) {
      ring.get(60, TimeUnit.SECONDS);
    }

    assertThat(CRON.states(agent)).containsExactly(State.SUCCEEDED);
    assertThat(CRON.calls(agent)).isEqualTo(1);
  }

  /** Rings as pg_cron does that has the job, even if it has gone since. */
  private static CompletableFuture<String> async(AgentName agent) throws SQLException {
    String command = "select selfupgrade.run_due('" + CRON.id(agent) + "')";
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return CRON.value(command);
          } catch (SQLException e) {
            throw new CompletionException(e);
          }
        },
        THREADS);
  }

  @Test
  void aTaskThatIsMovedWhileItRunsIsTheAgentsAndTheRunOfTheDatabaseIsUndone() throws Exception {
    Fence fence = Agents.lead(CRON.store());
    TaskConfig task = everyMinute(POLICY, "{\"waits\": \"" + fence.agent() + "\"}");
    CRON.tasks().schedule(fence.agent(), task);
    CRON.due(fence.agent(), "clock_timestamp()");
    Instant due = CRON.nextDue(fence.agent());
    try (Connection gate = DriverManager.getConnection(CRON.url())) {
      Statements held = new Statements(gate);
      held.script("select pg_advisory_lock(hashtext('" + fence.agent() + "'))");
      CompletableFuture<String> running = async(fence.agent());
      Eventually.holds("the handler waits", Duration.ofSeconds(60), () -> waits(held));

      CRON.tasks().schedule(fence.agent(), task.runner(Runner.AGENT));
      Optional<RunClaim> claim =
          CRON.tasks()
              .claim(
                  fence,
                  new TaskStore.Claiming(
                      "digest", due, due, Optional.of(due.plus(Duration.ofMinutes(1))), 0));
      held.script("select pg_advisory_unlock_all()");

      assertThat(claim).as("nobody waits for the handler").isPresent();
      assertThatThrownBy(() -> running.get(60, TimeUnit.SECONDS))
          .hasMessageContaining("taken by somebody else");
      assertThat(CRON.calls(fence.agent())).isZero();
      assertThat(CRON.tasks().finish(claim.orElseThrow(), Optional.empty())).isTrue();
      assertThat(CRON.states(fence.agent())).containsExactly(State.SUCCEEDED);
    }
  }

  private static boolean waits(Statements statements) {
    try {
      return statements.any(
          "select 1 from pg_locks where locktype = 'advisory' and not granted", Arguments.of());
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @CsvSource({"SKIP, SKIPPED 1", "QUEUE, nothing is due"})
  void aRunOfAnAgentThatGoesOnIsMetAsThePolicySays(Overlap overlap, String said)
      throws SQLException {
    Fence fence = Agents.lead(CRON.store());
    RunClaim claim = claimedByAnAgent(fence, overlap);

    assertThat(CRON.ring(fence.agent())).isEqualTo(said);
    assertThat(CRON.calls(fence.agent())).isZero();

    assertThat(CRON.tasks().finish(claim, Optional.empty())).isTrue();
    CRON.due(fence.agent(), "clock_timestamp()");
    assertThat(CRON.ring(fence.agent())).isEqualTo("SUCCEEDED 1");
  }

  @Test
  void aRunOfAnAgentThatIsGoneIsTriedAgain() throws SQLException {
    Fence fence = Agents.lead(CRON.store());
    RunClaim claim = claimedByAnAgent(fence, Overlap.QUEUE);
    Agents.goSilent(CRON.url(), fence, Duration.ofMinutes(1));

    assertThat(CRON.ring(fence.agent())).isEqualTo("SUCCEEDED 2");

    List<RunRecord> history = CRON.history(fence.agent());
    assertThat(history).extracting(run -> run.claim().attempt()).containsExactly(1, 2);
    assertThat(history.get(1).claim().run()).isEqualTo(claim.run());
    assertThat(CRON.tasks().finish(claim, Optional.empty())).as("it is late").isFalse();
  }

  /** A task of the database whose tick of a minute ago runs in an agent, and the next is due. */
  private static RunClaim claimedByAnAgent(Fence fence, Overlap overlap) throws SQLException {
    TaskConfig task = everyMinute(POLICY.overlap(overlap), "{}");
    CRON.tasks().schedule(fence.agent(), task);
    CRON.tasks().schedule(fence.agent(), task.runner(Runner.AGENT));
    CRON.due(fence.agent(), "clock_timestamp() - interval '61 seconds'");
    Instant due = CRON.nextDue(fence.agent());
    RunClaim claim =
        CRON.tasks()
            .claim(
                fence,
                new TaskStore.Claiming(
                    "digest", due, due, Optional.of(due.plus(Duration.ofMinutes(1))), 0))
            .orElseThrow();
    CRON.tasks().schedule(fence.agent(), task);
    return claim;
  }

  /** In each of many moves the database works undisturbed, or loses the task in mid-flight. */
  @Test
  void aTaskThatIsMovedToAndFroLosesAndDoublesNoTick() throws Exception {
    Random random = new Random(SEED);
    Fence fence = Agents.lead(CRON.store());
    TaskConfig task = everyMinute(POLICY.missed(Missed.runAll()), "{}");
    CRON.tasks().schedule(fence.agent(), task);
    Duration back = Duration.ofHours(15);
    CRON.due(fence.agent(), "clock_timestamp() - interval '" + back.toMinutes() + " minutes'");
    Instant first = CRON.nextDue(fence.agent());
    AtomicInteger claimed = new AtomicInteger();
    CompletableFuture<Void> agent =
        CompletableFuture.runAsync(() -> runAsAnAgent(fence, first.plus(back), claimed), THREADS);
    int undone = 0;
    for (boolean waits = true; !agent.isDone(); waits = random.nextBoolean()) {
      CRON.tasks().schedule(fence.agent(), task);
      CompletableFuture<String> ring = async(fence.agent());
      if (waits) {
        ring.get(60, TimeUnit.SECONDS);
      }
      int before = claimed.get();
      CRON.tasks().schedule(fence.agent(), task.runner(Runner.AGENT));
      Eventually.holds(
          "the agent claims",
          Duration.ofSeconds(60),
          () -> claimed.get() > before || agent.isDone());
      undone += undone(ring) ? 1 : 0;
    }
    agent.get(60, TimeUnit.SECONDS);

    List<RunRecord> history = CRON.history(fence.agent());
    String where = "seed " + SEED + ", " + undone + " runs undone";
    assertThat(history).as(where).allMatch(run -> run.state() == State.SUCCEEDED);
    assertThat(history).as(where).hasSizeGreaterThanOrEqualTo((int) back.toMinutes() + 1);
    for (int i = 0; i < history.size(); i++) {
      assertThat(history.get(history.size() - 1 - i).claim().due())
          .as("tick %d, %s", i, where)
          .isEqualTo(first.plus(Duration.ofMinutes(i)));
    }
    long byAgent = history.stream().filter(run -> run.claim().fence().equals(fence)).count();
    assertThat(byAgent).as(where).isEqualTo(claimed.get()).isPositive();
    assertThat(CRON.calls(fence.agent()))
        .as(where)
        .isEqualTo(history.size() - byAgent)
        .isPositive();
  }

  private static boolean undone(CompletableFuture<String> ring) throws Exception {
    try {
      ring.get(60, TimeUnit.SECONDS);
      return false;
    } catch (ExecutionException e) {
      assertThat(e).hasMessageContaining("taken by somebody else");
      return true;
    }
  }

  /** Claims and ends one tick after the other whenever the task is the agents'. */
  private static void runAsAnAgent(Fence fence, Instant end, AtomicInteger claimed) {
    TaskStore tasks = CRON.tasks();
    Instant due = CRON.nextDue(fence.agent());
    while (!due.isAfter(end)) {
      Instant next = due.plus(Duration.ofMinutes(1));
      Optional<RunClaim> claim =
          tasks.claim(fence, new TaskStore.Claiming("digest", due, due, Optional.of(next), 0));
      if (claim.isPresent()) {
        assertThat(tasks.finish(claim.get(), Optional.empty())).isTrue();
        claimed.incrementAndGet();
      }
      due = CRON.nextDue(fence.agent());
    }
  }
}
