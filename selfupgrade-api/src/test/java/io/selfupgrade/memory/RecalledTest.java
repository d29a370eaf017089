package io.selfupgrade.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Why a memory was found. */
class RecalledTest {

  private static final Remembered MEMORY =
      new Remembered(new UUID(1, 2), Memory.of("fact"), Instant.EPOCH, Optional.empty());

  @Test
  void whatWasFoundByWordsSaysWhich() {
    Recalled hit =
        new Recalled(MEMORY, 0.66, OptionalDouble.empty(), 2.0 / 3, Set.of("red", "green"));

    assertThat(hit.why()).isEqualTo("has green, red: 67 % of the words");
    assertThat(hit.foundBy()).isEqualTo(Ranking.Way.FULL_TEXT);
  }

  @Test
  void whatWasFoundByMeaningSaysHowNearItIs() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      Recalled hit = new Recalled(MEMORY, 0.9, OptionalDouble.of(0.8349), 0, Set.of());

      assertThat(hit.why()).isEqualTo("means something like it (0.83)");
      assertThat(hit.foundBy()).isEqualTo(Ranking.Way.VECTOR);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void whatWasFoundByBothSaysBoth() {
    Recalled hit = new Recalled(MEMORY, 0.9, OptionalDouble.of(-0.5), 1, Set.of("red"));

    assertThat(hit.why())
        .isEqualTo("means something like it (-0.50), and has red: 100 % of the words");
    assertThat(hit.foundBy()).isEqualTo(Ranking.Way.HYBRID);
  }
}
