package io.selfupgrade.change;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.Collator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Random paths, most of them a step away from a forbidden one, against a policy that allows all.
 *
 * <p>The oracle knows nothing of the policy's way: it compares names as a dictionary does, by a
 * collator that sees letters only, and looks at characters one by one.
 */
final class ChangePathsFuzzTest {

  private static final int PATHS = Integer.getInteger("change-paths", 10_000);
  private static final ChangePolicy EVERYTHING = ChangePolicy.allow("**").forbid("secret/plans");

  private static final Collator LETTERS = Collator.getInstance(Locale.ROOT);

  static {
    LETTERS.setStrength(Collator.PRIMARY);
    LETTERS.setDecomposition(Collator.FULL_DECOMPOSITION);
  }

  private static final List<String> SEEDS =
      List.of(
          ".github/workflows/a.yml",
          ".git/config",
          "x/.gitmodules",
          "CODEOWNERS",
          "docs/codeowners",
          "trust.pub",
          "a/b.key",
          "a/b.pem",
          "bot.service",
          "launch.properties",
          "release.json",
          "latest.json",
          "secret/plans/a.md",
          "../x",
          "/abs",
          "prompts/a.md",
          "src/main/java/A.java");

  private static final String[] TWISTS = {
    "",
    "/",
    "//",
    ".",
    "..",
    "\\",
    ":",
    " ",
    "~1",
    "\u0000",
    "\n",
    "\u200B",
    "\u00AD",
    "\u0301",
    "\uFE0F",
    "\u034F",
    "ı",
    "İ",
    "ſ",
    "\u212A",
    "．",
    "／",
    "ｇ",
    "Ｇ",
    "\uD83D",
    "\u3164",
    "\u2215",
    "é",
    "ß",
    "G",
    "K",
    "\uD835\uDC88"
  };

  @Test
  void noForbiddenPathPasses() {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("seed of the paths: " + seed);
    Random random = new Random(seed);
    int forbidden = 0;
    int passed = 0;
    List<String> slipped = new ArrayList<>();
    for (int i = 0; i < PATHS; i++) {
      String path = twisted(random);
      boolean bad = isForbidden(path);
      boolean allowed = EVERYTHING.checkPaths(List.of(path)).isEmpty();
      forbidden += bad ? 1 : 0;
      passed += allowed ? 1 : 0;
      if (bad && allowed) {
        slipped.add(escaped(path));
      }
    }
    System.out.println(PATHS + " paths: " + forbidden + " forbidden, " + passed + " passed");
    assertThat(slipped).as("forbidden and passed, seed %s", seed).isEmpty();
    assertThat(forbidden).isGreaterThan(PATHS / 4);
    assertThat(passed).isGreaterThan(PATHS / 50);
  }

  private static String twisted(Random random) {
    StringBuilder path = new StringBuilder(SEEDS.get(random.nextInt(SEEDS.size())));
    for (int twists = random.nextInt(4); twists > 0; twists--) {
      int at = random.nextInt(path.length() + 1);
      switch (random.nextInt(6)) {
        case 0 -> path.insert(at, TWISTS[random.nextInt(TWISTS.length)]);
        case 1 -> path.replace(at, Math.min(at + 1, path.length()), twist(random, path, at));
        case 2 -> path.insert(0, random.nextBoolean() ? "a/" : "./");
        case 3 -> path.append(random.nextBoolean() ? "/x" : ".");
        case 4 -> path = new StringBuilder(path.toString().toUpperCase(Locale.ROOT));
        default -> path.insert(at, (char) random.nextInt(0x3000));
      }
    }
    return path.toString();
  }

  /** Takes another form of the same letter, more often than not. */
  private static String twist(Random random, StringBuilder path, int at) {
    char old = at < path.length() ? path.charAt(at) : 'x';
    if (old > ' ' && old < 0x7F && random.nextInt(3) > 0) {
      return random.nextBoolean()
          ? String.valueOf((char) (old + 0xFEE0))
          : String.valueOf(Character.toUpperCase(old));
    }
    return TWISTS[random.nextInt(TWISTS.length)];
  }

  private static boolean isForbidden(String path) {
    int start = 0;
    for (int i = 0; i <= path.length(); i++) {
      if (i == path.length() || path.charAt(i) == '/') {
        if (isForbiddenName(path.substring(start, i))) {
          return true;
        }
        start = i + 1;
      } else if (path.charAt(i) < ' '
          || path.charAt(i) == 0x7F
          || path.charAt(i) == '\\'
          || path.charAt(i) == ':'
          || Character.isIdentifierIgnorable(path.charAt(i))) {
        return true;
      }
    }
    String[] names = path.split("/", -1);
    return names.length > 1 && same(names[0], "secret") && same(names[1], "plans");
  }

  private static boolean isForbiddenName(String name) {
    if (name.isEmpty() || name.equals(".") || name.equals("..")) {
      return true;
    }
    for (int end = 1; end <= name.length(); end++) {
      if (same(name.substring(0, end), ".git")) {
        return true;
      }
    }
    for (int from = 0; from < name.length(); from++) {
      String rest = name.substring(from);
      if (rest.charAt(0) == '.'
          && (same(rest, ".pub") || same(rest, ".key") || same(rest, ".pem"))) {
        return true;
      }
      if (rest.charAt(0) == '.' && same(rest, ".service")) {
        return true;
      }
    }
    return same(name, "codeowners")
        || same(name, "release.json")
        || same(name, "latest.json")
        || same(name, "launch.properties");
  }

  /** Compares letters only, not case, accents and forms. */
  private static boolean same(String one, String other) {
    return one.strip().chars().noneMatch(ChangePathsFuzzTest::isSeenAndSkipped)
        && LETTERS.equals(one, other);
  }

  /** Tells whether a character makes another name, although the collator skips it: a dash, say. */
  private static boolean isSeenAndSkipped(int character) {
    return switch (Character.getType(character)) {
      case Character.DASH_PUNCTUATION,
          Character.OTHER_PUNCTUATION,
          Character.CONNECTOR_PUNCTUATION,
          Character.MATH_SYMBOL,
          Character.SPACE_SEPARATOR ->
          LETTERS.equals(String.valueOf((char) character), "");
      default -> false;
    };
  }

  private static String escaped(String path) {
    StringBuilder text = new StringBuilder();
    path.chars()
        .forEach(
            c ->
                text.append(
                    c > ' ' && c < 0x7F
                        ? String.valueOf((char) c)
                        : String.format(Locale.ROOT, "\\u%04X", c)));
    return text.toString();
  }
}
