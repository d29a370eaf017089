package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.DeployState;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Deployment;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * The obligations of a {@link DeployTarget}, one test each.
 *
 * <p>An adapter's test extends this class and plays the platform.
 */
public abstract class DeployTargetContract {

  private static final Duration LONGEST = Duration.ofSeconds(60);

  /** Called by the adapter's test class. */
  protected DeployTargetContract() {}

  /** Returns a new handle on the target, as another process would have it. */
  protected abstract DeployTarget target();

  /** Sets what the platform does from now on. */
  protected abstract void platform(InMemoryPlatform.Mood does);

  /** Returns how many deployments the platform was made to run. */
  protected abstract int deployments();

  /** Returns what must be told to nobody, such as a token; none: it has no secret. */
  protected abstract List<String> secrets();

  /**
   * Plays the end of a deployment that was asked for.
   *
   * @param well whether it succeeded
   * @return false if the target does not say how deployments stand: the default
   */
  protected boolean end(Deployment deployment, boolean well) {
    return false;
  }

  @Test
  void itsNameIsAlwaysTheSameAndTellsNoSecret() {
    assertThat(target().name()).hasSizeBetween(1, 60).isEqualTo(target().name());
    assertNoSecret(target().name());
  }

  @Test
  void whatIsAcceptedCanBeFollowed() {
    String reference = target().deploy(deployment());

    assertThat(reference).isNotBlank();
    assertThat(deployments()).isEqualTo(1);
    assertNoSecret(reference);
  }

  @Test
  void theSameIsAskedForOnceByWhomever() {
    Deployment deployment = deployment();
    String first = target().deploy(deployment);

    assertThat(target().deploy(deployment)).isEqualTo(first);

    assertThat(deployments()).isEqualTo(1);
    target().deploy(deployment());
    assertThat(deployments()).isEqualTo(2);
  }

  @Test
  void anAnswerThatIsLostIsLookedForAndNotAskedForAgain() {
    Deployment deployment = deployment();
    platform(InMemoryPlatform.Mood.TAKES_SILENTLY);
    failure(deployment);
    platform(InMemoryPlatform.Mood.TAKES);

    assertThat(target().deploy(deployment)).isNotBlank();

    assertThat(deployments()).isEqualTo(1);
  }

  @Test
  void aRefusalIsFinal() {
    platform(InMemoryPlatform.Mood.REFUSES);

    assertThat(failure(deployment()).retryable()).isFalse();
    assertThat(deployments()).isZero();
  }

  @Test
  void aPlatformThatIsAwayMayComeBack() {
    platform(InMemoryPlatform.Mood.AWAY);

    assertThat(failure(deployment()).retryable()).isTrue();
    assertThat(deployments()).isZero();
  }

  @Test
  void whatItPromisesIsAlwaysTheSame() {
    DeployTarget before = target();
    target().deploy(deployment());

    assertThat(before.keepsOldUntil()).isNotNull().isEqualTo(target().keepsOldUntil());
    assertThat(before.durableHome()).isEqualTo(target().durableHome());
  }

  @Test
  void whatWasNeverAskedForIsNotKnown() {
    assertThat(state(deployment())).isInstanceOf(DeployState.Unknown.class);
    assertThat(deployments()).isZero();
  }

  @Test
  void whoeverAsksIsToldHowItStandsAndChangesNothing() {
    Deployment deployment = deployment();
    target().deploy(deployment);

    assertThat(state(deployment).over()).isFalse();
    assertThat(state(deployment).over()).isFalse();

    assertThat(deployments()).isEqualTo(1);
  }

  @Test
  void anEndIsToldAsOneToWhoeverAsks() {
    Deployment good = deployment();
    target().deploy(good);
    assumeTrue(end(good, true), "this target does not say how deployments stand");

    assertThat(state(good)).isInstanceOf(DeployState.Succeeded.class);

    Deployment bad = deployment();
    target().deploy(bad);
    end(bad, false);
    assertThat(state(bad)).isInstanceOf(DeployState.Failed.class);
    assertThat(deployments()).isEqualTo(2);
  }

  @Test
  void aPlatformThatIsAwayTellsNoEnd() {
    Deployment deployment = deployment();
    target().deploy(deployment);
    platform(InMemoryPlatform.Mood.AWAY);

    DeployState seen;
    try {
      seen = state(deployment);
    } catch (AdapterException e) {
      assertNoSecret(e.toString());
      seen = new DeployState.Unknown("away");
    }

    assertThat(seen.over()).isFalse();
  }

  private DeployState state(Deployment deployment) {
    long began = System.nanoTime();
    DeployState state = target().state(deployment);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(LONGEST);
    assertNoSecret(state.toString());
    return state;
  }

  private AdapterException failure(Deployment deployment) {
    DeployTarget target = target();
    long began = System.nanoTime();
    AdapterException failure =
        catchThrowableOfType(AdapterException.class, () -> target.deploy(deployment));
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(LONGEST);
    assertThat(failure).isNotNull();
    assertNoSecret(failure + " " + target);
    return failure;
  }

  private void assertNoSecret(String said) {
    assertThat(secrets()).allSatisfy(secret -> assertThat(said).doesNotContain(secret));
  }

  private static Deployment deployment() {
    return new Deployment(UUID.randomUUID(), new AgentName("bot"), Version.parse("1.4.0"));
  }
}
