package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.Role;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryPlatform;
import io.selfupgrade.testkit.InMemoryPlatform.Mood;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.DeployResult;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.DeploymentStore.Entry;
import io.selfupgrade.upgrade.DeploymentStore.State;
import io.selfupgrade.upgrade.ReasonCode;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Asking a platform to run the confirmed version. */
class CloudDoorTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final AgentName NAME = new AgentName("deployed");

  private final FaultyStore store = FaultyStore.around(new InMemoryStore(Clock.systemUTC()));
  private final InMemoryPlatform platform = new InMemoryPlatform();
  private final SelfUpgrade agent = builder().deployTo(platform).build();

  @AfterEach
  void close() {
    agent.close();
  }

  @Test
  void theConfirmedVersionIsAskedForAndJournalled() {
    lead();

    DeployResult.Dispatched end = (DeployResult.Dispatched) agent.deployToCloud();

    assertThat(end.deployment().version()).isEqualTo(Version.parse("1.4.0"));
    assertThat(platform.accepted()).containsExactly(end.deployment());
    assertThat(end.summary()).contains("memory was asked to run 1.4.0", end.reference());
    assertThat(history())
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.state()).isEqualTo(State.DISPATCHED);
              assertThat(entry.note()).isEqualTo(end.reference());
            });
  }

  @Test
  void anAnswerThatWasLostIsNotASecondDeployment() {
    lead();
    platform.be(Mood.TAKES_SILENTLY);
    DeployResult.Failed lost = (DeployResult.Failed) agent.deployToCloud();
    assertThat(lost.retryable()).isTrue();
    assertThat(history()).extracting(Entry::state).containsExactly(State.BEGUN);
    platform.be(Mood.TAKES);

    DeployResult.Dispatched end = (DeployResult.Dispatched) agent.deployToCloud();

    assertThat(end.deployment()).isEqualTo(lost.deployment());
    assertThat(platform.accepted()).hasSize(1);
    assertThat(history()).extracting(Entry::state).containsExactly(State.DISPATCHED);
  }

  @Test
  void aRefusalOfThePlatformIsRecorded() {
    lead();
    platform.be(Mood.REFUSES);

    DeployResult.Failed end = (DeployResult.Failed) agent.deployToCloud();

    assertThat(end.retryable()).isFalse();
    assertThat(end.summary()).contains("the platform refuses");
    assertThat(history()).extracting(Entry::state).containsExactly(State.FAILED);
  }

  @Test
  void whoMayNotDeployIsToldWhyAndNothingIsAsked() {
    assertThat(refusal()).isEqualTo(ReasonCode.NOT_PRIMARY);
    lead();
    agent.freeze("an audit");

    assertThat(refusal()).isEqualTo(ReasonCode.FROZEN);
    assertThat(((DeployResult.Refused) agent.deployToCloud()).summary())
        .contains("an audit", "unfreeze()");

    assertThat(platform.accepted()).isEmpty();
    assertThat(history()).isEmpty();
  }

  @Test
  void anAgentWithoutAVersionHasNothingToDeploy() {
    try (SelfUpgrade unversioned =
        SelfUpgrade.builder("unversioned").store(store).deployTo(platform).build()) {
      unversioned.start();
      Eventually.holds("it leads", SOON, () -> unversioned.role() == Role.PRIMARY);
      Eventually.holds(
          "it is refused for its version",
          SOON,
          () ->
              unversioned.deployToCloud() instanceof DeployResult.Refused refused
                  && refused.reason().code() == ReasonCode.UNVERSIONED);
    }
  }

  @Test
  void withoutAPlatformTheBuilderCallIsNamed() {
    try (SelfUpgrade nowhere = builder().build()) {
      assertThatThrownBy(nowhere::deployToCloud)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("deployTo(...)");
    }
  }

  @Test
  void aPlatformThatHangsIsGivenUpAndAskedForTheSameAgain() {
    Hanging hanging = new Hanging(true);
    try (SelfUpgrade waiting = builder().deployTo(hanging).build()) {
      ((Agent) waiting).deployLimit(Duration.ofMillis(200));
      lead(waiting);

      DeployResult.Failed given = (DeployResult.Failed) waiting.deployToCloud();

      assertThat(given.retryable()).isTrue();
      assertThat(given.why()).contains("no answer within 200 ms");
      assertThat(history()).extracting(Entry::state).containsExactly(State.BEGUN);
      assertThat(deploying()).isEmpty();
      hanging.release.countDown();
      DeployResult.Dispatched end = (DeployResult.Dispatched) waiting.deployToCloud();
      assertThat(end.deployment()).isEqualTo(given.deployment());
      assertThat(history()).extracting(Entry::state).containsExactly(State.DISPATCHED);
    }
  }

  @Test
  void aPlatformThatHeedsNoInterruptionIsNotAskedTwiceAtOnce() {
    Hanging hanging = new Hanging(false);
    try (SelfUpgrade waiting = builder().deployTo(hanging).build()) {
      ((Agent) waiting).deployLimit(Duration.ofMillis(200));
      lead(waiting);
      assertThat(waiting.deployToCloud()).isInstanceOf(DeployResult.Failed.class);

      DeployResult.Failed second = (DeployResult.Failed) waiting.deployToCloud();

      assertThat(second.why()).contains("still hangs");
      assertThat(second.retryable()).isTrue();
      assertThat(hanging.asked).hasValue(1);
      hanging.release.countDown();
      Eventually.holds(
          "it goes on", SOON, () -> waiting.deployToCloud() instanceof DeployResult.Dispatched);
    } finally {
      hanging.release.countDown();
    }
  }

  @Test
  void closeLetsGoOfWhoWaitsForAPlatform() throws Exception {
    Hanging hanging = new Hanging(true);
    SelfUpgrade waiting = builder().deployTo(hanging).build();
    try {
      lead(waiting);
      CompletableFuture<DeployResult> result =
          CompletableFuture.supplyAsync(waiting::deployToCloud);
      Eventually.holds("it is asked", SOON, () -> hanging.asked.get() == 1);

      waiting.close();

      DeployResult.Failed given = (DeployResult.Failed) result.get(20, TimeUnit.SECONDS);
      assertThat(given.why()).contains("closed");
      Eventually.holds("no thread is left", SOON, () -> deploying().isEmpty());
      assertThatThrownBy(waiting::deployToCloud).isInstanceOf(IllegalStateException.class);
    } finally {
      waiting.close();
    }
  }

  @Test
  void whatAnAdapterNeverShouldThrowTellsItsKindOnly() {
    DeployTarget wrong =
        new DeployTarget() {
          @Override
          public String name() {
            return "wrong";
          }

          @Override
          public String deploy(Deployment deployment) {
            throw new IllegalStateException("token s3cret");
          }
        };
    try (SelfUpgrade unlucky = builder().deployTo(wrong).build()) {
      lead(unlucky);

      DeployResult.Failed end = (DeployResult.Failed) unlucky.deployToCloud();

      assertThat(end.why()).contains("IllegalStateException").doesNotContain("s3cret");
      assertThat(history()).extracting(Entry::state).containsExactly(State.BEGUN);
    }
  }

  private static List<String> deploying() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.equals("selfupgrade-deployed-deploy"))
        .toList();
  }

  /** A platform that does not answer until it is released, or interrupted if it heeds that. */
  private static final class Hanging implements DeployTarget {
    final CountDownLatch release = new CountDownLatch(1);
    final AtomicInteger asked = new AtomicInteger();
    private final boolean heeds;

    Hanging(boolean heeds) {
      this.heeds = heeds;
    }

    @Override
    public String name() {
      return "hanging";
    }

    @Override
    public String deploy(Deployment deployment) {
      asked.incrementAndGet();
      while (release.getCount() > 0) {
        try {
          release.await();
        } catch (InterruptedException e) {
          if (heeds) {
            throw new AdapterException("DeployTarget", "interrupted", true, e);
          }
        }
      }
      return "https://example.org/run";
    }
  }

  private ReasonCode refusal() {
    return ((DeployResult.Refused) agent.deployToCloud()).reason().code();
  }

  private List<Entry> history() {
    return store.deployments().history(NAME, 10);
  }

  private void lead() {
    lead(agent);
  }

  private void lead(SelfUpgrade one) {
    one.start();
    Eventually.holds("it leads", SOON, () -> one.role() == Role.PRIMARY);
    Eventually.holds(
        "its version is confirmed", SOON, () -> store.journal().confirmedVersion(NAME).isPresent());
  }

  private SelfUpgradeBuilder builder() {
    return SelfUpgrade.builder(NAME.value()).version("1.4.0").store(store);
  }
}
