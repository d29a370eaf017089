package io.selfupgrade.core.schedule;

import static io.selfupgrade.core.schedule.TickScene.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.schedule.OneShot;
import io.selfupgrade.schedule.OneShotBatch;
import io.selfupgrade.schedule.Retry;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Scope;
import io.selfupgrade.schedule.TaskHandler;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.schedule.TaskStore.Submitted;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OneShotEngineTest {

  private static final TaskPolicy PLAIN = TaskPolicy.DEFAULT;

  private final AgentStore store = new InMemoryStore(Clock.systemUTC());
  private final TickScene scene = new TickScene(store);
  private final List<TickEngine> engines = new ArrayList<>();

  record Letter(String to, int copies) {}

  @AfterEach
  void closeEngines() {
    engines.forEach(TickEngine::close);
    scene.close();
  }

  @Test
  void manyAreEachRunOnceInFewRoundTrips() {
    Map<String, Integer> seen = new ConcurrentHashMap<>();
    submit("mail", 10_000);
    AtomicInteger trips = new AtomicInteger();
    TickEngine engine =
        engine(
            distant(trips),
            handler("mail", PLAIN, run -> seen.merge(run.idempotencyKey(), 1, Integer::sum)));
    engine.promoted(scene.lead(), Optional.empty());

    Eventually.holds("all are run", SOON, () -> seen.size() == 10_000);
    awaitEnds("mail", 10_000);

    assertThat(seen.values()).containsOnly(1);
    assertThat(trips).as("round trips").hasValueLessThan(1_000);
  }

  @Test
  void whatIsSubmittedToAnIdleEngineIsRunWhenItIsDue() {
    TickEngine engine = serving(handler("mail", PLAIN, run -> {}));
    Instant due = scene.ledger().agenda(scene.agent, List.of()).now().plusMillis(300);
    submit(OneShot.of("mail", Json.EMPTY).at(due));
    engine.wake();

    RunRecord run = awaitEnds("mail", 1).get(0);
    assertThat(run.claim().due()).isEqualTo(due.truncatedTo(ChronoUnit.MICROS));
    assertThat(run.startedAt()).isAfterOrEqualTo(run.claim().due());
  }

  @Test
  void aPayloadIsReadAsAValueAndOneThatIsNoneIsSetAside() {
    List<Letter> letters = new ArrayList<>();
    serving(
        handler(
            "mail",
            PLAIN,
            DeclaredHandler.typed(Letter.class, (letter, run) -> letters.add(letter))));
    submit(OneShot.of("mail", Json.of("{\"to\":\"ada\",\"copies\":2,\"newer\":true}")));
    submit(OneShot.of("mail", Json.of("{\"copies\":\"many\"}")));
    engines.get(0).wake();

    awaitEnds("mail", 2);
    assertThat(letters).containsExactly(new Letter("ada", 2));
    assertThat(scene.ledger().quarantined(scene.agent, 5))
        .singleElement()
        .matches(run -> run.error().contains("Letter"));
  }

  @Test
  void whatFailsIsTriedAgainAndThenSetAside() {
    AtomicInteger tries = new AtomicInteger();
    Retry retry = Retry.upTo(3).pauses(Duration.ofMillis(1), Duration.ofMillis(2));
    serving(
        handler(
            "mail",
            PLAIN.retry(retry),
            run -> {
              tries.incrementAndGet();
              throw new IllegalStateException("no network");
            }));
    submit(OneShot.of("mail", Json.EMPTY));
    engines.get(0).wake();

    RunRecord run = awaitEnds("mail", 1).get(0);
    assertThat(run.quarantined()).isTrue();
    assertThat(run.error()).contains("no network");
    assertThat(run.claim().attempt()).isEqualTo(3);
    assertThat(tries).hasValue(3);
  }

  @Test
  void aHandlerBeyondItsDeadlineIsInterruptedAndHasFailed() {
    AtomicInteger interrupted = new AtomicInteger();
    serving(
        handler(
            "mail",
            PLAIN.deadline(Duration.ofMillis(50)),
            run -> {
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException e) {
                interrupted.incrementAndGet();
                throw e;
              }
            }));
    submit(OneShot.of("mail", Json.EMPTY));
    engines.get(0).wake();

    RunRecord run = awaitEnds("mail", 1).get(0);
    assertThat(run.state()).isEqualTo(RunRecord.State.FAILED);
    assertThat(run.error()).contains("deadline of PT0.05S");
    Eventually.holds("it is interrupted", SOON, () -> interrupted.get() == 1);
  }

  @Test
  void aPoisonousHandlerHoldsUpNoOther() {
    serving(
        handler(
            "poison",
            PLAIN,
            run -> {
              throw new StackOverflowError("deep");
            }),
        handler("mail", PLAIN, run -> {}));
    submit("poison", 200);
    submit("mail", 200);
    engines.get(0).wake();

    awaitEnds("mail", 200);
    assertThat(awaitEnds("poison", 200)).allMatch(run -> run.state() == RunRecord.State.FAILED);
  }

  @Test
  void whoServesBesideThePrimaryRunsWhatIsForAllAndNothingElse() {
    scene.lead();
    InstanceId standby = standby();
    List<String> ran = new ArrayList<>();
    TickEngine engine =
        engine(
            handler("own", PLAIN, run -> ran.add("own")),
            handler("shared", PLAIN.scope(Scope.ALL), run -> ran.add("shared")));
    submit("own", 1);
    submit("shared", 3);
    engine.serve(standby);

    List<RunRecord> runs = awaitEnds("shared", 3);
    assertThat(runs).allMatch(run -> run.claim().fence().holder().equals(standby));
    assertThat(ran).containsExactly("shared", "shared", "shared");
    assertThat(ends("own")).isEmpty();

    Fence fence = scene.lead();
    engine.promoted(fence, Optional.empty());
    assertThat(awaitEnds("own", 1).get(0).claim().fence()).isEqualTo(fence);
  }

  @Test
  void afterAnOutageEachIsRun() {
    AtomicInteger handled = new AtomicInteger();
    TickEngine engine = serving(handler("mail", PLAIN, run -> handled.incrementAndGet()));
    submit("mail", 500);
    engine.wake();
    Eventually.holds("some are run", SOON, () -> handled.get() > 10);
    scene.faulty.goAway();
    long before = scene.faulty.calls();
    Eventually.holds("it is noticed", SOON, () -> scene.faulty.calls() > before + 2);
    submit("mail", 500);
    scene.faulty.comeBack();

    awaitEnds("mail", 1_000);
    assertThat(ends("mail")).allMatch(run -> run.state() == RunRecord.State.SUCCEEDED);
  }

  @Test
  void anAnswerThatGetsLostCostsNoneAndDoublesNone() {
    AtomicInteger handled = new AtomicInteger();
    TickEngine engine = serving(handler("mail", PLAIN, run -> handled.incrementAndGet()));
    for (String method : List.of("claimOneShots", "finish")) {
      int done = ends("mail").size();
      scene.faulty.failNext(method, FaultyStore.Moment.AFTER);
      submit("mail", 100);
      engine.wake();
      awaitEnds("mail", done + 100);
    }

    assertThat(handled).hasValue(200);
  }

  @Test
  void whatWasClaimedByAnAnswerThatGotLostGoesBackSoonWhateverTheTroubleWas() {
    AtomicInteger claims = new AtomicInteger();
    TaskStore real = scene.ledger();
    TaskStore losing =
        (TaskStore)
            Proxy.newProxyInstance(
                TaskStore.class.getClassLoader(),
                new Class<?>[] {TaskStore.class},
                (proxy, method, arguments) -> {
                  Object answer = method.invoke(real, arguments);
                  if (method.getName().equals("claimOneShots")
                      && !((OneShotBatch) answer).claimed().isEmpty()) {
                    claims.incrementAndGet();
                    throw new AdapterException("TaskStore", "claim: unreadable", false, null);
                  }
                  return answer;
                });
    TickEngine engine = engine(losing, handler("mail", PLAIN, run -> {}));
    engine.promoted(scene.lead(), Optional.empty());
    submit("mail", 3);
    engine.wake();
    Eventually.holds("some are claimed", SOON, () -> claims.get() > 0);

    Eventually.holds(
        "none is held",
        SOON,
        () ->
            scene.ledger().history(scene.agent, "mail", 10).stream()
                .noneMatch(run -> run.state() == RunRecord.State.RUNNING));
  }

  @Test
  void aDrainGivesBackWhatNoThreadHas() throws Exception {
    CountDownLatch begun = new CountDownLatch(4);
    CountDownLatch end = new CountDownLatch(1);
    TickEngine engine =
        serving(
            handler(
                "mail",
                PLAIN,
                run -> {
                  begun.countDown();
                  end.await();
                }));
    submit("mail", 20);
    engine.wake();
    begun.await();
    engine.closeAdmission();
    end.countDown();
    TickEngine.Drained drained = engine.drain(Duration.ofSeconds(20));

    assertThat(drained.left()).isZero();
    assertThat(ends("mail")).hasSizeLessThan(20).hasSizeGreaterThanOrEqualTo(4);
    assertThat(scene.ledger().history(scene.agent, "mail", 100))
        .noneMatch(run -> run.state() == RunRecord.State.RUNNING);
  }

  /** Returns the ledger with a network before it. */
  private TaskStore distant(AtomicInteger trips) {
    TaskStore near = scene.faulty.tasks();
    return (TaskStore)
        Proxy.newProxyInstance(
            TaskStore.class.getClassLoader(),
            new Class<?>[] {TaskStore.class},
            (proxy, method, arguments) -> {
              trips.incrementAndGet();
              LockSupport.parkNanos(1_000_000);
              return method.invoke(near, arguments);
            });
  }

  private InstanceId standby() {
    InstanceRecord record =
        new InstanceRecord(
            InstanceId.random(),
            scene.agent,
            Version.parse("1.0.0"),
            "b".repeat(64),
            Optional.empty(),
            true,
            "host, pid 2");
    store.instances().register(record);
    return record.id();
  }

  private TickEngine serving(DeclaredHandler... handlers) {
    TickEngine engine = engine(handlers);
    engine.promoted(scene.lead(), Optional.empty());
    return engine;
  }

  private TickEngine engine(DeclaredHandler... handlers) {
    return engine(scene.faulty.tasks(), handlers);
  }

  private TickEngine engine(TaskStore ledger, DeclaredHandler... handlers) {
    TickEngine engine =
        new TickEngine(
            scene.agent,
            ledger,
            new TickEngine.Work(List.of(), List.of(handlers)),
            scene.settings());
    engines.add(engine);
    return engine;
  }

  private static DeclaredHandler handler(String name, TaskPolicy policy, TaskHandler code) {
    return new DeclaredHandler(name, policy, code);
  }

  private void submit(OneShot work) {
    scene.ledger().submit(scene.agent, List.of(new Submitted(UUID.randomUUID(), work)));
  }

  private void submit(String handler, int number) {
    List<Submitted> work = new ArrayList<>();
    for (int index = 0; index < number; index++) {
      work.add(new Submitted(UUID.randomUUID(), OneShot.of(handler, Json.EMPTY)));
    }
    scene.ledger().submit(scene.agent, work);
  }

  private List<RunRecord> ends(String handler) {
    return scene.ledger().history(scene.agent, handler, 100_000).stream()
        .filter(run -> run.finishedAt().isPresent())
        .toList();
  }

  private List<RunRecord> awaitEnds(String handler, int number) {
    Eventually.holds(number + " ends of " + handler, SOON, () -> ends(handler).size() >= number);
    return ends(handler);
  }
}
