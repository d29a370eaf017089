package io.selfupgrade.supabase;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Another project's {@code config.toml}, into which the sections of our functions are to come.
 *
 * <p>No parser of TOML: sections are only ever added at the end, and only where that is sure to
 * mean what it says. A file that says {@code functions} in another way, or has strings of several
 * lines, is for a person.
 */
final class ConfigToml {

  private static final Pattern OUR_SECTION =
      Pattern.compile("(?ms)^\\[(functions\\.[a-z-]+)\\]\n.*?(?=^\\[|\\z)");
  private static final Pattern ANOTHER_WAY =
      Pattern.compile(
          "(?m)^\\s*(?:\\[\\s*)?[\"']?functions[\"']?\\s*(?:\\]|=|\\.\\s*[\\w\"'.-]+\\s*[.=])");
  private static final Pattern SEVERAL_LINES = Pattern.compile("\"\"\"|'''");
  private static final Pattern OPEN_DOOR = Pattern.compile("(?m)^\\s*verify_jwt\\s*=\\s*false\\b");

  private final String text;

  ConfigToml(String text) {
    this.text = text.replace("\r\n", "\n");
  }

  /** Returns the sections that our functions need, by name, as our own file has them. */
  static Map<String, String> needed() {
    Map<String, String> sections = new LinkedHashMap<>();
    Matcher matcher = OUR_SECTION.matcher(ProjectFile.config().text());
    while (matcher.find()) {
      sections.put(matcher.group(1), matcher.group().strip() + "\n");
    }
    return sections;
  }

  /** Tells whether sections may be added at the end. */
  boolean takesSections() {
    return !ANOTHER_WAY.matcher(text).find() && !SEVERAL_LINES.matcher(text).find();
  }

  /** Returns a section's text without its head; empty if it is not there. */
  Optional<String> section(String name) {
    String spelled =
        name.replaceFirst("functions\\.(.*)", "functions\\\\s*\\\\.\\\\s*[\"']?$1[\"']?");
    Matcher matcher =
        Pattern.compile("(?ms)^\\s*\\[\\s*" + spelled + "\\s*\\][^\n]*\n?(.*?)(?=^\\s*\\[|\\z)")
            .matcher(text);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  /** Tells whether a section leaves the look at callers to the function. */
  static boolean leavesCallersToTheFunction(String section) {
    return OPEN_DOOR.matcher(section).find();
  }

  /** Returns the file with a section more. */
  static String with(String text, String section) {
    String gap = text.isEmpty() ? "" : text.endsWith("\n") ? "\n" : "\n\n";
    return text + gap + section;
  }
}
