package io.selfupgrade.supabase;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The words after a command: operands, options with a value, and flags. */
final class CommandLine {

  private final List<String> operands = new ArrayList<>();
  private final Map<String, String> values = new HashMap<>();
  private final Set<String> flags = new HashSet<>();

  private CommandLine() {}

  /**
   * Parses words.
   *
   * @param known names of the options that have a value
   * @param switches names of those that have none
   * @throws IllegalArgumentException if there are others, one is given twice, or a value is missing
   */
  static CommandLine parse(List<String> words, Set<String> known, Set<String> switches) {
    CommandLine line = new CommandLine();
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (!word.startsWith("--")) {
        line.operands.add(word);
        continue;
      }
      int at = word.indexOf('=');
      String name = at < 0 ? word.substring(2) : word.substring(2, at);
      if (switches.contains(name) && at < 0) {
        line.flags.add(name);
      } else if (!known.contains(name)) {
        Set<String> all = new TreeSet<>(known);
        all.addAll(switches);
        throw new IllegalArgumentException("unknown option --" + name + ": expected of " + all);
      } else if (at < 0 && i + 1 == words.size()) {
        throw new IllegalArgumentException("option --" + name + " has no value");
      } else if (line.values.put(name, at < 0 ? words.get(++i) : word.substring(at + 1)) != null) {
        throw new IllegalArgumentException("option --" + name + " is given twice");
      }
    }
    return line;
  }

  /**
   * Returns the operands.
   *
   * @throws IllegalArgumentException if there are more than that
   */
  List<String> operands(int most) {
    if (operands.size() > most) {
      throw new IllegalArgumentException(
          "there are " + operands.size() + " operands: expected at most " + most);
    }
    return List.copyOf(operands);
  }

  Optional<String> one(String option) {
    return Optional.ofNullable(values.get(option));
  }

  boolean flag(String name) {
    return flags.contains(name);
  }
}
