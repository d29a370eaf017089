package io.selfupgrade.core.schedule;

import static io.selfupgrade.core.schedule.TickScene.SOON;
import static io.selfupgrade.core.schedule.TickScene.task;
import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.OneShot;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.Scope;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What stands still on purpose is told, released where it can be, and forgotten when it goes on.
 */
@Timeout(60)
class TickWatchTest {

  private static final Instant NOW = Instant.parse("2026-05-05T10:00:00Z");
  private static final Duration PERIOD = Duration.ofMinutes(10);
  private static final Duration SILENCE = Duration.ofSeconds(19);
  private static final TaskPolicy ALL = TaskPolicy.DEFAULT.missed(Missed.runAll());

  private final ManualClock clock = ManualClock.at(NOW);
  private final TickScene scene = new TickScene(new InMemoryStore(clock));
  private final AtomicLong passed = new AtomicLong();
  private final AtomicBoolean freezes = new AtomicBoolean();
  private final AtomicBoolean frozen = new AtomicBoolean();
  private final CountDownLatch thaw = new CountDownLatch(1);

  @AfterEach
  void close() {
    thaw.countDown();
    scene.close();
  }

  @Test
  void aTaskWhoseCoordinatorHangsIsToldAfterTwoOfItsPeriodsAndForgottenWhenItGoesOn() {
    TickEngine engine =
        scene.engine(freezing(), settings(), task("digest", PERIOD, ALL, run -> {}));
    Fence fence = scene.lead();
    engine.promoted(fence, Optional.empty());
    freeze(engine);

    pass(PERIOD.multipliedBy(2));
    assertThat(engine.late()).as("one of its periods after it was due").isEmpty();
    assertThat(engine.watch(fence)).isEmpty();

    pass(PERIOD);
    String late = "task digest, due since " + NOW.plus(PERIOD);
    assertThat(engine.late()).containsExactly(late);
    assertThat(engine.watch(fence)).contains(late);
    assertThat(engine.watch(fence)).as("it is told once").isEmpty();

    thaw.countDown();
    scene.awaitSucceeded("digest", 3);
    Eventually.holds("nothing is late", SOON, () -> engine.late().isEmpty());
    assertThat(engine.watch(fence)).isEmpty();
  }

  @Test
  void aClaimOfAnInstanceThatIsSilentIsReleasedThoughTheCoordinatorHangs() {
    TaskPolicy shared = ALL.scope(Scope.ALL);
    TickEngine engine =
        scene.engine(freezing(), settings(), task("shared", PERIOD, shared, run -> {}));
    Fence fence = scene.lead();
    engine.promoted(fence, Optional.empty());
    freeze(engine);
    pass(PERIOD);
    claimAs(member(), NOW.plus(PERIOD));
    assertThat(scene.runs("shared", RunRecord.State.RUNNING)).hasSize(1);

    pass(PERIOD.multipliedBy(2));
    assertThat(engine.watch(fence)).contains("task shared, due since " + NOW.plus(PERIOD));

    assertThat(scene.runs("shared", RunRecord.State.WAITING)).hasSize(1);
    thaw.countDown();
    List<RunRecord> runs = scene.awaitSucceeded("shared", 1);
    assertThat(runs.get(0).claim().attempt()).isEqualTo(2);
  }

  @Test
  void aClaimThatNoThreadTakesIsReleased() {
    AtomicBoolean swallows = new AtomicBoolean(true);
    TickSettings swallowing =
        settings()
            .executor(
                work -> {
                  if (!swallows.get()) {
                    work.run();
                  }
                })
            .atOnce(2);
    TickEngine engine =
        scene.engine(scene.ledger(), swallowing, task("digest", PERIOD, ALL, run -> {}));
    Fence fence = scene.lead();
    engine.promoted(fence, Optional.empty());
    pass(PERIOD);
    engine.wake();
    scene.awaitRuns("digest", runs -> runs.size() == 1);
    assertThat(engine.watch(fence)).isEmpty();
    assertThat(scene.runs("digest", RunRecord.State.RUNNING)).hasSize(1);

    swallows.set(false);
    pass(TickWatch.LEAST);
    engine.watch(fence);

    List<RunRecord> runs = scene.awaitSucceeded("digest", 1);
    assertThat(runs.get(0).claim().attempt()).isEqualTo(2);
  }

  @Test
  void oneShotsThatNobodyHasAHandlerForAreToldOnce() {
    TickEngine engine = scene.engine(settings(), task("digest", PERIOD, ALL, run -> {}));
    Fence fence = scene.lead();
    engine.promoted(fence, Optional.empty());
    for (int index = 0; index < 3; index++) {
      OneShot work = OneShot.of("nobody", Json.EMPTY);
      scene.ledger().submit(scene.agent, List.of(new TaskStore.Submitted(UUID.randomUUID(), work)));
    }
    assertThat(engine.watch(fence)).isEmpty();

    pass(TickWatch.LEAST.plusSeconds(1));
    assertThat(engine.watch(fence)).contains("one-shots of handler nobody");
    assertThat(engine.watch(fence)).isEmpty();
  }

  private TickSettings settings() {
    return new TickSettings(
        null, 4, Duration.ofMillis(100), SILENCE, () -> System.nanoTime() + passed.get());
  }

  private void pass(Duration time) {
    clock.advance(time);
    passed.addAndGet(time.toNanos());
  }

  /** Makes the coordinator hang in the next question that it asks. */
  private void freeze(TickEngine engine) {
    freezes.set(true);
    engine.wake();
    Eventually.holds("the coordinator hangs", SOON, frozen::get);
    freezes.set(false);
  }

  /** Returns a ledger in which the coordinator hangs when it is told to, and nobody else. */
  private TaskStore freezing() {
    TaskStore real = scene.ledger();
    return (TaskStore)
        Proxy.newProxyInstance(
            TaskStore.class.getClassLoader(),
            new Class<?>[] {TaskStore.class},
            (self, method, arguments) -> {
              if (method.getName().equals("agenda") && freezes.get()) {
                frozen.set(true);
                thaw.await();
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw Objects.requireNonNull(e.getCause());
              }
            });
  }

  private Claimant member() {
    InstanceRecord instance =
        new InstanceRecord(
            InstanceId.random(),
            scene.agent,
            Version.parse("1.0.0"),
            "b".repeat(64),
            Optional.empty(),
            true,
            "host, pid 2");
    scene.faulty.instances().register(instance);
    return Claimant.member(scene.agent, instance.id());
  }

  private void claimAs(Claimant member, Instant tick) {
    TaskStore.Claiming claiming =
        new TaskStore.Claiming("shared", tick, tick, Optional.of(tick.plus(PERIOD)), 0);
    assertThat(scene.ledger().claim(member, List.of(claiming))).hasSize(1);
  }
}
