package io.selfupgrade.core.schedule;

import static io.selfupgrade.core.schedule.TickScene.SOON;
import static io.selfupgrade.core.schedule.TickScene.task;
import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStatus;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A new version that declares fewer tasks than the old one. */
@Timeout(60)
class DeclarationsTest {

  private static final Duration GRID = Duration.ofMillis(20);
  private static final TaskPolicy ALL = TaskPolicy.DEFAULT.missed(Missed.runAll());
  private static final Version NEXT = Version.parse("2.0.0");

  private final InMemoryStore store = new InMemoryStore(Clock.systemUTC());
  private final TickScene scene = new TickScene(store);
  private final AtomicInteger gone = new AtomicInteger();

  @AfterEach
  void closeEngines() {
    scene.close();
  }

  @Test
  void aTaskThatItDoesNotDeclareIsLeftAloneOnTrialAndFoundAsItWasOnTheWayBack() {
    TickEngine old = old();
    Fence first = scene.lead();
    old.promoted(first, Optional.empty());
    scene.awaitSucceeded("gone", 3);
    old.closeAdmission();
    old.drain(SOON);
    UUID upgrade = trial(first);
    Fence candidate = handOver(first, upgrade);
    TickEngine next = next();
    next.promoted(candidate, Optional.empty());
    int before = gone.get();
    scene.awaitSucceeded("kept", scene.runs("kept").size() + 20);

    assertThat(gone).as("its handler is there, but it is not declared").hasValue(before);
    assertThat(store.tasks().overdue(scene.agent, Duration.ofMillis(100))).isEmpty();
    assertThat(status().hindrance()).contains("version 2.0.0 does not declare it");
    next.demoted();

    old.promoted(scene.lead(), Optional.empty());
    scene.awaitSucceeded("gone", before + 20);
    assertThat(status().hindrance()).isEmpty();
    for (int tick = 1; tick < scene.runs("gone").size(); tick++) {
      assertThat(TickScene.due(scene.runs("gone")).get(tick))
          .as("no tick is lost")
          .isEqualTo(TickScene.due(scene.runs("gone")).get(tick - 1).plus(GRID));
    }
  }

  @Test
  void onceTheNewVersionIsConfirmedTheTaskIsRetiredAndItsLedgerStays() {
    TickEngine old = old();
    Fence first = scene.lead();
    old.promoted(first, Optional.empty());
    scene.awaitSucceeded("gone", 3);
    old.drain(SOON);
    UUID upgrade = trial(first);
    Fence candidate = handOver(first, upgrade);
    TickEngine next = next();
    next.promoted(candidate, Optional.empty());
    scene.awaitSucceeded("kept", scene.runs("kept").size() + 5);
    int runs = scene.runs("gone").size();

    assertThat(store.journal().look(upgrade, Version.parse("1.0.0"), Optional.empty())).isTrue();
    assertThat(store.journal().confirm(candidate, upgrade, Duration.ofHours(1))).isTrue();

    Eventually.holds("it cannot be run", SOON, () -> !store.tasks().runNow(scene.agent, "gone"));
    assertThat(status().hindrance()).contains("version 2.0.0 does not declare it");
    assertThat(scene.runs("gone")).hasSize(runs);
  }

  private TickEngine old() {
    return scene.engine(
        task("kept", GRID, ALL, run -> {}), task("gone", GRID, ALL, run -> gone.incrementAndGet()));
  }

  /** The handler is there still, for what is scheduled at run time. */
  private TickEngine next() {
    TickEngine engine =
        new TickEngine(
            scene.agent,
            scene.faulty.tasks(),
            new TickEngine.Work(
                List.of(task("kept", GRID, ALL, run -> {})),
                List.of(
                    new DeclaredHandler(
                        "gone", TaskPolicy.DEFAULT, run -> gone.incrementAndGet()))),
            scene.settings());
    scene.closeLater(engine);
    return engine;
  }

  private TaskStatus status() {
    return store.tasks().list(scene.agent, Optional.of("gone")).get(0);
  }

  private UUID trial(Fence fence) {
    UUID upgrade =
        store.journal().open(fence, Trigger.MANUAL, Version.parse("1.0.0")).orElseThrow().id();
    store.journal().target(fence, upgrade, new UpgradeRecord.Target(NEXT, "a".repeat(64)));
    move(fence, upgrade, UpgradePhase.OPEN, UpgradePhase.STAGED);
    move(fence, upgrade, UpgradePhase.STAGED, UpgradePhase.TRIAL);
    return upgrade;
  }

  private void move(Fence fence, UUID upgrade, UpgradePhase from, UpgradePhase to) {
    assertThat(store.journal().move(fence, upgrade, from, to, Optional.empty())).isTrue();
  }

  private Fence handOver(Fence old, UUID upgrade) {
    InstanceRecord candidate =
        new InstanceRecord(
            InstanceId.random(),
            scene.agent,
            NEXT,
            "b".repeat(64),
            Optional.of(upgrade),
            true,
            "host, pid 2");
    store.instances().register(candidate);
    Duration hour = Duration.ofHours(1);
    return store.journal().handOver(old, upgrade, candidate.id(), hour, hour).orElseThrow();
  }
}
