package io.selfupgrade.memory;

import static io.selfupgrade.memory.EmbeddingTest.refuses;
import static io.selfupgrade.memory.MetadataFilter.contains;
import static io.selfupgrade.memory.MetadataFilter.eq;
import static io.selfupgrade.memory.MetadataFilter.exists;
import static io.selfupgrade.memory.MetadataFilter.gt;
import static io.selfupgrade.memory.MetadataFilter.gte;
import static io.selfupgrade.memory.MetadataFilter.in;
import static io.selfupgrade.memory.MetadataFilter.lt;
import static io.selfupgrade.memory.MetadataFilter.lte;
import static io.selfupgrade.memory.MetadataFilter.ne;
import static io.selfupgrade.memory.MetadataFilter.notIn;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Conditions on metadata; how stores keep to them is what the contract in testkit checks. */
class MetadataFilterTest {

  private static final String EMOJI = "\ud83d\ude00";
  private static final String WIDE_TILDE = "\uff5e";

  @Test
  void numbersCompareByTheirValueWhateverTheirType() {
    for (Object one : List.of(1, 1L, 1.0, 1f, new BigDecimal("1.000"), BigInteger.ONE, (byte) 1)) {
      assertThat(eq("k", one).test(Map.of("k", 1))).as("%s", one.getClass()).isTrue();
      assertThat(eq("k", 1).test(Map.of("k", one))).as("%s", one.getClass()).isTrue();
      assertThat(eq("k", one)).isEqualTo(eq("k", one));
    }
    assertThat(eq("k", 0.1).test(Map.of("k", new BigDecimal("0.1")))).isTrue();
    assertThat(gt("k", 9_007_199_254_740_992L).test(Map.of("k", 9_007_199_254_740_993L))).isTrue();
    assertThat(lt("k", 2).test(Map.of("k", -0.5))).isTrue();
  }

  @Test
  void eachComparisonHoldsAtItsSideOfTheValue() {
    assertHolds(gt("k", 5), false, false, true);
    assertHolds(gte("k", 5), false, true, true);
    assertHolds(lt("k", 5), true, false, false);
    assertHolds(lte("k", 5), true, true, false);
    assertHolds(eq("k", 5), false, true, false);
    assertHolds(ne("k", 5), true, false, true);
  }

  private static void assertHolds(MetadataFilter filter, boolean four, boolean five, boolean six) {
    assertThat(filter.test(Map.of("k", 4))).as("%s of 4", filter).isEqualTo(four);
    assertThat(filter.test(Map.of("k", 5))).as("%s of 5", filter).isEqualTo(five);
    assertThat(filter.test(Map.of("k", 6))).as("%s of 6", filter).isEqualTo(six);
  }

  @Test
  void textsCompareByTheirCodePoints() {
    assertThat(EMOJI.compareTo(WIDE_TILDE)).as("by UTF-16 it is the other way").isNegative();
    assertThat(gt("k", WIDE_TILDE).test(Map.of("k", EMOJI))).isTrue();
    assertThat(lt("k", EMOJI).test(Map.of("k", WIDE_TILDE))).isTrue();
    assertThat(lt("k", "apple").test(Map.of("k", "Zebra"))).isTrue();
    assertThat(gt("k", "app").test(Map.of("k", "apple"))).isTrue();
    assertThat(lte("k", "").test(Map.of("k", ""))).isTrue();
  }

  @Test
  void whatIsNotThereOrOfAnotherKindDoesNotCompare() {
    List<Map<String, Object>> others = new ArrayList<>(List.of(Map.of()));
    for (Object value :
        Arrays.asList(null, "5", true, List.of(), Map.of("k", 5), List.of(List.of(5)))) {
      others.add(Collections.singletonMap("k", value));
    }
    for (Map<String, Object> other : others) {
      for (MetadataFilter filter :
          List.of(eq("k", 5), gt("k", 1), lte("k", 9), in("k", List.of(5)))) {
        assertThat(filter.test(other)).as("%s of %s", filter, other).isFalse();
        assertThat(filter.negate().test(other)).as("not %s of %s", filter, other).isTrue();
      }
    }
    assertThat(eq("k", "true").test(Map.of("k", true))).isFalse();
    assertThat(eq("k", true).test(Map.of("k", true))).isTrue();
    assertThat(contains("k", "5").test(Map.of("k", 5))).isFalse();
  }

  @Test
  void ofAnArrayOneElementIsEnough() {
    Map<String, ?> array = Map.of("k", Arrays.asList(1, null, "x", 9));

    assertThat(eq("k", 1).and(eq("k", "x")).and(eq("k", 9)).test(array)).isTrue();
    assertThat(ne("k", 1).test(array)).isFalse();
    assertThat(gt("k", 8).and(lt("k", 2)).test(array)).isTrue();
    assertThat(contains("k", "x").test(Map.of("k", List.of("abc", "xyz")))).isTrue();
    assertThat(notIn("k", List.of(2, 3)).test(array)).isTrue();
    assertThat(notIn("k", List.of(2, 9)).test(array)).isFalse();
  }

  @Test
  void aKeyIsThereIfItsValueIsNotNull() {
    assertThat(exists("k").test(Map.of("k", List.of()))).isTrue();
    assertThat(exists("k").test(Map.of("k", false))).isTrue();
    assertThat(exists("k").test(Collections.singletonMap("k", null))).isFalse();
    assertThat(exists("k").test(Map.of("K", 1))).isFalse();
  }

  @Test
  void aTextIsInItAsItIs() {
    assertThat(contains("k", "50%").test(Map.of("k", "at 50% off"))).isTrue();
    assertThat(contains("k", "Off").test(Map.of("k", "at 50% off"))).isFalse();
  }

  @Test
  void conditionsArePutTogether() {
    MetadataFilter either = eq("a", 1).or(eq("b", 2));

    assertThat(either.test(Map.of("a", 1))).isTrue();
    assertThat(either.test(Map.of("b", 2))).isTrue();
    assertThat(either.test(Map.of("a", 2, "b", 1))).isFalse();
    assertThat(either.negate().test(Map.of())).isTrue();
    assertThat(eq("a", 1).and(eq("b", 2)).test(Map.of("a", 1))).isFalse();
    assertThat(eq("a", 1).negate().negate().test(Map.of("a", 1))).isTrue();
  }

  @Test
  void whatCannotBeComparedIsRefusedByName() {
    refuses(() -> eq("k", Double.NaN), "NaN", "finite number");
    refuses(() -> lt("k", Float.NEGATIVE_INFINITY), "-Infinity");
    refuses(() -> eq("k", List.of(1)), "[1]");
    refuses(() -> eq("k", "a\0b"), "without the character 0");
    refuses(() -> gt("k", true), "k > true", "no order");
    refuses(() -> contains("k", ""), "k contains nothing");
    refuses(() -> contains("k", "\0"), "without the character 0");
    refuses(() -> in("k", List.of()), "one or more");
    refuses(() -> new MetadataFilter.And(List.of()), "one or more");
    refuses(() -> exists(" "), "metadata key");
    refuses(() -> eq("k".repeat(201), 1), "metadata key", "201");
    refuses(() -> contains("", "a"), "metadata key", "0 characters");
  }

  @Test
  void aConditionOfAKindThatIsNewHasToBeThoughtOfInTheStores() {
    assertThat(new HashSet<>(Arrays.asList(MetadataFilter.class.getPermittedSubclasses())))
        .containsExactlyInAnyOrder(
            MetadataFilter.And.class,
            MetadataFilter.Or.class,
            MetadataFilter.Not.class,
            MetadataFilter.Compare.class,
            MetadataFilter.Contains.class,
            MetadataFilter.Exists.class);
  }
}
