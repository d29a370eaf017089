package io.selfupgrade.launcher;

import java.util.Comparator;

/**
 * Orders version names, oldest first: numbers as numbers, a pre-release before its release.
 *
 * <p>Total over all names; build metadata ({@code +...}) only breaks ties.
 */
final class VersionOrder implements Comparator<String> {
  static final Comparator<String> OLDEST_FIRST =
      new VersionOrder().thenComparing(Comparator.naturalOrder());

  private VersionOrder() {}

  @Override
  public int compare(String a, String b) {
    String plainA = beforeFirst(a, '+');
    String plainB = beforeFirst(b, '+');
    int release = compareParts(beforeFirst(plainA, '-'), beforeFirst(plainB, '-'));
    if (release != 0) {
      return release;
    }
    boolean preA = plainA.indexOf('-') >= 0;
    boolean preB = plainB.indexOf('-') >= 0;
    if (preA && preB) {
      return compareParts(
          plainA.substring(plainA.indexOf('-') + 1), plainB.substring(plainB.indexOf('-') + 1));
    }
    return Boolean.compare(preB, preA);
  }

  private static int compareParts(String a, String b) {
    String[] partsA = a.split("\\.", -1);
    String[] partsB = b.split("\\.", -1);
    for (int i = 0; i < Math.min(partsA.length, partsB.length); i++) {
      int order = comparePart(partsA[i], partsB[i]);
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(partsA.length, partsB.length);
  }

  private static int comparePart(String a, String b) {
    boolean numberA = isNumber(a);
    boolean numberB = isNumber(b);
    if (numberA && numberB) {
      String digitsA = a.replaceFirst("^0+(?=.)", "");
      String digitsB = b.replaceFirst("^0+(?=.)", "");
      int byLength = Integer.compare(digitsA.length(), digitsB.length());
      return byLength != 0 ? byLength : digitsA.compareTo(digitsB);
    }
    return numberA == numberB ? a.compareTo(b) : Boolean.compare(numberB, numberA);
  }

  private static boolean isNumber(String part) {
    return !part.isEmpty() && part.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static String beforeFirst(String text, char end) {
    int at = text.indexOf(end);
    return at < 0 ? text : text.substring(0, at);
  }
}
