package io.selfupgrade.change;

import java.util.regex.Pattern;

/** A pattern of paths: {@code *} is any part of a name, {@code **} any names. */
final class PathPattern {

  private final String text;
  private final Pattern pattern;

  private PathPattern(String text, String matched) {
    this.text = text;
    this.pattern = Pattern.compile(regex(matched));
  }

  /** Makes one that compares as it is written. */
  static PathPattern exact(String text) {
    return new PathPattern(text, usable(text));
  }

  /** Makes one for {@linkplain ChangePaths#folded folded} paths. */
  static PathPattern folded(String text) {
    return new PathPattern(text, ChangePaths.folded(usable(text)));
  }

  boolean matches(String path) {
    return pattern.matcher(path).matches();
  }

  /** Tells whether it matches a path or a directory that the path is in. */
  boolean covers(String path) {
    for (int end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      if (matches(path.substring(0, end))) {
        return true;
      }
    }
    return matches(path);
  }

  @Override
  public String toString() {
    return text;
  }

  private static String usable(String text) {
    for (String name : text.split("/", -1)) {
      boolean stars = name.equals("**");
      if (name.isEmpty()
          || name.equals(".")
          || name.equals("..")
          || (!stars && name.contains("**"))
          || name.matches(".*[?\\[\\]{}\\\\].*")) {
        throw new IllegalArgumentException(
            "pattern \""
                + text
                + "\" is not usable: expected names with /, in which * stands for a part of a name"
                + " and ** alone for any names, such as prompts/**");
      }
    }
    return text;
  }

  private static String regex(String text) {
    StringBuilder regex = new StringBuilder();
    String[] names = text.split("/", -1);
    for (int i = 0; i < names.length; i++) {
      boolean last = i == names.length - 1;
      if (names[i].equals("**")) {
        regex.append(last ? ".+" : "(?:[^/]+/)*");
        continue;
      }
      String[] parts = names[i].split("\\*", -1);
      for (int part = 0; part < parts.length; part++) {
        regex.append(part == 0 ? "" : "[^/]*").append(Pattern.quote(parts[part]));
      }
      regex.append(last ? "" : "/");
    }
    return regex.toString();
  }
}
