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
import io.selfupgrade.testkit.InMemoryPlatform.Mood;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.DeploymentStore.State;
import io.selfupgrade.upgrade.KeptUntil;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradeOutcome.Aborted;
import io.selfupgrade.upgrade.UpgradeOutcome.RollbackFailed;
import io.selfupgrade.upgrade.UpgradeOutcome.RolledBack;
import io.selfupgrade.upgrade.UpgradeOutcome.Upgraded;
import io.selfupgrade.upgrade.UpgradePhase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Upgrades that a platform carries out, of which a part is gone; most of it is waiting. */
@Execution(ExecutionMode.CONCURRENT)
class DeployedAloneTest {

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
  void theNewVersionGoesOnAloneWhenTheOldOneDiesAfterItHasAsked() throws Exception {
    Running old = scene.lead();
    scene.platform.run(deployment -> killAndStart(old, deployment));
    scene.upgrade(old);

    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);

    assertThat(scene.steps(Event.PROGRESS))
        .anySatisfy(detail -> assertThat(detail).contains("goes on with its trial alone"));
    assertThat(scene.accepted()).containsExactly(NEW);
    scene.awaitLeads(scene.newest());
  }

  @Test
  void anOldVersionThatWakesUpAfterThatChangesNothingAndLeaves() throws Exception {
    scene.probation(Duration.ofSeconds(2));
    Running old = scene.lead();
    scene.platform.run(deployment -> killAndStart(old, deployment));
    scene.upgrade(old);
    scene.awaitPhase(UpgradePhase.HANDED_OVER);
    Running candidate = scene.newest();
    scene.awaitLeads(candidate);
    long epoch = epoch();

    old.store().comeBack();

    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);
    assertThat(epoch()).isEqualTo(epoch);
    scene.awaitLeft(old);
    assertThat(old.working()).hasValue(0);
    assertThat(scene.accepted()).containsExactly(NEW);
    assertThat(candidate.working()).hasValue(1);
  }

  @Test
  void anOldVersionThatIsStartedAgainGoesOnWithTheSameQuestion() throws Exception {
    Running old = scene.lead();
    scene.platform.run(deployment -> old.kill());
    scene.upgrade(old);
    Eventually.holds("the platform has heard", SOON, () -> !scene.accepted().isEmpty());

    Running again = scene.start(OLD);
    scene.awaitLeads(again);
    assertThat(scene.upgrade().phase()).isEqualTo(UpgradePhase.TRIAL);
    Running candidate = scene.start(NEW);

    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);
    assertThat(scene.accepted()).containsExactly(NEW);
    scene.awaitLeads(candidate);
    scene.awaitLeft(again);
  }

  @Test
  void anOldVersionThatIsStoppedMeanwhileLeavesTheUpgradeToTheNewOne() throws Exception {
    Running old = scene.lead();
    scene.platform.run(deployment -> {});
    scene.upgrade(old);
    Eventually.holds("the platform has heard", SOON, () -> !scene.accepted().isEmpty());

    old.agent().stop();

    assertThat(scene.upgrade().phase()).isEqualTo(UpgradePhase.TRIAL);
    scene.start(NEW);
    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);
    assertThat(scene.steps(Event.PROGRESS))
        .anySatisfy(detail -> assertThat(detail).contains("whoever leads next goes on"));
  }

  @Test
  void probationGoesOnWhenTheOldVersionDiesInIt() throws Exception {
    scene.probation(Duration.ofSeconds(2));
    Running old = scene.lead();
    scene.upgrade(old);
    scene.awaitPhase(UpgradePhase.HANDED_OVER);

    old.kill();

    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);
    scene.awaitLeads(scene.newest());
  }

  @Test
  void aBadVersionWhoseOldOneIsGoneServesUntilThePlatformHasBroughtThatBack() throws Exception {
    scene.bad.add(NEW);
    Running old = scene.lead();
    scene.platform.run(deployment -> killAndStart(old, deployment));
    scene.upgrade(old);

    UpgradeOutcome outcome = scene.outcome();

    assertThat(outcome).isInstanceOf(RolledBack.class);
    assertThat(reasonOf(outcome).code()).isEqualTo(ReasonCode.CRITICAL_PATH_FAILED);
    assertThat(scene.accepted()).containsExactly(NEW, OLD);
    Running back = scene.newest();
    assertThat(back.version()).isEqualTo(OLD);
    scene.awaitLeads(back);
    scene.awaitLeft(scene.running.get(1));
    assertThat(scene.store.journal().failedVersions(NAME)).hasSize(1);
  }

  @Test
  void aWayBackThatThePlatformRefusesSaysWhatRunsNow() throws Exception {
    scene.bad.add(NEW);
    Running old = scene.lead();
    scene.platform.run(
        deployment -> {
          killAndStart(old, deployment);
          scene.platform.be(Mood.REFUSES);
        });
    scene.upgrade(old);

    RollbackFailed failed = (RollbackFailed) scene.outcome();

    assertThat(failed.running()).isEqualTo(Version.parse(NEW));
    assertThat(failed.reason().code()).isEqualTo(ReasonCode.PLATFORM_REFUSED);
    assertThat(failed.reason().message())
        .contains("\"answers\" failed", "1.0.0 could not be brought back", "deploy it by hand");
    Running serving = scene.newest();
    scene.awaitLeads(serving);
    assertThat(scene.store.journal().confirmedVersion(NAME)).contains(Version.parse(OLD));

    Running back = scene.start(OLD);
    scene.awaitLeads(back);
    Eventually.holds("the other stands by", SOON, () -> serving.working().get() == 0);
  }

  @Test
  void anOldVersionThatIsAskedForAndNeverComesIsAWayBackThatFailed() throws Exception {
    scene.bad.add(NEW);
    scene.within(Duration.ofSeconds(2));
    Running old = scene.lead();
    scene.platform.run(
        deployment -> {
          if (deployment.version().equals(Version.parse(NEW))) {
            killAndStart(old, deployment);
          }
        });
    scene.upgrade(old);

    RollbackFailed failed = (RollbackFailed) scene.outcome();

    assertThat(failed.running()).isEqualTo(Version.parse(NEW));
    assertThat(failed.reason().code()).isEqualTo(ReasonCode.NOT_READY);
    assertThat(scene.accepted()).containsExactly(NEW, OLD);
    scene.awaitLeads(scene.newest());
  }

  @Test
  void aCandidateThatIsStartedAgainGoesOnWithItsTrial() throws Exception {
    scene.probation(Duration.ofSeconds(2));
    Running old = scene.lead();
    scene.upgrade(old);
    scene.awaitPhase(UpgradePhase.HANDED_OVER);
    Running first = scene.newest();
    scene.awaitLeads(first);
    old.kill();
    first.kill();

    Running second = scene.start(NEW);

    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);
    scene.awaitLeads(second);
  }

  @Test
  void anOldVersionThatThePlatformStartsAgainLaterServesOnlyUntilTheConfirmedOneIsBack()
      throws Exception {
    Running old = scene.lead();
    scene.upgrade(old);
    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);
    Running confirmed = scene.newest();
    scene.awaitLeads(confirmed);
    Running stale = scene.start(OLD);

    confirmed.kill();
    scene.awaitLeads(stale);

    assertThat(scene.store.journal().confirmedVersion(NAME)).contains(Version.parse(NEW));
    confirmed.store().comeBack();
    scene.awaitLeads(confirmed);
    Eventually.holds("the other stands by", SOON, () -> stale.working().get() == 0);
  }

  @Test
  void aVersionThatAPersonWentBackFromServesOnlyUntilTheOlderOneIsBack() throws Exception {
    scene.publish(OLD);
    Running first = scene.lead();
    scene.upgrade(first);
    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);
    Running newer = scene.newest();
    scene.awaitLeads(newer);
    scene.awaitLeft(first);
    newer.agent().upgrades().rollback(Version.parse(OLD), "ada");
    scene.awaitLeft(newer);
    Running older = scene.newest();
    scene.awaitLeads(older);
    Running stale = scene.start(NEW);

    older.kill();
    scene.awaitLeads(stale);

    assertThat(scene.store.journal().confirmedVersion(NAME)).contains(Version.parse(OLD));
    older.store().comeBack();
    scene.awaitLeads(older);
    Eventually.holds("the other stands by", SOON, () -> stale.working().get() == 0);
  }

  @Test
  void aVersionThatThePlatformRefusedAndAPersonDeploysIsConfirmed() throws Exception {
    scene.platform.be(Mood.REFUSES);
    Running old = scene.lead();
    scene.upgrade(old);
    assertThat(scene.outcome()).isInstanceOf(Aborted.class);
    Running byHand = scene.start(NEW);

    old.kill();

    scene.awaitLeads(byHand);
    Eventually.holds(
        "1.1.0 is confirmed",
        SOON,
        () -> scene.store.journal().confirmedVersion(NAME).equals(Optional.of(Version.parse(NEW))));
  }

  @Test
  void aBadVersionStaysUntilAPlatformThatMayStopTheOldOneWasAskedForIt() throws Exception {
    InMemoryPlatform hasty = new InMemoryPlatform(KeptUntil.HEALTHY, false);
    scene.install(hasty, how -> how.allowing(KeptUntil.HEALTHY));
    scene.bad.add(NEW);
    hasty.run(deployment -> startAndFallSilent(hasty, deployment));
    Running old = scene.lead();
    scene.upgrade(old);
    assertThat(scene.outcome()).isInstanceOf(RolledBack.class);
    Running failed = scene.newest();
    CompletableFuture<Void> left = new CompletableFuture<>();
    Thread host = new Thread(() -> awaitStop(failed, left));
    host.start();
    scene.awaitLeads(old);
    assertThat(left).as("nobody is left if the platform stops 1.0.0 now").isNotDone();

    hasty.run(deployment -> scene.start(deployment.version().toString()));
    hasty.be(Mood.TAKES);

    Eventually.holds("1.1.0 has left", SOON, left::isDone);
    assertThat(hasty.accepted()).hasSize(2);
    host.join();
  }

  private static void awaitStop(Running one, CompletableFuture<Void> left) {
    try {
      one.agent().awaitStop();
      left.complete(null);
    } catch (InterruptedException e) {
      left.completeExceptionally(e);
    }
  }

  private void startAndFallSilent(InMemoryPlatform platform, Deployment deployment) {
    scene.start(deployment.version().toString());
    platform.be(Mood.AWAY);
  }

  @Test
  void aFreezeWhileThePlatformWorksAbortsAndTheNewVersionLeaves() throws Exception {
    Running old = scene.lead();
    scene.platform.run(
        deployment -> {
          scene.store.journal().freeze(NAME, "an audit");
          if (deployment.version().equals(Version.parse(NEW))) {
            scene.start(NEW);
          }
        });
    scene.upgrade(old);

    Aborted aborted = (Aborted) scene.outcome();

    assertThat(aborted.reason().code()).isEqualTo(ReasonCode.FROZEN);
    assertThat(aborted.retryable()).isTrue();
    scene.awaitLeft(scene.running.get(1));
    assertThat(scene.deployments()).containsExactly(State.DISPATCHED);
    assertThat(old.working()).hasValue(1);
  }

  @Test
  void aFreezeWhileTheOldVersionIsGoneBringsThatBack() throws Exception {
    Running old = scene.lead();
    scene.platform.run(
        deployment -> {
          scene.store.journal().freeze(NAME, "an audit");
          killAndStart(old, deployment);
        });
    scene.upgrade(old);

    Aborted aborted = (Aborted) scene.outcome();

    assertThat(aborted.reason().code()).isEqualTo(ReasonCode.FROZEN);
    Eventually.holds("the platform knows", SOON, () -> scene.accepted().contains(OLD));
    Running back = scene.newest();
    scene.awaitLeads(back);
    assertThat(back.version()).isEqualTo(OLD);
    assertThat(scene.store.journal().confirmedVersion(NAME)).contains(Version.parse(OLD));
  }

  @Test
  void aFreezeInProbationGoesBackAndIsNotHeldAgainstTheVersion() throws Exception {
    scene.probation(Duration.ofSeconds(4));
    Running old = scene.lead();
    scene.upgrade(old);
    scene.awaitPhase(UpgradePhase.HANDED_OVER);

    scene.store.journal().freeze(NAME, "an audit");

    UpgradeOutcome outcome = scene.outcome();
    assertThat(outcome).isInstanceOf(RolledBack.class);
    assertThat(reasonOf(outcome).code()).isEqualTo(ReasonCode.FROZEN);
    assertThat(scene.store.journal().failedVersions(NAME)).isEmpty();
    scene.awaitLeads(old);
  }

  private void killAndStart(Running old, Deployment deployment) {
    old.kill();
    scene.start(deployment.version().toString());
  }

  private long epoch() {
    return scene.store.leadership().read(NAME).orElseThrow().fence().epoch();
  }
}
