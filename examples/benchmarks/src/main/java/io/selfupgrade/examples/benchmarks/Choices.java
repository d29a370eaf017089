package io.selfupgrade.examples.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What the user chose.
 *
 * @param numbers by option
 * @param json where to write the figures
 */
public record Choices(Map<String, Integer> numbers, Optional<Path> json) {

  /** How many recorded rounds are played. */
  public static final Option ROUNDS =
      new Option("--rounds", 5, 1, 1_000, "recorded rounds; one more is played before them");

  static final String JSON = "--json";

  /** Copies. */
  public Choices {
    numbers = Map.copyOf(numbers);
  }

  /** Returns the options of a benchmark that take numbers, those that all know first. */
  static List<Option> known(Benchmark benchmark) {
    List<Option> known = new ArrayList<>(List.of(ROUNDS));
    known.addAll(benchmark.options());
    return known;
  }

  /**
   * Reads arguments.
   *
   * @throws UsageException naming the argument that is wrong
   */
  static Choices parse(Benchmark benchmark, List<String> arguments) {
    Map<String, Integer> numbers = new HashMap<>();
    Map<String, Option> known = new HashMap<>();
    for (Option option : known(benchmark)) {
      numbers.put(option.name(), option.usual());
      known.put(option.name(), option);
    }
    Optional<Path> json = Optional.empty();
    List<String> given = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i += 2) {
      String name = arguments.get(i);
      if (!name.equals(JSON) && !known.containsKey(name)) {
        throw new UsageException("unknown argument: " + name);
      }
      if (given.contains(name)) {
        throw new UsageException(name + " is given twice");
      }
      if (i + 1 == arguments.size()) {
        throw new UsageException(name + " needs a value");
      }
      given.add(name);
      String value = arguments.get(i + 1);
      if (name.equals(JSON)) {
        json = Optional.of(Path.of(value));
      } else {
        numbers.put(name, number(Objects.requireNonNull(known.get(name)), value));
      }
    }
    return new Choices(numbers, json);
  }

  private static int number(Option option, String value) {
    String expected =
        option.name()
            + " "
            + value
            + ": expected a whole number from "
            + option.least()
            + " to "
            + option.most();
    try {
      int number = Integer.parseInt(value);
      if (number < option.least() || number > option.most()) {
        throw new UsageException(expected);
      }
      return number;
    } catch (NumberFormatException e) {
      throw new UsageException(expected);
    }
  }

  /** Returns the value of an option of the benchmark. */
  public int number(Option option) {
    return Objects.requireNonNull(numbers.get(option.name()), option.name());
  }

  /** Returns how many recorded rounds are played. */
  public int rounds() {
    return number(ROUNDS);
  }
}
