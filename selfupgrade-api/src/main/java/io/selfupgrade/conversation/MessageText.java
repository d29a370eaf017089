package io.selfupgrade.conversation;

import java.util.Objects;

/** Checks the texts of messages. */
final class MessageText {

  private static final char REPLACEMENT = '\uFFFD';
  private static final int LONGEST_IDENTIFIER = 200;

  private MessageText() {}

  /** Returns a text with what no store keeps replaced. */
  static String keepable(String what, String text) {
    Objects.requireNonNull(text, what);
    int first = 0;
    while (first < text.length() && width(text, first) > 0) {
      first += width(text, first);
    }
    if (first == text.length()) {
      return text;
    }
    StringBuilder kept = new StringBuilder(text);
    for (int i = first; i < text.length(); i += Math.max(1, width(text, i))) {
      if (width(text, i) == 0) {
        kept.setCharAt(i, REPLACEMENT);
      }
    }
    return kept.toString();
  }

  /** Returns how many characters the code point there has; 0 if it cannot be kept. */
  private static int width(String text, int index) {
    int point = text.codePointAt(index);
    boolean halfOfOne = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    return point == 0 || halfOfOne ? 0 : Character.charCount(point);
  }

  static String identifier(String what, String text, int shortest) {
    Objects.requireNonNull(text, what);
    if (text.length() < shortest || text.length() > LONGEST_IDENTIFIER) {
      throw new IllegalArgumentException(
          what
              + " of "
              + text.length()
              + " characters: expected "
              + shortest
              + " to "
              + LONGEST_IDENTIFIER);
    }
    return keepable(what, text);
  }
}
