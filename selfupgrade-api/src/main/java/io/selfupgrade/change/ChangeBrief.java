package io.selfupgrade.change;

import java.util.regex.Pattern;

/**
 * What the journal keeps of a change; its files are not kept.
 *
 * @param target where it is proposed, such as {@code acme/bot}: 1 to 200 characters
 * @param key its name there: 1 to 100 printable ASCII characters
 * @param digest the SHA-256 of all that it does, in hexadecimal
 * @param title what changes; kept up to 200 characters
 */
public record ChangeBrief(String target, String key, String digest, String title) {

  private static final Pattern KEY = Pattern.compile("[!-~]{1,100}");
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final int LONGEST = 200;

  /**
   * Validates the shapes, and cuts the title.
   *
   * @throws IllegalArgumentException if one is another
   */
  public ChangeBrief {
    require(!target.isEmpty() && target.length() <= LONGEST, "target", "1 to 200 characters");
    require(KEY.matcher(key).matches(), "key", "1 to 100 printable ASCII characters");
    require(DIGEST.matcher(digest).matches(), "digest", "64 hexadecimal digits");
    title = kept(title);
  }

  /** Describes a change. */
  public static ChangeBrief of(String target, Change change) {
    return new ChangeBrief(target, change.key(), change.digest(), change.title());
  }

  private static String kept(String title) {
    String line = title.replaceAll("\\p{Cntrl}+", " ");
    return line.codePointCount(0, line.length()) <= LONGEST
        ? line
        : line.substring(0, line.offsetByCodePoints(0, LONGEST));
  }

  private static void require(boolean good, String what, String expected) {
    if (!good) {
      throw new IllegalArgumentException(what + " of a change: expected " + expected);
    }
  }
}
