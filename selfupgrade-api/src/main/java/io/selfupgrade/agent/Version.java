package io.selfupgrade.agent;

import java.math.BigInteger;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version of an agent, ordered as Semantic Versioning 2.0.0 orders it.
 *
 * <p>Source of grammar and precedence: semver.org, items 2 to 11. Build metadata (after {@code +})
 * is kept in the text, takes part in {@link #equals}, and is ignored by {@link #compareTo}; the
 * order is therefore not consistent with equals. {@link #UNVERSIONED} precedes every other version.
 */
public final class Version implements Comparable<Version> {

  /** What an agent is that was started without any version; it cannot upgrade itself. */
  public static final Version UNVERSIONED = new Version("unversioned", new String[0], "");

  private static final int MAX_LENGTH = 64;
  private static final String NUMBER = "(0|[1-9][0-9]{0,17})";
  private static final String IDENTIFIER = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
  private static final Pattern SHAPE =
      Pattern.compile(
          NUMBER
              + "\\."
              + NUMBER
              + "\\."
              + NUMBER
              + "(?:-("
              + IDENTIFIER
              + "(?:\\."
              + IDENTIFIER
              + ")*))?"
              + "(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?");

  private final String text;
  private final String[] numbers;
  private final String preRelease;

  private Version(String text, String[] numbers, String preRelease) {
    this.text = text;
    this.numbers = numbers;
    this.preRelease = preRelease;
  }

  /**
   * Parses a version such as {@code 1.4.0} or {@code 2.0.0-rc.1+build7}.
   *
   * @param text a Semantic Versioning 2.0.0 version of at most 64 characters, or {@code
   *     unversioned}
   * @throws IllegalArgumentException if the text has another shape
   */
  public static Version parse(String text) {
    Objects.requireNonNull(text, "text");
    if (text.equals(UNVERSIONED.text)) {
      return UNVERSIONED;
    }
    Matcher matcher = SHAPE.matcher(text);
    if (text.length() > MAX_LENGTH || !matcher.matches()) {
      throw new IllegalArgumentException(
          "version \""
              + shortened(text)
              + "\" is not usable: expected a semantic version of at most "
              + MAX_LENGTH
              + " characters such as 1.4.0 or 2.0.0-rc.1");
    }
    String[] numbers = {matcher.group(1), matcher.group(2), matcher.group(3)};
    return new Version(text, numbers, Objects.requireNonNullElse(matcher.group(4), ""));
  }

  /** Tells whether this version follows the other in precedence. */
  public boolean newerThan(Version other) {
    return compareTo(other) > 0;
  }

  /** Tells whether this is a pre-release such as {@code 2.0.0-rc.1}. */
  public boolean isPreRelease() {
    return !preRelease.isEmpty();
  }

  @Override
  public int compareTo(Version other) {
    if (numbers.length == 0 || other.numbers.length == 0) {
      return Integer.compare(numbers.length, other.numbers.length);
    }
    for (int i = 0; i < numbers.length; i++) {
      int order = Long.compare(Long.parseLong(numbers[i]), Long.parseLong(other.numbers[i]));
      if (order != 0) {
        return order;
      }
    }
    if (preRelease.isEmpty() || other.preRelease.isEmpty()) {
      return Boolean.compare(preRelease.isEmpty(), other.preRelease.isEmpty());
    }
    return comparePreReleases(preRelease.split("\\.", -1), other.preRelease.split("\\.", -1));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Version version && version.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** Returns the text that was parsed. */
  @Override
  public String toString() {
    return text;
  }

  private static int comparePreReleases(String[] left, String[] right) {
    for (int i = 0; i < Math.min(left.length, right.length); i++) {
      int order = compareIdentifiers(left[i], right[i]);
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(left.length, right.length);
  }

  private static int compareIdentifiers(String left, String right) {
    boolean leftNumeric = left.chars().allMatch(Character::isDigit);
    boolean rightNumeric = right.chars().allMatch(Character::isDigit);
    if (leftNumeric && rightNumeric) {
      return new BigInteger(left).compareTo(new BigInteger(right));
    }
    if (leftNumeric != rightNumeric) {
      return leftNumeric ? -1 : 1;
    }
    return left.compareTo(right);
  }

  private static String shortened(String text) {
    return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + "...";
  }
}
