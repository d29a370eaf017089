package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class VersionOrderTest {
  private static final List<String> SORTED =
      List.of(
          "0.9.12",
          "1.0.0-alpha",
          "1.0.0-alpha.1",
          "1.0.0-alpha.beta",
          "1.0.0-beta.2",
          "1.0.0-beta.11",
          "1.0.0",
          "1.0.0+build.2",
          "1.9.0",
          "1.10.0",
          "1.10.0.1",
          "20260101.7",
          "100000000000000000000.0",
          "nightly");

  @Test
  void ordersNumbersAsNumbersAndPreReleasesFirst() {
    for (int seed = 0; seed < 20; seed++) {
      List<String> shuffled = new ArrayList<>(SORTED);
      Collections.shuffle(shuffled, new Random(seed));

      shuffled.sort(VersionOrder.OLDEST_FIRST);

      assertThat(shuffled).as("seed %s", seed).isEqualTo(SORTED);
    }
  }
}
