package io.selfupgrade.supabase;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a set-up has written into a project folder, by SHA-256: how a later one tells its own files
 * from those that somebody has changed or deleted. A line that cannot be read counts for nothing,
 * so that at worst a file is left alone.
 */
final class ProjectRecord {

  /** Beside {@code config.toml}; belongs into version control with the folder. */
  static final String NAME = ".selfupgrade";

  private static final String HEAD =
      "# What SelfUpgrade's set-up has written here, by SHA-256. It replaces what still has the digest,\n"
          + "# and leaves alone what was changed or deleted. Keep this file with the folder.\n";
  private static final Pattern LINE = Pattern.compile("([0-9a-f]{64})  (.{1,300})");

  private final Map<String, String> digests = new TreeMap<>();

  static ProjectRecord parse(String text) {
    ProjectRecord record = new ProjectRecord();
    for (String line : text.lines().toList()) {
      Matcher matcher = LINE.matcher(line);
      if (matcher.matches()) {
        record.digests.put(matcher.group(2), matcher.group(1));
      }
    }
    return record;
  }

  Optional<String> digest(String name) {
    return Optional.ofNullable(digests.get(name));
  }

  void put(String name, String sha256) {
    digests.put(name, sha256);
  }

  String text() {
    StringBuilder text = new StringBuilder(HEAD);
    digests.forEach((name, sha256) -> text.append(sha256).append("  ").append(name).append('\n'));
    return text.toString();
  }
}
