package io.selfupgrade.core.schedule;

import static io.selfupgrade.core.schedule.TickScene.SOON;
import static io.selfupgrade.core.schedule.TickScene.task;
import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.TaskHandler;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskRun;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TickEngineDrainTest {

  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final TaskPolicy ALL = TaskPolicy.DEFAULT.missed(Missed.runAll());
  private static final TaskHandler NOTHING = run -> {};

  private final ManualClock clock = ManualClock.at(Instant.parse("2030-01-01T00:00:00Z"));
  private final TickScene scene = new TickScene(new InMemoryStore(clock));
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch end = new CountDownLatch(1);

  @AfterEach
  void closeEngines() {
    end.countDown();
    scene.close();
  }

  @Test
  void runningHandlersAreWaitedFor() throws Exception {
    TickEngine engine = serving(task("t", MINUTE, ALL, this::untilEnd));
    FutureTask<TickEngine.Drained> drain =
        new FutureTask<>(() -> engine.drain(Duration.ofSeconds(30)));
    Thread draining = new Thread(drain);
    draining.start();
    Eventually.holds(
        "the drain waits", SOON, () -> draining.getState() == Thread.State.TIMED_WAITING);
    end.countDown();

    assertThat(drain.get(20, TimeUnit.SECONDS)).isEqualTo(new TickEngine.Drained(1, 0, 0));
    assertThat(states()).containsExactly(RunRecord.State.SUCCEEDED);
  }

  @Test
  void whatDoesNotEndIsToldThenInterruptedAndGivenBack() throws Exception {
    AtomicBoolean told = new AtomicBoolean();
    CountDownLatch interrupted = new CountDownLatch(1);
    TickEngine engine =
        serving(
            task(
                "t",
                MINUTE,
                ALL,
                run -> {
                  begun.countDown();
                  try {
                    new CountDownLatch(1).await();
                  } finally {
                    told.set(run.cancelled());
                    interrupted.countDown();
                  }
                }));
    // A tenth of the time, at most 500 ms, is for the ledger's answer: all of it, on a busy
    // machine.
    TickEngine.Drained drained = engine.drain(Duration.ofSeconds(5));

    assertThat(drained).isEqualTo(new TickEngine.Drained(0, 1, 0));
    assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(told).isTrue();
    assertThat(states()).containsExactly(RunRecord.State.WAITING);

    LinkedBlockingQueue<Integer> attempts = new LinkedBlockingQueue<>();
    TickEngine next = scene.engine(task("t", MINUTE, ALL, run -> attempts.add(run.attempt())));
    next.promoted(scene.lead(), Optional.empty());
    assertThat(attempts.take()).isEqualTo(2);
    scene.awaitSucceeded("t", 1);
  }

  @Test
  void aHandlerThatEndsEarlyBecauseItWasToldIsGivenBack() {
    TickEngine engine =
        serving(
            task(
                "t",
                MINUTE,
                ALL,
                run -> {
                  begun.countDown();
                  Eventually.holds("it is told", SOON, run::cancelled);
                  throw new IllegalStateException("not done");
                }));
    TickEngine.Drained drained = engine.drain(Duration.ofSeconds(4));

    assertThat(drained.left()).isZero();
    assertThat(states()).containsExactly(RunRecord.State.WAITING);
  }

  @Test
  void whatNoHandlerHasBegunIsGivenBackAtOnce() throws Exception {
    LinkedBlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    TickEngine engine =
        scene.engine(scene.settings().executor(queue::add), task("t", MINUTE, ALL, NOTHING));
    engine.promoted(scene.lead(), Optional.empty());
    clock.advance(MINUTE);
    engine.wake();
    Runnable handler = queue.take();

    assertThat(engine.drain(Duration.ofSeconds(20))).isEqualTo(new TickEngine.Drained(0, 1, 0));
    handler.run();
    assertThat(states()).containsExactly(RunRecord.State.WAITING);
  }

  @Test
  void aDrainThatAHandlerAsksForDoesNotWaitForThatHandler() {
    AtomicReference<TickEngine> engine = new AtomicReference<>();
    AtomicReference<TickEngine.Drained> drained = new AtomicReference<>();
    engine.set(
        scene.engine(
            task(
                "t", MINUTE, ALL, run -> drained.set(engine.get().drain(Duration.ofSeconds(30))))));
    engine.get().promoted(scene.lead(), Optional.empty());
    clock.advance(MINUTE);
    engine.get().wake();

    scene.awaitSucceeded("t", 1);
    assertThat(drained.get()).isEqualTo(new TickEngine.Drained(0, 0, 0));
  }

  @Test
  void aDrainEndsAtItsDeadlineThoughTheStoreIsAway() {
    TickEngine engine = serving(task("t", MINUTE, ALL, this::untilEnd));
    scene.faulty.goAway();
    long start = System.nanoTime();

    assertThat(engine.drain(Duration.ofMillis(600))).isEqualTo(new TickEngine.Drained(0, 0, 1));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));

    scene.faulty.comeBack();
    scene.awaitRuns("t", runs -> runs.get(0).state() == RunRecord.State.WAITING);
  }

  @Test
  void afterAdmissionIsClosedNoHandlerStartsUntilTheNextPromotion() throws Exception {
    LinkedBlockingQueue<Instant> handled = new LinkedBlockingQueue<>();
    TickEngine engine = scene.engine(task("t", MINUTE, ALL, run -> handled.add(run.due())));
    var fence = scene.lead();
    engine.promoted(fence, Optional.empty());
    engine.closeAdmission();
    clock.advance(MINUTE);
    engine.wake();
    assertThat(handled.poll(300, TimeUnit.MILLISECONDS)).isNull();
    assertThat(states()).isEmpty();

    assertThat(engine.promoted(fence, Optional.empty())).isTrue();
    assertThat(handled.take()).isEqualTo("2030-01-01T00:01:00Z");
  }

  @Test
  void aLostLeadIsToldToHandlersThatThenMayStillFinish() throws Exception {
    TickEngine engine =
        serving(
            task(
                "t",
                MINUTE,
                ALL,
                run -> {
                  begun.countDown();
                  Eventually.holds("it is told", SOON, run::cancelled);
                }));
    engine.demoted();

    scene.awaitSucceeded("t", 1);
  }

  @Test
  void closingGivesBackWhatRuns() {
    TickEngine engine = serving(task("t", MINUTE, ALL, this::untilEnd));
    engine.close();

    assertThat(states()).containsExactly(RunRecord.State.WAITING);
  }

  /** Returns an engine of which the first handler has begun. */
  private TickEngine serving(DeclaredTask task) {
    TickEngine engine = scene.engine(task);
    engine.promoted(scene.lead(), Optional.empty());
    clock.advance(MINUTE);
    engine.wake();
    Eventually.holds("the handler has begun", SOON, () -> begun.getCount() == 0);
    return engine;
  }

  private void untilEnd(TaskRun run) throws InterruptedException {
    begun.countDown();
    end.await();
  }

  private List<RunRecord.State> states() {
    return scene.runs("t").stream().map(RunRecord::state).toList();
  }
}
