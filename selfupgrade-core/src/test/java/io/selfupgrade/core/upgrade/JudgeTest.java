package io.selfupgrade.core.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Json;
import io.selfupgrade.core.upgrade.UpgradeScene.Parts;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeRecord.Look;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the old version holds against a candidate that leads, and what not. */
class JudgeTest {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final TaskConfig TICK =
      new TaskConfig("tick", Schedule.every(SECOND), TaskPolicy.DEFAULT, Json.of("{}"));

  @TempDir Path root;
  private UpgradeScene scene;
  private Parts parts;
  private Judge judge;
  private Fence candidate;
  private Instant next;

  @BeforeEach
  void handOverWithTicksThatWereMissed() throws Exception {
    scene = new UpgradeScene(root);
    parts = scene.parts();
    scene.store.tasks().upsert(scene.side.fence, TICK);
    assertThat(scene.store.tasks().declare(scene.side.fence, Set.of("tick"))).isPresent();
    next = scene.clock.instant();
    assertThat(scene.store.tasks().plan(scene.side.fence, "tick", next)).isTrue();
    scene.clock.advance(Duration.ofMinutes(1));
    candidate = scene.handOver(scene.install("1.1.0"));
    scene.store.instances().ready(candidate);
    judge =
        new Judge(
            parts.situation(),
            parts.pipeline().installer(),
            () -> scene.clock.instant().toEpochMilli() * 1_000_000L);
  }

  @Test
  void ticksThatWereMissedBeforeItLedAreNotHeldAgainstOneThatWorksThemOff() {
    for (int second = 0; second < 20; second++) {
      run();
      pass(SECOND);
    }

    assertThat(look()).hasValueSatisfying(look -> assertThat(look.passed()).isTrue());
    assertThat(phase()).isEqualTo(UpgradePhase.HANDED_OVER);
  }

  @Test
  void oneWhoseTicksStandStillIsTurnedBackFrom() {
    for (Duration passed = Duration.ZERO;
        passed.compareTo(GRACE) < 0;
        passed = passed.plus(SECOND)) {
      assertThat(phase()).isEqualTo(UpgradePhase.HANDED_OVER);
      pass(SECOND);
    }
    pass(SECOND);

    assertThat(phase()).isEqualTo(UpgradePhase.ROLLING_BACK);
    assertThat(parts.newest().decision().reason().orElseThrow().code())
        .isEqualTo(ReasonCode.TICKS_LATE);
  }

  @Test
  void aTaskThatTheCandidateDoesNotDeclareIsNotHeldAgainstIt() {
    assertThat(scene.store.tasks().declare(candidate, Set.of())).isPresent();
    for (int second = 0; second < 20; second++) {
      pass(SECOND);
    }

    assertThat(phase()).isEqualTo(UpgradePhase.HANDED_OVER);
    assertThat(look()).hasValueSatisfying(look -> assertThat(look.passed()).isTrue());
  }

  @Test
  void whatWasMissedWhileNobodyCouldLookIsNotHeldAgainstIt() {
    for (int second = 0; second < 10; second++) {
      run();
      pass(SECOND);
    }

    pass(Duration.ofMinutes(1));

    assertThat(phase()).isEqualTo(UpgradePhase.HANDED_OVER);
    run();
    for (int second = 0; second < 6; second++) {
      run();
      pass(SECOND);
    }
    assertThat(look()).hasValueSatisfying(look -> assertThat(look.passed()).isTrue());
  }

  @Test
  void aFreezeDuringProbationGoesBackAndIsNotHeldAgainstTheVersion() throws Exception {
    scene.store.journal().freeze(UpgradeScene.AGENT, "holidays");

    judge.look(parts.newest());

    assertThat(phase()).isEqualTo(UpgradePhase.ROLLING_BACK);
    Recovery recovery =
        new Recovery(
            parts.situation(),
            parts.pipeline(),
            new Probation(parts.situation(), probes(), System::nanoTime),
            probes(),
            WayBack.in(parts.situation()));
    recovery.afterWork(scene.side.fence);
    UpgradeOutcome outcome = parts.newest().outcome().orElseThrow();
    assertThat(outcome).isInstanceOf(UpgradeOutcome.RolledBack.class);
    assertThat(UpgradeScene.reasonOf(outcome).code()).isEqualTo(ReasonCode.FROZEN);
    assertThat(((UpgradeOutcome.RolledBack) outcome).retryable()).isTrue();
    assertThat(scene.store.journal().failedVersions(UpgradeScene.AGENT)).isEmpty();
  }

  private static ProbeRunner probes() {
    return new ProbeRunner(new Checks(Map.of(), Map.of(), List.of()), "probes");
  }

  /** Runs the tick that is due first. */
  private void run() {
    Instant due = next;
    next = due.plus(SECOND);
    RunClaim claim =
        scene
            .store
            .tasks()
            .claim(candidate, new TaskStore.Claiming("tick", due, due, Optional.of(next), 0))
            .orElseThrow();
    assertThat(scene.store.tasks().finish(claim, Optional.empty())).isTrue();
  }

  /** Lets time pass, the candidate find itself in order, and the old version look. */
  private void pass(Duration time) {
    scene.clock.advance(time);
    UpgradeRecord upgrade = parts.newest();
    scene.store.journal().selfCheck(candidate, upgrade.id(), Optional.empty());
    judge.look(upgrade);
  }

  private Optional<Look> look() {
    return parts.newest().trial().orElseThrow().look();
  }

  private UpgradePhase phase() {
    return parts.newest().phase();
  }
}
