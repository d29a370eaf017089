package io.selfupgrade.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryTest {

  @ParameterizedTest
  @CsvSource({"1, PT1S", "2, PT2S", "3, PT4S", "9, PT4M16S", "10, PT5M", "100, PT5M"})
  void thePauseDoublesUpToTheLongest(int failed, Duration pause) {
    assertThat(Retry.upTo(100).pause(failed)).isEqualTo(pause);
  }

  @Test
  void aRunIsSetAsideAfterThatManyFailures() {
    assertThat(Retry.upTo(3).exhausted(2)).isFalse();
    assertThat(Retry.upTo(3).exhausted(3)).isTrue();
    assertThat(Retry.NONE.exhausted(1)).isTrue();
    assertThat(Retry.upTo(2).pauses(Duration.ZERO, Duration.ZERO).pause(5)).isZero();
  }

  @Test
  void partsThatAreNotUsableAreNamed() {
    Duration second = Duration.ofSeconds(1);
    assertThatThrownBy(() -> Retry.upTo(0)).hasMessageContaining("failures 0: expected 1 to 100");
    assertThatThrownBy(() -> Retry.upTo(3).pauses(second, Duration.ZERO))
        .hasMessageContaining("longest pause PT0S");
    assertThatThrownBy(() -> Retry.upTo(3).pauses(second.negated(), second))
        .hasMessageContaining("first pause PT-1S");
    assertThatThrownBy(() -> TaskPolicy.DEFAULT.deadline(Duration.ZERO))
        .hasMessageContaining("deadline PT0S");
    assertThatThrownBy(() -> TaskPolicy.DEFAULT.jitter(Duration.ofDays(2)))
        .hasMessageContaining("jitter PT48H");
  }
}
