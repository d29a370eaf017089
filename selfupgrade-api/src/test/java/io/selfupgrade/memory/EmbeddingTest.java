package io.selfupgrade.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Vectors. */
class EmbeddingTest {

  @Test
  void aVectorIsAValueAndCannotBeChanged() {
    float[] values = {3, 4};
    Embedding vector = Embedding.of("e5", values);
    values[0] = 5;
    vector.values()[1] = 6;

    assertThat(vector.values()).containsExactly(3, 4);
    assertThat(vector).isEqualTo(Embedding.of("e5", 3, 4)).hasToString("e5/2");
    assertThat(vector).hasSameHashCodeAs(Embedding.of("e5", 3, 4));
    assertThat(vector).isNotEqualTo(Embedding.of("e6", 3, 4)).isNotEqualTo(of(3, 5));
    assertThat(vector.model()).isEqualTo("e5");
    assertThat(vector.dimension()).isEqualTo(2);
  }

  @Test
  void theCosineIsThatOfTheAngle() {
    assertThat(of(1, 0).cosine(of(5, 0))).isEqualTo(1);
    assertThat(of(1, 0).cosine(of(0, 2))).isZero();
    assertThat(of(1, 0).cosine(of(-3, 0))).isEqualTo(-1);
    assertThat(of(3, 4).cosine(of(4, 3))).isCloseTo(0.96, within(1e-12));
    assertThat(of(1e-20f, 1e-20f).cosine(of(1e20f, 1e20f))).isCloseTo(1, within(1e-12));
    float third = 1f / 3;
    assertThat(of(third, third, third).cosine(of(third, third, third))).isLessThanOrEqualTo(1);
  }

  @Test
  void vectorsOfOtherModelsOrLengthsDoNotCompare() {
    refuses(() -> of(1, 2).cosine(Embedding.of("e6", 1, 2)), "e5/2", "e6/2");
    refuses(() -> of(1, 2).cosine(of(1, 2, 3)), "e5/2", "e5/3");
  }

  @Test
  void whatIsNoVectorIsRefusedByName() {
    refuses(() -> of(1, Float.NaN), "e5", "NaN at 1", "finite");
    refuses(() -> of(Float.POSITIVE_INFINITY, 0), "e5", "Infinity at 0");
    refuses(() -> of(1, 2, Float.NEGATIVE_INFINITY), "-Infinity at 2");
    refuses(() -> of(0, -0f, 0), "e5", "all zeros");
    refuses(EmbeddingTest::of, "e5", "0 numbers", "1 to 4000");
    refuses(() -> of(new float[4_001]), "4001 numbers", "1 to 4000");
    refuses(() -> Embedding.of(" ", 1), "model", "1 characters");
    refuses(() -> Embedding.of("m".repeat(201), 1), "model", "201 characters", "1 to 200");
  }

  @Test
  void theLongestAreTaken() {
    float[] values = new float[Embedding.MOST_DIMENSIONS];
    values[0] = Float.MIN_VALUE;

    assertThat(of(values).dimension()).isEqualTo(4_000);
    assertThat(Embedding.of("m".repeat(200), 1).model()).hasSize(200);
  }

  private static Embedding of(float... values) {
    return Embedding.of("e5", values);
  }

  static void refuses(ThrowingCallable call, String... named) {
    assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).message().contains(named);
  }
}
