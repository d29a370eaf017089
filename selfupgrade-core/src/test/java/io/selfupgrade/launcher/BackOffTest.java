package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackOffTest {
  private final BackOff backOff = new BackOff(Timings.DEFAULT);

  @Test
  void waitsOneSecondThenTwiceAsLongUpToThirty() {
    List<Long> seconds = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      seconds.add(backOff.ended(Duration.ofSeconds(29), 0).toSeconds());
    }

    assertThat(seconds).containsExactly(1L, 2L, 4L, 8L, 16L, 30L, 30L);
  }

  @Test
  void startsOverAfterAStableRunAndWhenItIsReset() {
    backOff.ended(Duration.ZERO, 0);
    backOff.ended(Duration.ZERO, 0);

    assertThat(backOff.ended(Duration.ofSeconds(30), 0)).isEqualTo(Duration.ofSeconds(1));
    assertThat(backOff.ended(Duration.ZERO, 0)).isEqualTo(Duration.ofSeconds(2));
    backOff.reset();
    assertThat(backOff.due(0)).isTrue();
    assertThat(backOff.ended(Duration.ZERO, 0)).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void isDueWhenItsTimeHasPassed() {
    assertThat(backOff.due(0)).isTrue();
    backOff.ended(Duration.ZERO, 5);

    assertThat(backOff.due(5)).isFalse();
    assertThat(backOff.due(5 + 999_999_999)).isFalse();
    assertThat(backOff.due(5 + 1_000_000_000)).isTrue();
  }
}
