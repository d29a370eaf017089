package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EventuallyTest {

  @Test
  void returnsAsSoonAsThereIsAValue() {
    AtomicInteger asked = new AtomicInteger();

    int value =
        Eventually.present(
            "the third answer",
            Duration.ofSeconds(10),
            () -> asked.incrementAndGet() == 3 ? Optional.of(asked.get()) : Optional.empty());

    assertThat(value).isEqualTo(3);
  }

  @Test
  void failsAfterTheTimeAndSaysWhatWasWaitedFor() {
    assertThatThrownBy(() -> Eventually.holds("pigs fly", Duration.ofMillis(20), () -> false))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("pigs fly");
  }

  @Test
  void failsWhenTheThreadIsInterruptedAndKeepsTheFlag() {
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> Eventually.holds("pigs fly", Duration.ofMinutes(5), () -> false))
        .isInstanceOf(AssertionError.class);

    assertThat(Thread.interrupted()).isTrue();
  }
}
