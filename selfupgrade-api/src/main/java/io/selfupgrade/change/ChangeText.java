package io.selfupgrade.change;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Looks at what a change says and holds. */
final class ChangeText {

  private static final int LONGEST_TITLE = 100;
  private static final int LONGEST_REASON = 10_000;
  private static final Pattern LINE = Pattern.compile("[^\\p{Cntrl}\\p{Cf}\\p{Zl}\\p{Zp}]+");

  /** What GitHub acts on when it stands in the first line of a commit. */
  private static final Pattern ACTS =
      Pattern.compile(
          "@[A-Za-z0-9]|#[0-9]|/(?:issues|pull)/[0-9]|GH-[0-9]"
              + "|\\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\\]",
          Pattern.CASE_INSENSITIVE);

  /** What secrets of known makers look like: a net with wide meshes. */
  private static final Map<String, Pattern> SECRETS = new LinkedHashMap<>();

  static {
    SECRETS.put("a private key", Pattern.compile("-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY"));
    SECRETS.put(
        "a token of GitHub",
        Pattern.compile("gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{36}"));
    SECRETS.put(
        "a token or a webhook of Slack",
        Pattern.compile("xox[abeoprs]-[A-Za-z0-9-]{10}|hooks\\.slack\\.com/services/T[A-Z0-9]"));
    SECRETS.put(
        "a key of AWS", Pattern.compile("(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"));
  }

  private ChangeText() {}

  /** Returns why title or reason cannot be used. */
  static Optional<String> unusable(String title, String reason) {
    if (title.isBlank() || title.length() > LONGEST_TITLE || !LINE.matcher(title).matches()) {
      return Optional.of(
          "the title is not usable: expected a line of 1 to " + LONGEST_TITLE + " characters");
    }
    if (ACTS.matcher(title).find()) {
      return Optional.of(
          "the title names a person or an issue, or skips checks, and GitHub acts on that: leave it"
              + " out");
    }
    if (reason.isBlank() || reason.length() > LONGEST_REASON || reason.indexOf('\0') >= 0) {
      return Optional.of(
          "the reason is not usable: expected 1 to " + LONGEST_REASON + " characters");
    }
    return Optional.empty();
  }

  /** Returns the kind of secret that a text seems to hold. */
  static Optional<String> secret(String text) {
    return SECRETS.entrySet().stream()
        .filter(known -> known.getValue().matcher(text).find())
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** Looks into bytes as into ASCII text, also of two bytes a character. */
  static Optional<String> secret(byte[] content) {
    String text = new String(content, StandardCharsets.ISO_8859_1);
    return secret(text).or(() -> secret(text.replace("\0", "")));
  }
}
