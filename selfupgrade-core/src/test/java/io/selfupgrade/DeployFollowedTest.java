package io.selfupgrade;

import static io.selfupgrade.PlatformScene.NAME;
import static io.selfupgrade.PlatformScene.NEW;
import static io.selfupgrade.PlatformScene.OLD;
import static io.selfupgrade.PlatformScene.reasonOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.PlatformScene.Running;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryPlatform;
import io.selfupgrade.testkit.InMemoryPlatform.Mood;
import io.selfupgrade.upgrade.DeployState;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.KeptUntil;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradeOutcome.Aborted;
import io.selfupgrade.upgrade.UpgradeOutcome.RolledBack;
import io.selfupgrade.upgrade.UpgradeOutcome.Upgraded;
import io.selfupgrade.upgrade.UpgradePhase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What an upgrade makes of how its deployment stands on the platform. */
@Execution(ExecutionMode.CONCURRENT)
class DeployFollowedTest {

  private static final Duration SOON = PlatformScene.SOON;
  private static final DeployState FAILED =
      new DeployState.Failed(
          "run 7 ended as failure",
          Optional.of("deploy, step Start the image: failure"),
          "pulling bot:1.1.0\nno such image");

  @TempDir Path root;
  private PlatformScene scene;

  @BeforeEach
  void makeScene() throws Exception {
    scene = new PlatformScene(root);
    scene.within(Duration.ofSeconds(10));
  }

  @AfterEach
  void close() {
    scene.close();
  }

  @Test
  void aDeploymentThatFailedEndsTheUpgradeWithItsJobAndTheEndOfItsLog() throws Exception {
    scene.platform.run(deployment -> scene.platform.say(deployment.id(), FAILED));
    Running old = scene.lead();
    long epoch = epoch();
    scene.upgrade(old);

    Aborted aborted = (Aborted) scene.outcome();

    assertThat(aborted.reason().code()).isEqualTo(ReasonCode.PLATFORM_FAILED);
    assertThat(aborted.reason().message())
        .contains(
            "memory did not bring 1.1.0 up",
            "run 7 ended as failure (deploy, step Start the image: failure)",
            "the end of its log:\npulling bot:1.1.0\nno such image");
    assertThat(aborted.retryable()).isTrue();
    assertThat(scene.steps(Event.FAILED))
        .anySatisfy(detail -> assertThat(detail).startsWith("memory on 1.1.0: run 7 ended"));
    assertThat(scene.store.journal().failedVersions(NAME)).isEmpty();
    assertThat(epoch()).isEqualTo(epoch);
    assertThat(old.working()).hasValue(1);
  }

  @Test
  void oneThatIsNotReadyInTimeEndsWithWhatThePlatformSaidLast() throws Exception {
    scene.within(Duration.ofSeconds(2)).platform.run(deployment -> {});
    scene.upgrade(scene.lead());

    UpgradeOutcome outcome = scene.outcome();

    assertThat(reasonOf(outcome).code()).isEqualTo(ReasonCode.NOT_READY);
    assertThat(reasonOf(outcome).message())
        .contains("it says: memory/" + scene.upgrade().id() + " runs");
  }

  @Test
  void theThirdThatFailsInARowIsHeldAgainstTheVersion() throws Exception {
    scene.within(Duration.ofMillis(900));
    scene.platform.run(deployment -> scene.platform.say(deployment.id(), FAILED));
    Running old = scene.lead();
    scene.publish(NEW);
    for (int round = 1; round <= 3; round++) {
      old.agent().upgrades().request();
      int rows = round;
      Eventually.holds(
          "upgrade " + rows + " is over",
          SOON,
          () ->
              scene.store.journal().history(NAME, 10).size() == rows
                  && scene.upgrade().phase().isFinal());
      assertThat(reasonOf(scene.outcome()).code()).isEqualTo(ReasonCode.PLATFORM_FAILED);
    }

    assertThat(scene.store.journal().failedVersions(NAME)).hasSize(1);
  }

  @Test
  void whatTheDeploymentDoesIsToldAsItGoesAndNothingTwice() throws Exception {
    scene.platform.run(
        deployment ->
            scene.platform.say(
                deployment.id(), new DeployState.WaitingForApproval("run 7 waits for ada")));
    Running old = scene.lead();
    scene.upgrade(old);
    awaitTold("memory on 1.1.0: run 7 waits for ada");
    Deployment asked = scene.platform.accepted().get(0);
    int looks = scene.platform.looks();
    Eventually.holds("it asks on", SOON, () -> scene.platform.looks() > looks + 2);

    scene.platform.say(asked.id(), new DeployState.Running("run 7", List.of("deploy: pulling")));
    awaitTold("memory on 1.1.0: run 7 runs: deploy: pulling");
    scene.platform.say(asked.id(), new DeployState.Succeeded("run 7"));
    awaitTold("memory on 1.1.0: run 7 succeeded");
    scene.start(NEW);

    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);
    assertThat(told())
        .containsExactly(
            "memory on 1.1.0: run 7 waits for ada",
            "memory on 1.1.0: run 7 runs: deploy: pulling",
            "memory on 1.1.0: run 7 succeeded");
  }

  @Test
  void aPlatformThatDoesNotSaySoIsToldOnceAndKeepsNobody() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    scene.install(new Silent(scene.platform), how -> how.within(Duration.ofSeconds(10)));
    scene.platform.run(deployment -> started.countDown());
    Running old = scene.lead();
    scene.upgrade(old);
    started.await();
    awaitTold(
        "memory on 1.1.0: how it stands is not known: memory does not say how a deployment stands");

    scene.start(NEW);

    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);
    assertThat(told()).hasSize(1);
  }

  @Test
  void aPlatformThatHangsOrThrowsWhenItIsAskedKeepsNobody() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(3);
    scene.install(
        new Troubled(scene.platform, asked, release), how -> how.within(Duration.ofSeconds(10)));
    scene.platform.run(deployment -> {});
    Running old = scene.lead();
    ((Agent) old.agent()).deployLimit(Duration.ofMillis(100));
    scene.upgrade(old);
    asked.await();

    scene.start(NEW);

    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);
    assertThat(told())
        .anySatisfy(detail -> assertThat(detail).contains("how it stands is not known"))
        .noneSatisfy(detail -> assertThat(detail).contains("s3cret"));
    release.countDown();
  }

  @Test
  void anOldVersionThatIsStartedAgainFollowsTheSameDeploymentToItsFailure() throws Exception {
    Running old = scene.lead();
    scene.platform.run(deployment -> old.kill());
    scene.upgrade(old);
    Eventually.holds("the platform has heard", SOON, () -> !scene.accepted().isEmpty());
    Running again = scene.start(OLD);
    scene.awaitLeads(again);

    scene.platform.say(scene.upgrade().id(), FAILED);

    assertThat(reasonOf(scene.outcome()).code()).isEqualTo(ReasonCode.PLATFORM_FAILED);
    assertThat(scene.accepted()).containsExactly(NEW);
    assertThat(again.working()).hasValue(1);
  }

  @Test
  void aDeploymentWhoseAnswerWasLostIsFollowedAllTheSame() throws Exception {
    scene.platform.be(Mood.TAKES_SILENTLY);
    scene.platform.run(deployment -> scene.platform.say(deployment.id(), FAILED));
    Running old = scene.lead();
    scene.upgrade(old);

    assertThat(reasonOf(scene.outcome()).code()).isEqualTo(ReasonCode.PLATFORM_FAILED);

    assertThat(scene.accepted()).containsExactly(NEW);
  }

  @Test
  void theNewVersionFollowsToTheEndWhatTheOldOneAskedFor() throws Exception {
    scene.within(Duration.ofSeconds(30));
    Running old = scene.lead();
    scene.platform.run(
        deployment -> {
          old.kill();
          scene.start(NEW);
        });
    scene.upgrade(old);
    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);

    scene.platform.say(scene.upgrade().id(), new DeployState.Succeeded("run 7"));

    awaitTold("memory on 1.1.0: run 7 succeeded");
    int looks = scene.platform.looks();
    scene.awaitLeads(scene.newest());
    assertThat(scene.store.journal().steps(scene.upgrade().id()))
        .filteredOn(step -> step.detail().endsWith("run 7 succeeded"))
        .extracting(StepRecord::instance)
        .containsExactly(scene.newest().agent().instance());
    assertThat(scene.platform.looks()).isEqualTo(looks);
  }

  @Test
  void afterTheHandOverAFailureIsToldAndProbationDecides() throws Exception {
    scene.probation(Duration.ofSeconds(3));
    Running old = scene.lead();
    scene.upgrade(old);
    scene.awaitPhase(UpgradePhase.HANDED_OVER);

    scene.platform.say(scene.upgrade().id(), FAILED);

    assertThat(scene.outcome()).isInstanceOf(Upgraded.class);
    assertThat(scene.steps(Event.FAILED))
        .anySatisfy(detail -> assertThat(detail).startsWith("memory on 1.1.0: run 7 ended"));
  }

  @Test
  void theWayBackIsFollowedTooAndItsFailureTold() throws Exception {
    InMemoryPlatform hasty = new InMemoryPlatform(KeptUntil.HEALTHY, false);
    scene.install(hasty, how -> how.allowing(KeptUntil.HEALTHY).within(Duration.ofSeconds(10)));
    scene.bad.add(NEW);
    hasty.run(
        deployment -> {
          if (deployment.version().toString().equals(NEW)) {
            hasty.say(deployment.id(), new DeployState.Succeeded("run 7"));
            scene.start(NEW);
          } else {
            hasty.say(deployment.id(), FAILED);
          }
        });
    Running old = scene.lead();
    scene.upgrade(old);

    UpgradeOutcome outcome = scene.outcome();

    assertThat(outcome).isInstanceOf(RolledBack.class);
    awaitTold("memory on 1.0.0: run 7 ended as failure (deploy, step Start the image: failure)");
    scene.awaitLeads(old);
  }

  private List<String> told() {
    return scene.store.journal().history(NAME, 1).stream()
        .flatMap(row -> scene.store.journal().steps(row.id()).stream())
        .map(StepRecord::detail)
        .filter(detail -> detail.startsWith("memory on "))
        .toList();
  }

  private void awaitTold(String detail) {
    Eventually.holds(
        "told: " + detail, SOON, () -> told().stream().anyMatch(one -> one.startsWith(detail)));
  }

  private long epoch() {
    return scene.store.leadership().read(NAME).orElseThrow().fence().epoch();
  }

  /** Does not say how a deployment stands, which is the default. */
  private static class Silent implements DeployTarget {

    final InMemoryPlatform platform;

    Silent(InMemoryPlatform platform) {
      this.platform = platform;
    }

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
      return platform.deploy(deployment);
    }
  }

  /** Throws, then hangs whenever it is asked how a deployment stands. */
  private static final class Troubled extends Silent {

    private final CountDownLatch asked;
    private final CountDownLatch release;

    Troubled(InMemoryPlatform platform, CountDownLatch asked, CountDownLatch release) {
      super(platform);
      this.asked = asked;
      this.release = release;
    }

    @Override
    public DeployState state(Deployment deployment) {
      asked.countDown();
      if (asked.getCount() == 2) {
        throw new IllegalStateException("s3cret");
      }
      try {
        release.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return new DeployState.Succeeded("too late to be heard");
    }
  }
}
