package io.selfupgrade.memory;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A condition on the metadata of memories.
 *
 * <p>It holds or it does not: a comparison with a key that is not there, or with a value of another
 * kind, does not hold, and {@link Not} of it does. Of an array, it is enough that one element
 * compares. Numbers compare by their value, texts by their code points; keys are those of the
 * object itself, not of objects in it.
 */
public sealed interface MetadataFilter {

  /** Tells whether it holds for metadata, as JSON codecs read it: maps, lists, boxed values. */
  boolean test(Map<String, ?> metadata);

  /** All hold. */
  record And(List<MetadataFilter> all) implements MetadataFilter {
    /** Copies. */
    public And {
      all = some(all);
    }

    @Override
    public boolean test(Map<String, ?> metadata) {
      return all.stream().allMatch(each -> each.test(metadata));
    }
  }

  /** One or more hold. */
  record Or(List<MetadataFilter> any) implements MetadataFilter {
    /** Copies. */
    public Or {
      any = some(any);
    }

    @Override
    public boolean test(Map<String, ?> metadata) {
      return any.stream().anyMatch(each -> each.test(metadata));
    }
  }

  /** It does not hold. */
  record Not(MetadataFilter filter) implements MetadataFilter {
    /** Validates. */
    public Not {
      Objects.requireNonNull(filter, "filter");
    }

    @Override
    public boolean test(Map<String, ?> metadata) {
      return !filter.test(metadata);
    }
  }

  /**
   * A value compares.
   *
   * @param key of the metadata
   * @param comparison how
   * @param value a {@link String}, a {@link Boolean} (for {@link Comparison#EQUAL} only) or a
   *     finite {@link Number}
   */
  record Compare(String key, Comparison comparison, Object value) implements MetadataFilter {
    /**
     * Validates.
     *
     * @throws IllegalArgumentException if the value is of another type
     */
    public Compare {
      requireKey(key);
      Objects.requireNonNull(comparison, "comparison");
      value = usable(value);
      if (value instanceof Boolean && comparison != Comparison.EQUAL) {
        throw new IllegalArgumentException(
            "metadata " + key + " " + comparison + " " + value + ": truth values have no order");
      }
    }

    @Override
    public boolean test(Map<String, ?> metadata) {
      return elements(metadata, key).anyMatch(found -> compares(found, comparison, value));
    }
  }

  /**
   * A text is in the value.
   *
   * @param key of the metadata
   * @param text what is looked for, not empty; its case counts
   */
  record Contains(String key, String text) implements MetadataFilter {
    /** Validates. */
    public Contains {
      requireKey(key);
      if (text.isEmpty()) {
        throw new IllegalArgumentException("metadata " + key + " contains nothing: give a text");
      }
      usable(text);
    }

    @Override
    public boolean test(Map<String, ?> metadata) {
      return elements(metadata, key)
          .anyMatch(found -> found instanceof String string && string.contains(text));
    }
  }

  /** The key is there and its value is not null. */
  record Exists(String key) implements MetadataFilter {
    /** Validates. */
    public Exists {
      requireKey(key);
    }

    @Override
    public boolean test(Map<String, ?> metadata) {
      return metadata.get(key) != null;
    }
  }

  /** How values compare. */
  enum Comparison {
    /** Equal to. */
    EQUAL("="),
    /** More than. */
    GREATER(">"),
    /** More than or equal to. */
    AT_LEAST(">="),
    /** Less than. */
    LESS("<"),
    /** Less than or equal to. */
    AT_MOST("<=");

    private final String sign;

    Comparison(String sign) {
      this.sign = sign;
    }

    /** Tells whether it holds for what {@link Comparable#compareTo} returned. */
    public boolean holds(int order) {
      return switch (this) {
        case EQUAL -> order == 0;
        case GREATER -> order > 0;
        case AT_LEAST -> order >= 0;
        case LESS -> order < 0;
        case AT_MOST -> order <= 0;
      };
    }

    /** Returns the sign, such as {@code >=}. */
    @Override
    public String toString() {
      return sign;
    }
  }

  /** The value is this one. */
  static MetadataFilter eq(String key, Object value) {
    return new Compare(key, Comparison.EQUAL, value);
  }

  /** The value is another one, or not there. */
  static MetadataFilter ne(String key, Object value) {
    return eq(key, value).negate();
  }

  /** The value is more. */
  static MetadataFilter gt(String key, Object value) {
    return new Compare(key, Comparison.GREATER, value);
  }

  /** The value is as much or more. */
  static MetadataFilter gte(String key, Object value) {
    return new Compare(key, Comparison.AT_LEAST, value);
  }

  /** The value is less. */
  static MetadataFilter lt(String key, Object value) {
    return new Compare(key, Comparison.LESS, value);
  }

  /** The value is as much or less. */
  static MetadataFilter lte(String key, Object value) {
    return new Compare(key, Comparison.AT_MOST, value);
  }

  /** The value is one of these; one or more. */
  static MetadataFilter in(String key, Collection<?> values) {
    return new Or(values.stream().map(value -> eq(key, value)).toList());
  }

  /** The value is none of these, or not there. */
  static MetadataFilter notIn(String key, Collection<?> values) {
    return in(key, values).negate();
  }

  /** The text is in the value. */
  static MetadataFilter contains(String key, String text) {
    return new Contains(key, text);
  }

  /** The key is there. */
  static MetadataFilter exists(String key) {
    return new Exists(key);
  }

  /** Both hold. */
  default MetadataFilter and(MetadataFilter other) {
    return new And(List.of(this, other));
  }

  /** One or both hold. */
  default MetadataFilter or(MetadataFilter other) {
    return new Or(List.of(this, other));
  }

  /** It does not hold. */
  default MetadataFilter negate() {
    return new Not(this);
  }

  private static List<MetadataFilter> some(List<MetadataFilter> filters) {
    if (filters.isEmpty()) {
      throw new IllegalArgumentException("a condition of no parts: expected one or more");
    }
    return List.copyOf(filters);
  }

  private static void requireKey(String key) {
    Memory.requireText("metadata key", key, 200);
  }

  private static Object usable(Object value) {
    if ((value instanceof String text && text.indexOf('\0') < 0) || value instanceof Boolean) {
      return value;
    }
    if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
      return new BigDecimal(number.toString());
    }
    throw new IllegalArgumentException(
        "metadata value "
            + value
            + ": expected a text without the character 0, a finite number or a truth value");
  }

  private static Stream<Object> elements(Map<String, ?> metadata, String key) {
    @Nullable Object found = metadata.get(key);
    if (found == null) {
      return Stream.empty();
    }
    return found instanceof Collection<?> several
        ? new ArrayList<Object>(several).stream().filter(Objects::nonNull)
        : Stream.of(found);
  }

  private static boolean compares(Object found, Comparison comparison, Object value) {
    if (found instanceof Number number && value instanceof BigDecimal wanted) {
      return comparison.holds(new BigDecimal(number.toString()).compareTo(wanted));
    }
    if (found instanceof String text && value instanceof String wanted) {
      return comparison.holds(byCodePoints(text, wanted));
    }
    return found.equals(value);
  }

  private static int byCodePoints(String left, String right) {
    int[] one = left.codePoints().toArray();
    int[] other = right.codePoints().toArray();
    return Arrays.compare(one, other);
  }
}
