package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RunIdsTest {

  private final ManualClock clock = ManualClock.at(Instant.parse("2026-05-05T10:00:00.123Z"));
  private final RunIds ids = new RunIds(clock);

  @Test
  void idsRiseWhateverTheClockDoes() {
    List<String> texts = new ArrayList<>();
    for (int index = 0; index < 10_000; index++) {
      texts.add(ids.next().toString());
      if (index % 1_000 == 0) {
        clock.advance(Duration.ofMillis(index % 2_000 == 0 ? 5 : -7));
      }
    }

    assertThat(texts).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void anIdSaysWhatItIsAndWhen() {
    UUID id = ids.next();

    assertThat(id.version()).isEqualTo(7);
    assertThat(id.variant()).isEqualTo(2);
    assertThat(id.getMostSignificantBits() >>> 16).isEqualTo(clock.millis());
  }
}
