package io.selfupgrade.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Json;
import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.schedule.OneShot;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.TaskHandler;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore.Submitted;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Claims of one-shots, by a coordinator that is driven. */
@Timeout(60)
class ShotsTest {

  private static final int THREADS = 2;
  private static final Duration POLL = Duration.ofSeconds(22);

  private final ManualClock clock = ManualClock.at(Instant.parse("2026-05-05T10:00:00Z"));
  private final TickScene scene = new TickScene(new InMemoryStore(clock));
  private final AtomicLong nanos = new AtomicLong(1);
  private final Admission admission = new Admission();
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicInteger begun = new AtomicInteger();
  private final ThreadPoolExecutor pool = Workers.pool(scene.agent, THREADS);

  @AfterEach
  void close() {
    release.countDown();
    pool.shutdown();
    scene.close();
  }

  @Test
  void whileAllThreadsAreBusyAnotherHandlersWorkIsNotClaimedAgainAndAgain() {
    Coordinator coordinator = coordinator();
    submit("slow", THREADS);
    turn(coordinator);
    Eventually.holds("all threads are busy", TickScene.SOON, () -> begun.get() == THREADS);
    submit("mail", 40);

    for (int second = 0; second < 60; second++) {
      admission.wake();
      turn(coordinator);
      pass(Duration.ofSeconds(1));
    }
    assertThat(attempts("mail")).as("claims in a minute").isLessThanOrEqualTo(THREADS);

    release.countDown();
    Eventually.holds(
        "all is done",
        TickScene.SOON,
        () -> {
          turn(coordinator);
          return ended("mail") == 40;
        });
  }

  @Test
  void whatWaitsForAThreadGoesBackAfterASecondThoughItsHandlerCouldHaveMore() {
    Coordinator coordinator = coordinator();
    submit("slow", THREADS);
    turn(coordinator);
    Eventually.holds("all threads are busy", TickScene.SOON, () -> begun.get() == THREADS);
    submit("mail", 1);
    admission.wake();
    turn(coordinator);

    assertThat(coordinator.turn().pause()).isLessThanOrEqualTo(Duration.ofSeconds(1));
  }

  /** Turns until there is nothing to do. */
  private static void turn(Coordinator coordinator) {
    for (int turns = 0; turns < 100; turns++) {
      if (!coordinator.turn().pause().isZero()) {
        return;
      }
    }
    throw new AssertionError("the coordinator turns and turns");
  }

  private Coordinator coordinator() {
    Handlers handlers =
        new Handlers(
            List.of(),
            List.of(
                handler(
                    "slow",
                    run -> {
                      begun.incrementAndGet();
                      release.await();
                    }),
                handler("mail", run -> {})));
    Runs runs = new Runs(scene.ledger(), handlers, admission, nanos::get);
    Workers workers = new Workers(pool, THREADS, runs::execute, admission);
    TickSettings settings = new TickSettings(pool, THREADS, POLL, Duration.ofHours(1), nanos::get);
    admission.begin(Claimant.primary(scene.lead()), Optional.empty());
    return new Coordinator(
        scene.agent,
        scene.ledger(),
        List.of(),
        settings,
        new Coordinator.Tools(admission, runs, workers, handlers));
  }

  private static DeclaredHandler handler(String name, TaskHandler code) {
    return new DeclaredHandler(name, TaskPolicy.DEFAULT, code);
  }

  private void submit(String handler, int number) {
    for (int index = 0; index < number; index++) {
      scene
          .ledger()
          .submit(
              scene.agent,
              List.of(new Submitted(UUID.randomUUID(), OneShot.of(handler, Json.EMPTY))));
    }
    admission.wake();
  }

  private void pass(Duration time) {
    clock.advance(time);
    nanos.addAndGet(time.toNanos());
  }

  private int attempts(String handler) {
    return scene.ledger().history(scene.agent, handler, 1_000).stream()
        .mapToInt(run -> run.claim().attempt())
        .sum();
  }

  private long ended(String handler) {
    return scene.ledger().history(scene.agent, handler, 1_000).stream()
        .filter(run -> run.state() == RunRecord.State.SUCCEEDED)
        .count();
  }
}
