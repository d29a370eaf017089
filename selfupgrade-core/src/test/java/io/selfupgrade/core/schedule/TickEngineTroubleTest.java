package io.selfupgrade.core.schedule;

import static io.selfupgrade.core.schedule.TickScene.SOON;
import static io.selfupgrade.core.schedule.TickScene.due;
import static io.selfupgrade.core.schedule.TickScene.task;
import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskHandler;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TickEngineTroubleTest {

  private static final Duration GRID = Duration.ofMillis(20);
  private static final TaskPolicy ALL = TaskPolicy.DEFAULT.missed(Missed.runAll());
  private static final TaskHandler NOTHING = run -> {};

  private final TickScene scene = new TickScene(new InMemoryStore(Clock.systemUTC()));
  private final AtomicInteger handled = new AtomicInteger();

  @AfterEach
  void closeEngines() {
    scene.close();
  }

  @Test
  void afterAnOutageEveryTickHasRunOnce() {
    TickEngine engine = scene.engine(task("t", GRID, ALL, run -> handled.incrementAndGet()));
    engine.promoted(scene.lead(), Optional.empty());
    for (int outage = 1; outage <= 3; outage++) {
      scene.awaitSucceeded("t", outage * 10);
      scene.faulty.goAway();
      long before = scene.faulty.calls();
      Eventually.holds("it is noticed", SOON, () -> scene.faulty.calls() > before + 2);
      scene.faulty.comeBack();
    }

    everyTickOnce(scene.awaitSucceeded("t", 60));
    assertThat(handled.get()).isGreaterThanOrEqualTo(60);
  }

  @Test
  void aStoreThatIsAwayAtPromotionIsTriedAgain() {
    scene.faulty.goAway();
    TickEngine engine = scene.engine(task("t", GRID, ALL, NOTHING));
    assertThat(engine.promoted(scene.lead(), Optional.empty())).isFalse();

    scene.faulty.comeBack();
    everyTickOnce(scene.awaitSucceeded("t", 5));
  }

  @ParameterizedTest
  @ValueSource(strings = {"claim", "finish", "agenda", "reclaim"})
  void anAnswerThatGetsLostCostsNoTickAndDoublesNone(String method) {
    TickEngine engine =
        scene.engine(
            scene.settings().poll(Duration.ofMillis(100)),
            task("t", GRID, ALL, run -> handled.incrementAndGet()));
    engine.promoted(scene.lead(), Optional.empty());
    for (int loss = 1; loss <= 5; loss++) {
      scene.awaitSucceeded("t", scene.runs("t").size() + 5);
      scene.faulty.failNext(method, FaultyStore.Moment.AFTER);
      scene.awaitSucceeded("t", scene.runs("t").size() + 15);
    }
    engine.drain(Duration.ofSeconds(10));

    everyTickOnce(scene.runs("t"));
    assertThat(handled).hasValue(scene.runs("t", RunRecord.State.SUCCEEDED).size());
  }

  @Test
  void aLostAnswerOfAGiveBackIsNoHarm() {
    AtomicInteger tries = new AtomicInteger();
    scene.faulty.failNext("finish", FaultyStore.Moment.AFTER);
    TickEngine engine =
        scene.engine(
            task(
                "t",
                GRID,
                ALL,
                run -> {
                  if (tries.incrementAndGet() == 1) {
                    throw new AdapterException("AgentStore", "commit: no answer", true, null);
                  }
                }));
    engine.promoted(scene.lead(), Optional.empty());

    List<RunRecord> runs = scene.awaitSucceeded("t", 5);
    assertThat(runs.get(0).claim().attempt()).isEqualTo(2);
    assertThat(runs.get(1).claim().attempt()).isEqualTo(1);
  }

  @Test
  void aHandlerInTroubleThatMayPassIsTriedFiveTimes() {
    TickEngine engine =
        scene.engine(
            task(
                "t",
                Duration.ofSeconds(1),
                ALL,
                run -> {
                  handled.incrementAndGet();
                  throw new AdapterException("AgentStore", "commit: no answer", true, null);
                }));
    engine.promoted(scene.lead(), Optional.empty());

    List<RunRecord> runs =
        scene.awaitRuns("t", all -> !all.isEmpty() && all.get(0).state() == RunRecord.State.FAILED);
    assertThat(runs.get(0).claim().attempt()).isEqualTo(5);
    assertThat(runs.get(0).error()).contains("AgentStore: commit: no answer");
  }

  @Test
  void anEndThatTheStoreRefusesIsGivenOutAgainAndHoldsUpNoOther() {
    AtomicBoolean refused = new AtomicBoolean(true);
    TickEngine engine =
        scene.engine(
            refusingToFinish(scene.ledger(), refused),
            scene.settings(),
            task("t", GRID, ALL, run -> handled.incrementAndGet()));
    engine.promoted(scene.lead(), Optional.empty());
    scene.awaitRuns("t", runs -> runs.stream().anyMatch(run -> run.claim().attempt() > 1));
    refused.set(false);

    everyTickOnce(scene.awaitSucceeded("t", 5));
  }

  @Test
  void anExecutorThatRefusesIsTriedAgain() {
    TickEngine engine =
        scene.engine(
            settingsWithExecutorThatFailsTwice(
                () -> {
                  throw new RejectedExecutionException("full");
                }),
            task("t", GRID, ALL, NOTHING));
    engine.promoted(scene.lead(), Optional.empty());

    everyTickOnce(scene.awaitSucceeded("t", 5));
    assertThat(scene.runs("t").get(0).claim().attempt()).isEqualTo(3);
  }

  @Test
  void aTaskThatCannotBeReadIsToldAndHidesNoOther() {
    Schedule unknown = new Schedule.Unreadable("zone Mars/Olympus is unknown");
    scene.ledger().schedule(scene.agent, TaskConfig.of("broken", unknown).handler("t"));
    TickEngine engine = scene.engine(task("t", GRID, ALL, run -> handled.incrementAndGet()));
    engine.promoted(scene.lead(), Optional.empty());

    everyTickOnce(scene.awaitSucceeded("t", 5));
    assertThat(scene.runs("broken")).isEmpty();
    assertThat(engine.late()).containsExactly("task broken, for zone Mars/Olympus is unknown");

    TaskConfig mended = TaskConfig.of("broken", Schedule.every(GRID)).handler("t");
    scene.ledger().schedule(scene.agent, mended);
    engine.wake();
    scene.awaitSucceeded("broken", 1);
    assertThat(engine.late()).isEmpty();
  }

  @Test
  void anErrorIsToldAndTheEngineGoesOn() {
    AtomicBoolean broken = new AtomicBoolean();
    TickEngine engine =
        scene.engine(throwingAnError(scene.ledger(), broken), scene.settings(), ticking());
    engine.promoted(scene.lead(), Optional.empty());
    scene.awaitSucceeded("t", 3);

    broken.set(true);
    engine.wake();
    Eventually.holds("health knows", SOON, () -> engine.late().toString().contains("gone/Class"));
    broken.set(false);

    everyTickOnce(scene.awaitSucceeded("t", scene.runs("t").size() + 5));
    assertThat(engine.late()).isEmpty();
  }

  @Test
  void anExecutorThatThrowsAnErrorIsTriedAgain() {
    TickEngine engine =
        scene.engine(
            settingsWithExecutorThatFailsTwice(
                () -> {
                  throw new StackOverflowError("deep");
                }),
            ticking());
    engine.promoted(scene.lead(), Optional.empty());

    everyTickOnce(scene.awaitSucceeded("t", 5));
  }

  private DeclaredTask ticking() {
    return task("t", GRID, ALL, run -> handled.incrementAndGet());
  }

  private TickSettings settingsWithExecutorThatFailsTwice(Runnable failure) {
    AtomicInteger calls = new AtomicInteger();
    return scene
        .settings()
        .executor(
            work -> {
              if (calls.incrementAndGet() < 3) {
                failure.run();
              }
              work.run();
            });
  }

  private static TaskStore throwingAnError(TaskStore real, AtomicBoolean broken) {
    return failing(real, "agenda", broken, () -> new NoClassDefFoundError("gone/Class"));
  }

  private static TaskStore refusingToFinish(TaskStore real, AtomicBoolean refused) {
    return failing(
        real,
        "finish",
        refused,
        () -> new AdapterException("TaskStore", "finish: never", false, null));
  }

  private static TaskStore failing(
      TaskStore real, String call, AtomicBoolean fails, Supplier<Throwable> failure) {
    return (TaskStore)
        Proxy.newProxyInstance(
            TaskStore.class.getClassLoader(),
            new Class<?>[] {TaskStore.class},
            (proxy, method, arguments) -> {
              if (fails.get() && method.getName().equals(call)) {
                throw failure.get();
              }
              return method.invoke(real, arguments);
            });
  }

  private static void everyTickOnce(List<RunRecord> runs) {
    for (int tick = 1; tick < runs.size(); tick++) {
      assertThat(due(runs).get(tick)).isEqualTo(due(runs).get(tick - 1).plus(GRID));
    }
  }
}
