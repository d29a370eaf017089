package io.selfupgrade;

import static io.selfupgrade.PlatformScene.NAME;
import static io.selfupgrade.PlatformScene.NEW;
import static io.selfupgrade.PlatformScene.OLD;
import static io.selfupgrade.PlatformScene.reasonOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.PlatformScene.Running;
import io.selfupgrade.agent.Version;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryPlatform;
import io.selfupgrade.upgrade.KeptUntil;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.UpgradeOutcome.RollbackFailed;
import io.selfupgrade.upgrade.UpgradeOutcome.Upgraded;
import io.selfupgrade.upgrade.UpgradePhase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Who comes up on a platform late, twice or never, and what becomes of it. */
@Execution(ExecutionMode.CONCURRENT)
class PlatformLateTest {

  private static final Duration SOON = PlatformScene.SOON;

  @TempDir Path root;
  private PlatformScene scene;

  @BeforeEach
  void makeScene() throws Exception {
    scene = new PlatformScene(root);
  }

  @AfterEach
  void close() {
    scene.close();
  }

  @Test
  void aCandidateThatTakesItsTimeIsWaitedFor() throws Exception {
    Running old = scene.lead();
    CompletableFuture<Running> candidate = new CompletableFuture<>();
    scene.platform.run(
        deployment ->
            candidate.completeAsync(
                () -> scene.start(NEW), CompletableFuture.delayedExecutor(11, TimeUnit.SECONDS)));
    scene.upgrade(old);

    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);

    assertThat(scene.accepted()).containsExactly(NEW);
    scene.awaitLeads(candidate.join());
  }

  @Test
  void oneThatComesUpAfterItsUpgradeWasGivenUpLeavesAndNeverLeads() throws Exception {
    scene.within(Duration.ofMillis(700)).platform.run(deployment -> {});
    Running old = scene.lead();
    scene.upgrade(old);
    assertThat(reasonOf(scene.outcome()).code()).isEqualTo(ReasonCode.NOT_READY);
    long epoch = epoch();

    Running late = scene.start(NEW);

    scene.awaitLeft(late);
    late.agent().awaitStop();
    assertThat(late.working()).hasValue(0);
    assertThat(epoch()).isEqualTo(epoch);
    assertThat(scene.accepted()).as("1.0.0 never ended").containsExactly(NEW);
    assertThat(scene.deployments()).hasSize(1);
    assertThat(old.working()).hasValue(1);
  }

  @Test
  void whereThePlatformMayHaveStoppedTheOldOneItIsAskedForItBeforeALateOneLeaves()
      throws Exception {
    InMemoryPlatform hasty = new InMemoryPlatform(KeptUntil.HEALTHY, false);
    scene.within(Duration.ofMillis(700));
    scene.install(hasty, how -> how.allowing(KeptUntil.HEALTHY).within(Duration.ofMillis(700)));
    hasty.run(deployment -> {});
    Running old = scene.lead();
    scene.upgrade(old);
    assertThat(reasonOf(scene.outcome()).code()).isEqualTo(ReasonCode.NOT_READY);

    Running late = scene.start(NEW);

    scene.awaitLeft(late);
    assertThat(hasty.accepted())
        .extracting(one -> one.version().toString())
        .containsExactly(NEW, OLD);
    assertThat(late.working()).hasValue(0);
  }

  @Test
  void oneThatComesUpLateAndAloneServesUnconfirmedUntilThePlatformHasBroughtTheConfirmedOne()
      throws Exception {
    scene.within(Duration.ofMillis(700)).platform.run(deployment -> {});
    Running old = scene.lead();
    scene.upgrade(old);
    assertThat(reasonOf(scene.outcome()).code()).isEqualTo(ReasonCode.NOT_READY);
    old.kill();
    scene.platform.run(deployment -> scene.start(deployment.version().toString()));

    Running late = scene.start(NEW);

    Eventually.holds("the platform is asked", SOON, () -> scene.accepted().contains(OLD));
    Eventually.holds("it was brought", SOON, () -> scene.newest().version().equals(OLD));
    scene.awaitLeads(scene.newest());
    scene.awaitLeft(late);
    assertThat(scene.store.journal().confirmedVersion(NAME)).contains(Version.parse(OLD));
    assertThat(scene.accepted()).containsExactly(NEW, OLD);
  }

  @Test
  void aConfirmedVersionThatEndsOnceMoreIsAskedForOnceMore() throws Exception {
    scene.within(Duration.ofMillis(700)).platform.run(deployment -> {});
    Running old = scene.lead();
    scene.upgrade(old);
    assertThat(reasonOf(scene.outcome()).code()).isEqualTo(ReasonCode.NOT_READY);
    old.kill();
    scene.platform.run(deployment -> scene.start(deployment.version().toString()));
    Running late = scene.start(NEW);
    Eventually.holds("it was brought", SOON, () -> scene.newest().version().equals(OLD));
    scene.awaitLeads(scene.newest());
    scene.awaitLeft(late);
    scene.newest().kill();

    Running again = scene.start(NEW);

    Eventually.holds("the platform is asked", SOON, () -> scene.accepted().size() == 3);
    assertThat(scene.accepted()).containsExactly(NEW, OLD, OLD);
    scene.awaitLeft(again);
  }

  @Test
  void anOverdueCandidateBesideAnOldVersionThatDoesNotJudgeGoesBackByItself() throws Exception {
    scene.limit(Duration.ofSeconds(3)).probation(Duration.ofSeconds(3));
    Running old = scene.lead();
    Running mute = scene.startMute(OLD);
    scene.upgrade(old);
    scene.awaitPhase(UpgradePhase.HANDED_OVER);
    old.kill();

    Eventually.holds("it asks for 1.0.0", SOON, () -> scene.accepted().contains(OLD));

    assertThat(reasonOf(scene.outcome()).code()).isEqualTo(ReasonCode.DEADLINE_PASSED);
    assertThat(scene.living(mute)).isTrue();
    scene.awaitLeads(scene.newest());
    assertThat(scene.newest().version()).isEqualTo(OLD);
    assertThat(scene.store.journal().failedVersions(NAME)).isEmpty();
  }

  @Test
  void aWayBackThatFailedAsksForTheOldVersion() throws Exception {
    scene.bad.add(NEW);
    Running old = scene.lead();
    scene.whenItIsAsked(OLD, old::kill);
    scene.upgrade(old);

    RollbackFailed failed = (RollbackFailed) scene.outcome();

    assertThat(failed.reason().message()).contains("1.0.0 is gone");
    Eventually.holds(
        "the platform is asked",
        SOON,
        () ->
            scene.steps(Event.PROGRESS).stream()
                .anyMatch(detail -> detail.contains("was asked for 1.0.0 again")));
    assertThat(scene.accepted()).containsExactly(NEW, OLD);
    scene.awaitLeads(scene.newest());
    assertThat(scene.newest().version()).isEqualTo(OLD);
  }

  private long epoch() {
    return scene.store.leadership().read(NAME).orElseThrow().fence().epoch();
  }
}
