package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.Role;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryPlatform;
import io.selfupgrade.testkit.InMemoryPlatform.Mood;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.DeployResult;
import io.selfupgrade.upgrade.DeploymentStore.Entry;
import io.selfupgrade.upgrade.DeploymentStore.State;
import io.selfupgrade.upgrade.ReasonCode;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
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

  private ReasonCode refusal() {
    return ((DeployResult.Refused) agent.deployToCloud()).reason().code();
  }

  private List<Entry> history() {
    return store.deployments().history(NAME, 10);
  }

  private void lead() {
    agent.start();
    Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);
    Eventually.holds(
        "its version is confirmed", SOON, () -> store.journal().confirmedVersion(NAME).isPresent());
  }

  private SelfUpgradeBuilder builder() {
    return SelfUpgrade.builder(NAME.value()).version("1.4.0").store(store);
  }
}
