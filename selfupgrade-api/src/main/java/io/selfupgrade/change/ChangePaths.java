package io.selfupgrade.change;

import java.text.Normalizer;
import java.text.Normalizer.Form;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Which paths are none, and which no policy can allow. */
final class ChangePaths {

  private static final int LONGEST = 250;
  private static final int DEEPEST = 20;
  private static final Pattern MARKS = Pattern.compile("\\p{M}+");

  /** Letters that are shown as nothing, which the categories do not tell. */
  private static final String BLANK_LETTERS = "\u115F\u1160\u17B4\u17B5\u3164\uFFA0\u2800";

  /** What some file system takes as something else than a part of a name. */
  private static final String SPECIAL = "\\:*?\"<>|";

  private static final Pattern SHORT_NAME = Pattern.compile(".*~[0-9].*");

  private static final Set<Integer> UNPRINTABLE =
      Set.of(
          (int) Character.CONTROL,
          (int) Character.FORMAT,
          (int) Character.SURROGATE,
          (int) Character.PRIVATE_USE,
          (int) Character.UNASSIGNED,
          (int) Character.LINE_SEPARATOR,
          (int) Character.PARAGRAPH_SEPARATOR);

  /** Keys, certificates with keys, and signatures. */
  private static final Set<String> KEYS =
      Set.of(
          ".pub",
          ".key",
          ".pem",
          ".p8",
          ".p12",
          ".pfx",
          ".jks",
          ".keystore",
          ".asc",
          ".gpg",
          ".ppk",
          ".sig");

  private static final Set<String> SERVICES = Set.of(".service", ".socket", ".timer", ".plist");

  /** What the release tool and the launcher go by. */
  private static final Set<String> RELEASES =
      Set.of("release.json", "launch.properties", "launcher.jar");

  private static final Pattern INDEX = Pattern.compile("latest(-.*)?\\.json");

  private ChangePaths() {}

  /** Returns why a path is none, or may mean another place. */
  static Optional<String> unusable(String path) {
    return shape(path)
        .map(why -> shown(path) + " is not usable as a path: " + why)
        .or(() -> inNames(path).map(why -> shown(path) + " is not usable as a path: " + why));
  }

  private static Optional<String> shape(String path) {
    if (path.isEmpty() || path.length() > LONGEST) {
      return Optional.of("expected 1 to " + LONGEST + " characters");
    }
    if (path.codePoints().anyMatch(ChangePaths::isUnprintable)) {
      return Optional.of("it has a character that is not shown");
    }
    if (path.chars().anyMatch(character -> SPECIAL.indexOf(character) >= 0)) {
      return Optional.of("it has one of the characters " + SPECIAL);
    }
    if (!Normalizer.isNormalized(path, Form.NFKC)) {
      return Optional.of("it can be written in another way: expected Unicode's form NFKC");
    }
    return Optional.empty();
  }

  private static Optional<String> inNames(String path) {
    String[] names = path.split("/", -1);
    if (names.length > DEEPEST) {
      return Optional.of("it is deeper than " + DEEPEST + " directories");
    }
    for (String name : names) {
      if (name.isEmpty() || name.equals(".") || name.equals("..")) {
        return Optional.of("expected names with one / between them, from the repository's root");
      }
      if (name.startsWith(" ") || name.endsWith(" ") || name.endsWith(".")) {
        return Optional.of("a name begins or ends with a space, or ends with a dot");
      }
      if (SHORT_NAME.matcher(name).matches()) {
        return Optional.of("a name may be the short form of another one");
      }
    }
    return Optional.empty();
  }

  /** Returns why no policy can allow a usable path. */
  static Optional<String> forbidden(String path) {
    for (String name : folded(path).split("/", -1)) {
      Optional<String> why = forbiddenName(name);
      if (why.isPresent()) {
        return Optional.of(shown(path) + " can never be changed by an agent: it is " + why.get());
      }
    }
    return Optional.empty();
  }

  private static Optional<String> forbiddenName(String name) {
    if (name.startsWith(".git")) {
      return Optional.of("of git or GitHub, such as a workflow");
    }
    if (name.equals("codeowners")) {
      return Optional.of("what says who must approve");
    }
    if (KEYS.stream().anyMatch(name::endsWith)) {
      return Optional.of("a key or a signature");
    }
    if (SERVICES.stream().anyMatch(name::endsWith)) {
      return Optional.of("a service file");
    }
    if (RELEASES.contains(name)
        || INDEX.matcher(name).matches()
        || name.startsWith("selfupgrade-launcher")) {
      return Optional.of("a part of releases or of the launcher");
    }
    return Optional.empty();
  }

  /** Returns a path as it is compared: without case, accents, and variants of letters. */
  static String folded(String path) {
    String bare = MARKS.matcher(Normalizer.normalize(path, Form.NFKD)).replaceAll("");
    String lower = bare.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
    return MARKS.matcher(Normalizer.normalize(lower, Form.NFKD)).replaceAll("");
  }

  private static boolean isUnprintable(int character) {
    return UNPRINTABLE.contains(Character.getType(character))
        || BLANK_LETTERS.indexOf(character) >= 0
        || (Character.isSpaceChar(character) && character != ' ');
  }

  /** Quotes a path that a stranger may have made. */
  private static String shown(String path) {
    String printable =
        path.codePoints()
            .limit(LONGEST)
            .map(character -> isUnprintable(character) ? '\uFFFD' : character)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    return "\"" + printable + "\"";
  }
}
