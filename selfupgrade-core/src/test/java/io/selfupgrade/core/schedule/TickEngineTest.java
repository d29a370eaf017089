package io.selfupgrade.core.schedule;

import static io.selfupgrade.core.schedule.TickScene.SOON;
import static io.selfupgrade.core.schedule.TickScene.due;
import static io.selfupgrade.core.schedule.TickScene.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.Overlap;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskHandler;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskRun;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TickEngineTest {

  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration GRID = Duration.ofMillis(20);
  private static final TaskPolicy ALL = TaskPolicy.DEFAULT.missed(Missed.runAll());
  private static final TaskHandler NOTHING = run -> {};

  private final ManualClock clock = ManualClock.at(Instant.parse("2030-01-01T00:00:00Z"));
  private final TickScene scene = new TickScene(new InMemoryStore(clock));
  private final TickScene real = new TickScene(new InMemoryStore(Clock.systemUTC()));

  @AfterEach
  void closeEngines() {
    scene.close();
    real.close();
  }

  @Test
  void everyTickIsRunOnceHoweverOftenTheLeadGoesToAndFro() {
    AtomicInteger handled = new AtomicInteger();
    TickEngine one = real.engine(task("t", GRID, ALL, run -> handled.incrementAndGet()));
    TickEngine two = real.engine(task("t", GRID, ALL, run -> handled.incrementAndGet()));
    TickEngine leading = one;
    for (int term = 0; term < 20; term++) {
      assertThat(leading.promoted(real.lead(), Optional.empty())).isTrue();
      real.awaitSucceeded("t", (term + 1) * 5);
      leading.drain(Duration.ofSeconds(5));
      leading.demoted();
      leading = leading == one ? two : one;
    }

    List<RunRecord> runs = real.runs("t");
    for (int tick = 1; tick < runs.size(); tick++) {
      assertThat(due(runs).get(tick)).isEqualTo(due(runs).get(tick - 1).plus(GRID));
    }
    assertThat(runs).allMatch(run -> !run.startedAt().isBefore(run.claim().due()));
    assertThat(handled).hasValue(real.runs("t", RunRecord.State.SUCCEEDED).size());
    assertThat(handled.get()).isBetween(runs.size() - 1, runs.size());
  }

  @Test
  void missedTicksAreMadeUpForInOrderWithoutWaiting() {
    TickEngine engine = scene.engine(task("t", MINUTE, ALL, NOTHING));
    engine.promoted(scene.lead(), Optional.empty());
    engine.closeAdmission();
    clock.advance(Duration.ofHours(10));

    long start = System.nanoTime();
    engine.promoted(scene.lead(), Optional.empty());
    List<RunRecord> runs = scene.awaitSucceeded("t", 600);

    assertThat(runs).hasSize(600);
    assertThat(due(runs)).isSorted().doesNotHaveDuplicates();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void theNewestMissedTickIsRunByDefault() {
    TickEngine engine = scene.engine(task("t", MINUTE, TaskPolicy.DEFAULT, NOTHING));
    engine.promoted(scene.lead(), Optional.empty());
    clock.advance(MINUTE.multipliedBy(9).plusSeconds(20));
    engine.promoted(scene.lead(), Optional.empty());

    List<RunRecord> runs = scene.awaitSucceeded("t", 1);
    assertThat(due(runs)).containsExactly(Instant.parse("2030-01-01T00:09:00Z"));
  }

  @Test
  void aTaskForAnInstantRunsOnceForGood() {
    Instant instant = Instant.parse("2029-12-31T23:00:00Z");
    DeclaredTask once =
        new DeclaredTask(task("once", Schedule.at(instant), TaskPolicy.DEFAULT), NOTHING);
    TickEngine engine = scene.engine(once, task("t", MINUTE, ALL, NOTHING));
    engine.promoted(scene.lead(), Optional.empty());
    scene.awaitSucceeded("once", 1);

    clock.advance(MINUTE);
    engine.promoted(scene.lead(), Optional.empty());
    scene.awaitSucceeded("t", 1);

    assertThat(due(scene.runs("once"))).containsExactly(instant);
  }

  @Test
  void anotherScheduleIsPlannedAnewAtPromotion() {
    scene.engine(task("t", MINUTE, ALL, NOTHING)).promoted(scene.lead(), Optional.empty());
    clock.advance(Duration.ofSeconds(30));
    TickEngine next = scene.engine(task("t", Duration.ofSeconds(7), ALL, NOTHING));
    next.promoted(scene.lead(), Optional.empty());
    clock.advance(Duration.ofSeconds(8));
    next.wake();

    assertThat(due(scene.awaitSucceeded("t", 1)))
        .containsExactly(Instant.parse("2030-01-01T00:00:37Z"));
  }

  @Test
  void aHandlerThatThrowsEndsItsOwnTickOnly() {
    TickEngine engine =
        real.engine(
            task(
                "bad",
                GRID,
                ALL,
                run -> {
                  throw new StackOverflowError("deep\0 down");
                }),
            task("good", GRID, ALL, NOTHING));
    engine.promoted(real.lead(), Optional.empty());

    real.awaitSucceeded("good", 10);
    List<RunRecord> bad = real.runs("bad", RunRecord.State.FAILED);
    assertThat(bad).hasSizeGreaterThan(3);
    assertThat(bad.get(0).error()).isEqualTo("java.lang.StackOverflowError: deep? down");
  }

  @Test
  void slowHandlersHoldUpNoOtherTaskWhileAThreadIsFree() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    TickEngine engine =
        real.engine(
            task("slow1", GRID, ALL, run -> end.await()),
            task("slow2", GRID, ALL, run -> end.await()),
            task("slow3", GRID, TaskPolicy.DEFAULT, run -> end.await()),
            task("quick", GRID, ALL, NOTHING));
    engine.promoted(real.lead(), Optional.empty());

    real.awaitSucceeded("quick", 20);
    assertThat(real.runs("slow1")).hasSize(1);
    assertThat(real.runs("slow3", RunRecord.State.SKIPPED)).hasSizeGreaterThan(10);
    end.countDown();
    real.awaitSucceeded("slow2", 10);
  }

  @Test
  void overlappingTicksRunBesideEachOtherIfTheTaskAllowsIt() throws Exception {
    CountDownLatch three = new CountDownLatch(3);
    TickEngine engine =
        real.engine(
            task(
                "t",
                GRID,
                TaskPolicy.DEFAULT.overlap(Overlap.ALLOW),
                run -> {
                  three.countDown();
                  three.await();
                }));
    engine.promoted(real.lead(), Optional.empty());

    assertThat(three.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void queuedTicksRunOneAfterAnotherAndNoneIsLeftOut() {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    TickEngine engine =
        real.engine(
            task(
                "t",
                Duration.ofMillis(10),
                TaskPolicy.DEFAULT.overlap(Overlap.QUEUE),
                run -> {
                  most.accumulateAndGet(running.incrementAndGet(), Math::max);
                  LockSupport.parkNanos(25_000_000);
                  running.decrementAndGet();
                }));
    engine.promoted(real.lead(), Optional.empty());

    List<RunRecord> runs = real.awaitSucceeded("t", 10);
    assertThat(most).hasValue(1);
    for (int tick = 1; tick < runs.size(); tick++) {
      assertThat(due(runs).get(tick)).isEqualTo(due(runs).get(tick - 1).plusMillis(10));
    }
  }

  @Test
  void aHandlerSeesItsRun() throws Exception {
    BlockingQueue<TaskRun> seen = new LinkedBlockingQueue<>();
    TickEngine engine = scene.engine(task("t", MINUTE, ALL, seen::add));
    Fence fence = scene.lead();
    engine.promoted(fence, Optional.empty());
    clock.advance(MINUTE);
    engine.wake();

    TaskRun run = seen.take();
    assertThat(run.task()).isEqualTo("t");
    assertThat(run.due()).isEqualTo("2030-01-01T00:01:00Z");
    assertThat(run.attempt()).isEqualTo(1);
    assertThat(run.payload().text()).isEqualTo("{\"to\":\"all\"}");
    assertThat(run.idempotencyKey()).isEqualTo(scene.agent + "/t/2030-01-01T00:01:00Z");
    assertThat(run.claim().fence()).isEqualTo(fence);
    assertThat(run.cancelled()).isFalse();
  }

  @Test
  void whatAnAdapterCommittedIsNotFinishedAgain() throws Exception {
    CountDownLatch ended = new CountDownLatch(2);
    TickEngine engine =
        scene.engine(
            task(
                "t",
                MINUTE,
                ALL,
                run -> {
                  run.ledger().finish(run.claim(), Optional.of("by the adapter"));
                  run.committed();
                  ended.countDown();
                }));
    engine.promoted(scene.lead(), Optional.empty());
    clock.advance(MINUTE.multipliedBy(2));
    engine.wake();

    assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(scene.runs("t")).allMatch(run -> run.error().equals("by the adapter"));
  }

  @Test
  void runsOfAnInstanceThatIsAttestedDeadAreRunAgain() throws Exception {
    BlockingQueue<TaskRun> seen = new LinkedBlockingQueue<>();
    CountDownLatch never = new CountDownLatch(1);
    Fence dead = scene.lead();
    TickEngine killed = scene.engine(task("t", MINUTE, ALL, run -> never.await()));
    killed.promoted(dead, Optional.empty());
    clock.advance(MINUTE);
    killed.wake();
    scene.awaitRuns("t", runs -> runs.size() == 1);

    TickEngine next = scene.engine(task("t", MINUTE, ALL, seen::add));
    next.promoted(scene.lead(), Optional.of(dead.holder()));

    assertThat(seen.take().attempt()).isEqualTo(2);
    scene.awaitSucceeded("t", 1);
    killed.close();
    assertThat(scene.runs("t")).singleElement().matches(run -> run.claim().attempt() == 2);
  }

  @Test
  void nothingIsClaimedWithoutTheLead() {
    TickEngine engine = scene.engine(task("t", MINUTE, ALL, NOTHING));
    Fence lost = scene.lead();
    engine.promoted(lost, Optional.empty());
    Fence other = scene.lead();
    clock.advance(MINUTE.multipliedBy(3));
    engine.wake();
    long before = scene.faulty.calls();
    Eventually.holds("it tried", SOON, () -> scene.faulty.calls() > before + 2);
    assertThat(scene.runs("t")).isEmpty();

    engine.demoted();
    assertThat(engine.promoted(lost, Optional.empty()))
        .as("unchanged tasks need no write")
        .isTrue();
    engine.demoted();
    assertThat(engine.promoted(other, Optional.empty())).isTrue();
    scene.awaitSucceeded("t", 3);
  }

  @Test
  void nothingIsClaimedWhileItIsUnsureWhoLeads() {
    TickEngine engine = real.engine(task("t", GRID, ALL, NOTHING));
    engine.promoted(real.lead(), Optional.empty());
    real.awaitSucceeded("t", 3);

    engine.unsure(true);
    real.awaitRuns("t", runs -> runs.stream().noneMatch(r -> r.finishedAt().isEmpty()));
    int settled = real.runs("t").size();
    Instant then = Clock.systemUTC().instant().plusMillis(200);
    Eventually.holds("time passes", SOON, () -> Clock.systemUTC().instant().isAfter(then));
    assertThat(real.runs("t").size()).isLessThanOrEqualTo(settled + 1);

    engine.unsure(false);
    List<RunRecord> runs = real.awaitSucceeded("t", settled + 10);
    for (int tick = 1; tick < runs.size(); tick++) {
      assertThat(due(runs).get(tick)).isEqualTo(due(runs).get(tick - 1).plus(GRID));
    }
  }

  @Test
  void thereIsNoThreadBeforePromotionAndNoneAfterClose() {
    TickEngine engine = real.engine(task("t", GRID, ALL, NOTHING));
    assertThat(threads()).isEmpty();

    engine.promoted(real.lead(), Optional.empty());
    real.awaitSucceeded("t", 3);
    assertThat(threads())
        .anyMatch(name -> name.endsWith(" ticks"))
        .anyMatch(name -> name.endsWith(" task 1"));

    engine.close();
    engine.close();
    Eventually.holds("all threads have ended", SOON, () -> threads().isEmpty());
    assertThatThrownBy(() -> engine.promoted(real.lead(), Optional.empty()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void anIdleEngineAsksTheStoreSeldom() {
    TickEngine engine = scene.engine(task("t", MINUTE, ALL, NOTHING));
    engine.promoted(scene.lead(), Optional.empty());
    long before = scene.faulty.calls();
    Instant then = Clock.systemUTC().instant().plusMillis(1_200);
    Eventually.holds("time passes", SOON, () -> Clock.systemUTC().instant().isAfter(then));

    // In each poll, half a second here: a look, one at the one-shots, and what is lost twice.
    assertThat(scene.faulty.calls() - before).isBetween(4L, 12L);
  }

  private List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("selfupgrade " + real.agent))
        .toList();
  }
}
