package io.selfupgrade;

import static io.selfupgrade.PlatformScene.NAME;
import static io.selfupgrade.PlatformScene.NEW;
import static io.selfupgrade.PlatformScene.OLD;
import static io.selfupgrade.PlatformScene.reasonOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.PlatformScene.Running;
import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Version;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryPlatform;
import io.selfupgrade.testkit.InMemoryPlatform.Mood;
import io.selfupgrade.upgrade.DeployResult;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.DeploymentStore.State;
import io.selfupgrade.upgrade.KeptUntil;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradeOutcome.Aborted;
import io.selfupgrade.upgrade.UpgradeOutcome.RolledBack;
import io.selfupgrade.upgrade.UpgradeOutcome.Upgraded;
import io.selfupgrade.upgrade.UpgradePhase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Upgrades that a platform carries out, while the old version lives; most of it is waiting. */
@Execution(ExecutionMode.CONCURRENT)
class DeployingTest {

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
  void aGoodVersionIsConfirmedAndTheOldOneLeavesByItself() throws Exception {
    Running old = scene.lead();
    scene.upgrade(old);

    assertThat(scene.outcome()).isEqualTo(new Upgraded(Version.parse(OLD), Version.parse(NEW)));

    assertThat(scene.store.journal().confirmedVersion(NAME)).contains(Version.parse(NEW));
    assertThat(scene.platform.accepted())
        .singleElement()
        .satisfies(one -> assertThat(one.id()).isEqualTo(scene.upgrade().id()));
    assertThat(scene.deployments()).containsExactly(State.DISPATCHED);
    assertThat(scene.steps(Event.NOT_APPLICABLE))
        .anySatisfy(detail -> assertThat(detail).startsWith("smoke check: memory brings"))
        .anySatisfy(detail -> assertThat(detail).contains("ships no migrations"));
    scene.awaitLeft(old);
    old.agent().awaitStop();
    assertThat(old.working()).hasValue(0);
    scene.awaitLeads(scene.newest());
  }

  @Test
  void aBadVersionIsTurnedBackFromAndTheOldOneThatWasKeptIsNotAskedFor() throws Exception {
    scene.bad.add(NEW);
    Running old = scene.lead();
    scene.upgrade(old);

    UpgradeOutcome outcome = scene.outcome();

    assertThat(outcome).isInstanceOf(RolledBack.class);
    assertThat(reasonOf(outcome).code()).isEqualTo(ReasonCode.CRITICAL_PATH_FAILED);
    scene.awaitLeads(old);
    Running failed = scene.running.get(1);
    scene.awaitLeft(failed);
    failed.agent().awaitStop();
    assertThat(scene.accepted()).as("1.0.0 never ended").containsExactly(NEW);
    assertThat(scene.store.journal().failedVersions(NAME)).hasSize(1);
    assertThat(scene.store.journal().confirmedVersion(NAME)).contains(Version.parse(OLD));
  }

  @Test
  void oneThatNeverComesUpIsGivenUpAndTheOldOneNeverStopped() throws Exception {
    scene.within(Duration.ofMillis(700)).platform.run(deployment -> {});
    Running old = scene.lead();
    long epoch = epoch();
    scene.upgrade(old);

    Aborted aborted = (Aborted) scene.outcome();

    assertThat(aborted.reason().code()).isEqualTo(ReasonCode.NOT_READY);
    assertThat(aborted.reason().message()).contains("memory/", "version(\"1.1.0\")");
    assertThat(aborted.retryable()).isTrue();
    assertThat(epoch()).isEqualTo(epoch);
    assertThat(old.working()).hasValue(1);
    assertThat(scene.accepted()).as("1.0.0 never ended").containsExactly(NEW);
  }

  @Test
  void aPlatformThatRefusesIsNamedAndNothingIsHeldAgainstTheVersion() throws Exception {
    scene.platform.be(Mood.REFUSES);
    Running old = scene.lead();
    scene.publish(NEW);
    for (int round = 1; round <= 4; round++) {
      old.agent().upgrades().request();
      int rows = round;
      Eventually.holds(
          "upgrade " + rows + " is over",
          SOON,
          () ->
              scene.store.journal().history(NAME, 10).size() == rows
                  && scene.upgrade().phase().isFinal());
    }

    Aborted aborted = (Aborted) scene.outcome();

    assertThat(aborted.reason().code()).isEqualTo(ReasonCode.PLATFORM_REFUSED);
    assertThat(aborted.reason().message()).contains("memory refused 1.1.0", "upgrade()");
    assertThat(scene.store.journal().failedVersions(NAME)).isEmpty();
    assertThat(scene.deployments()).containsOnly(State.FAILED);
    assertThat(old.working()).hasValue(1);
  }

  @Test
  void aPlatformThatIsAwayIsAskedForTheSameAgainUntilTheTimeIsOver() throws Exception {
    scene.within(Duration.ofMillis(700)).platform.be(Mood.AWAY);
    Running old = scene.lead();
    scene.upgrade(old);

    Aborted aborted = (Aborted) scene.outcome();

    assertThat(aborted.reason().code()).isEqualTo(ReasonCode.PLATFORM_UNAVAILABLE);
    assertThat(aborted.reason().message()).contains("cannot be reached");
    assertThat(aborted.retryable()).isTrue();
    assertThat(old.working()).hasValue(1);
  }

  @Test
  void anAnswerThatIsLostIsNoSecondDeployment() throws Exception {
    scene.platform.be(Mood.TAKES_SILENTLY);
    Running old = scene.lead();
    scene.upgrade(old);

    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);

    assertThat(scene.accepted()).containsExactly(NEW);
    assertThat(scene.steps(Event.PROGRESS))
        .anySatisfy(detail -> assertThat(detail).contains("gave no answer"));
  }

  @Test
  void aCandidateThatDiesIsTurnedBackFromAndNotHeldAgainstTheVersion() throws Exception {
    scene.probation(Duration.ofSeconds(4));
    Running old = scene.lead();
    scene.upgrade(old);
    scene.awaitPhase(UpgradePhase.HANDED_OVER);
    scene.awaitLeads(scene.newest());

    scene.newest().kill();

    UpgradeOutcome outcome = scene.outcome();
    assertThat(outcome).isInstanceOf(RolledBack.class);
    assertThat(reasonOf(outcome).code()).isEqualTo(ReasonCode.CANDIDATE_DIED);
    assertThat(((RolledBack) outcome).retryable()).isTrue();
    assertThat(scene.store.journal().failedVersions(NAME)).isEmpty();
    scene.awaitLeads(old);
  }

  @Test
  void aPlatformThatHangsIsGivenUpAndAskedForTheSameAgain() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    List<UUID> asked = new CopyOnWriteArrayList<>();
    scene.install(
        new SlowTarget(scene.platform, release, asked), how -> how.within(Duration.ofSeconds(20)));
    Running old = scene.lead();
    ((Agent) old.agent()).deployLimit(Duration.ofMillis(200));
    scene.upgrade(old);
    Eventually.holds("it is asked twice", SOON, () -> asked.size() > 1);
    release.countDown();

    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);

    assertThat(asked).containsOnly(scene.upgrade().id());
    assertThat(scene.accepted()).containsExactly(NEW);
    assertThat(scene.steps(Event.PROGRESS))
        .anySatisfy(detail -> assertThat(detail).contains("no answer within 200 ms"));
  }

  @Test
  void deployToCloudAsksTheSamePlatformExceptDuringAnUpgrade() throws Exception {
    scene.platform.run(deployment -> {});
    Running old = scene.lead();
    assertThat(old.agent().deployToCloud()).isInstanceOf(DeployResult.Dispatched.class);
    scene.upgrade(old);
    scene.awaitPhase(UpgradePhase.TRIAL);

    DeployResult.Refused refused = (DeployResult.Refused) old.agent().deployToCloud();

    assertThat(refused.reason().code()).isEqualTo(ReasonCode.UPGRADE_OPEN);
    Eventually.holds("both were taken", SOON, () -> scene.accepted().size() == 2);
    assertThat(scene.accepted()).containsExactly(OLD, NEW);
  }

  @Test
  void aPersonGoesBackToAVersionThatWasConfirmedBefore() throws Exception {
    scene.publish(OLD);
    Running old = scene.lead();
    scene.upgrade(old);
    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);
    Running current = scene.newest();
    scene.awaitLeads(current);
    scene.awaitLeft(old);

    current.agent().upgrades().rollback(Version.parse(OLD), "ada");
    Eventually.holds(
        "1.0.0 is confirmed",
        SOON,
        () -> scene.store.journal().confirmedVersion(NAME).equals(Optional.of(Version.parse(OLD))));

    assertThat(scene.upgrade().trigger()).isEqualTo(Trigger.ROLLBACK);
    assertThat(scene.accepted()).containsExactly(NEW, OLD);
    scene.awaitLeads(scene.newest());
    scene.awaitLeft(current);
  }

  @Test
  void aPlatformThatPromisesNothingIsAnInterruptionWithAName() throws Exception {
    InMemoryPlatform careless = new InMemoryPlatform();
    scene.install(careless, how -> how.allowing(KeptUntil.NEVER));
    Running old = scene.lead();
    careless.run(
        deployment -> {
          old.kill();
          scene.start(NEW);
        });
    scene.upgrade(old);

    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);

    assertThat(scene.steps(Event.INTERRUPTED))
        .singleElement()
        .satisfies(detail -> assertThat(detail).contains("may stop 1.0.0 before 1.1.0 starts"));
  }

  /** Takes what it is asked for, and does not answer before it is released. */
  private record SlowTarget(DeployTarget platform, CountDownLatch release, List<UUID> asked)
      implements DeployTarget {

    @Override
    public String name() {
      return platform.name();
    }

    @Override
    public KeptUntil keepsOldUntil() {
      return platform.keepsOldUntil();
    }

    @Override
    public String deploy(Deployment deployment) {
      asked.add(deployment.id());
      try {
        release.await();
      } catch (InterruptedException e) {
        throw new AdapterException("DeployTarget", "interrupted", true, e);
      }
      return platform.deploy(deployment);
    }
  }

  private long epoch() {
    return scene.store.leadership().read(NAME).orElseThrow().fence().epoch();
  }
}
