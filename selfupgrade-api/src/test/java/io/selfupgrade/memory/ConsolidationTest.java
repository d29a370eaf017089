package io.selfupgrade.memory;

import static io.selfupgrade.memory.EmbeddingTest.refuses;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How memories are consolidated. */
class ConsolidationTest {

  @Test
  void eachPartIsSetApart() {
    Summarizer first = alike -> alike.get(0).memory().content();
    Consolidation how = Consolidation.DEFAULT.alike(0.9).summarizer(first);

    assertThat(how).isEqualTo(new Consolidation(3, 0.8, Optional.of(0.9), Optional.of(first)));
    assertThat(how.mergingNothing())
        .isEqualTo(new Consolidation(3, 0.8, Optional.empty(), Optional.of(first)));
    assertThat(Consolidation.DEFAULT.alike()).contains(0.95);
    assertThat(Consolidation.DEFAULT.summarizer()).isEmpty();
  }

  @Test
  void whatIsOutOfItsRangeIsRefusedByName() {
    refuses(() -> Consolidation.DEFAULT.alike(0.49), "alike 0.49", "0.5 to 1");
    refuses(() -> Consolidation.DEFAULT.alike(1.01), "alike 1.01");
    refuses(() -> Consolidation.DEFAULT.alike(Double.NaN), "alike NaN");
    refuses(() -> of(0, 0.5), "uses 0", "1 or more");
    refuses(() -> of(1, -0.1), "importance -0.1", "0 to 1");
    refuses(() -> of(1, 1.1), "importance 1.1");
    refuses(() -> of(1, Double.NaN), "importance NaN");
  }

  @Test
  void theLimitsAreTaken() {
    assertThat(of(1, 0).fromUses()).isEqualTo(1);
    assertThat(of(1, 1).alike(0.5).alike(1).alike()).contains(1.0);
  }

  private static Consolidation of(int uses, double importance) {
    return new Consolidation(uses, importance, Optional.empty(), Optional.empty());
  }
}
