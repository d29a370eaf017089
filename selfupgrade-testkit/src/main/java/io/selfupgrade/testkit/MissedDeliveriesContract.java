package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.upgrade.MissedDeliveries;
import io.selfupgrade.upgrade.MissedDeliveries.Redelivered;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The obligations of {@link MissedDeliveries}, one test each.
 *
 * <p>An adapter's test extends this class and plays the sender.
 */
public abstract class MissedDeliveriesContract {

  /** Called by the adapter's test class. */
  protected MissedDeliveriesContract() {}

  /** Returns a new handle, as another process would have it. */
  protected abstract MissedDeliveries missed();

  /** Lets the sender know of so many deliveries that were received, and that were not. */
  protected abstract void sender(int received, int failed);

  /** Lets the sender be away. */
  protected abstract void senderIsAway();

  /** Returns how many deliveries the sender was asked for again. */
  protected abstract int askedAgain();

  /** Returns what must be told to nobody, such as a token; none: it has no secret. */
  protected abstract List<String> secrets();

  @Test
  void itsNameIsAlwaysTheSameAndTellsNoSecret() {
    assertThat(missed().name()).isNotBlank().isEqualTo(missed().name());
    assertNoSecret(missed().name() + missed());
  }

  @Test
  void whatFailedIsAskedForAndNothingElse() {
    sender(3, 2);

    assertThat(missed().redeliver()).isEqualTo(new Redelivered(5, 2, 2));

    assertThat(askedAgain()).isEqualTo(2);
  }

  @Test
  void whereNothingFailedNothingIsAskedFor() {
    sender(2, 0);

    assertThat(missed().redeliver()).isEqualTo(new Redelivered(2, 0, 0));
    assertThat(missed().redeliver()).isEqualTo(new Redelivered(2, 0, 0));

    assertThat(askedAgain()).isZero();
  }

  @Test
  void aSenderThatIsAwayIsAnErrorWithoutSecrets() {
    senderIsAway();

    AdapterException failure =
        catchThrowableOfType(AdapterException.class, () -> missed().redeliver());

    assertThat(failure).isNotNull();
    assertThat(failure.retryable()).isTrue();
    assertNoSecret(failure.toString());
    assertThat(askedAgain()).isZero();
  }

  private void assertNoSecret(String said) {
    assertThat(secrets()).allSatisfy(secret -> assertThat(said).doesNotContain(secret));
  }
}
