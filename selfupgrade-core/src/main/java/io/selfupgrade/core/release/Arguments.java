package io.selfupgrade.core.release;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The arguments of one command of the release tool: operands and named options. */
final class Arguments {

  static final Set<String> MAKE =
      Set.of(
          "name",
          "version",
          "jar",
          "main-class",
          "classpath",
          "file",
          "archive",
          "jvm-arg",
          "arg",
          "heap-mb",
          "smoke-arg",
          "smoke-timeout",
          "smoke-heap-mb",
          "migrations",
          "library-migrations",
          "commit",
          "expires",
          "trust-key",
          "revoke-key",
          "key-threshold",
          "state-reads",
          "state-writes");

  private final List<String> operands;
  private final Map<String, List<String>> options;

  private Arguments(List<String> operands, Map<String, List<String>> options) {
    this.operands = operands;
    this.options = options;
  }

  /**
   * Parses arguments.
   *
   * @param count how many operands there must be
   * @param known names of the options that there may be
   * @throws IllegalArgumentException if there are others, or an option has no value
   */
  static Arguments parse(List<String> args, int count, Set<String> known) {
    List<String> operands = new ArrayList<>();
    Map<String, List<String>> options = new HashMap<>();
    for (int i = 0; i < args.size(); i++) {
      String arg = args.get(i);
      if (!arg.startsWith("--")) {
        operands.add(arg);
        continue;
      }
      int at = arg.indexOf('=');
      String name = at < 0 ? arg.substring(2) : arg.substring(2, at);
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "unknown option --" + name + ": expected of " + new TreeSet<>(known));
      }
      if (at < 0 && i + 1 == args.size()) {
        throw new IllegalArgumentException("option --" + name + " has no value");
      }
      String value = at < 0 ? args.get(++i) : arg.substring(at + 1);
      options.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
    }
    if (operands.size() != count) {
      throw new IllegalArgumentException(
          "there are " + operands.size() + " operands " + operands + ": expected " + count);
    }
    return new Arguments(operands, options);
  }

  Path path(int operand) {
    return Path.of(operands.get(operand));
  }

  List<String> all(String option) {
    return options.getOrDefault(option, List.of());
  }

  Optional<String> one(String option) {
    List<String> values = all(option);
    if (values.size() > 1) {
      throw new IllegalArgumentException("option --" + option + " is given twice: " + values);
    }
    return values.stream().findFirst();
  }

  String required(String option) {
    return one(option)
        .orElseThrow(() -> new IllegalArgumentException("option --" + option + " is missing"));
  }

  List<Path> paths(String option) {
    if (all(option).isEmpty()) {
      throw new IllegalArgumentException("option --" + option + " is missing");
    }
    return all(option).stream().map(Path::of).toList();
  }

  Optional<Integer> number(String option) {
    return one(option).map(text -> number(option, text));
  }

  static int number(String option, String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "option --" + option + " is " + text + ": expected a whole number", e);
    }
  }
}
