package io.selfupgrade.examples.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What the user chose.
 *
 * @param numbers by option
 * @param paths by option; those that are given
 * @param flags those that are given
 */
public record Choices(Map<String, Integer> numbers, Map<String, Path> paths, Set<String> flags) {

  /** How many recorded rounds are played. */
  public static final Option ROUNDS =
      new Option("--rounds", 5, 1, 1_000, "recorded rounds; one more is played before them");

  static final FileOption JSON = new FileOption("--json", "also write the figures to FILE");

  /** Copies. */
  public Choices {
    numbers = Map.copyOf(numbers);
    paths = Map.copyOf(paths);
    flags = Set.copyOf(flags);
  }

  /** Returns the options of a benchmark that take numbers, those that all know first. */
  static List<Option> known(Benchmark benchmark) {
    List<Option> known = new ArrayList<>(List.of(ROUNDS));
    known.addAll(benchmark.options());
    return known;
  }

  /** Returns the options of a benchmark that take paths, those that all know last. */
  static List<FileOption> files(Benchmark benchmark) {
    List<FileOption> files = new ArrayList<>(benchmark.files());
    files.add(JSON);
    return files;
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
    List<String> files = files(benchmark).stream().map(FileOption::name).toList();
    List<String> flags = benchmark.flags().stream().map(Flag::name).toList();
    Map<String, Path> paths = new HashMap<>();
    Set<String> given = new HashSet<>();
    Iterator<String> left = arguments.iterator();
    while (left.hasNext()) {
      String name = left.next();
      if (!given.add(name)) {
        throw new UsageException(name + " is given twice");
      }
      if (flags.contains(name)) {
        continue;
      }
      if (!files.contains(name) && !known.containsKey(name)) {
        throw new UsageException("unknown argument: " + name);
      }
      if (!left.hasNext()) {
        throw new UsageException(name + " needs a value");
      }
      String value = left.next();
      if (files.contains(name)) {
        paths.put(name, Path.of(value));
      } else {
        numbers.put(name, number(Objects.requireNonNull(known.get(name)), value));
      }
    }
    given.retainAll(flags);
    return new Choices(numbers, paths, given);
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

  /** Returns the path that was given, if any. */
  public Optional<Path> path(FileOption option) {
    return Optional.ofNullable(paths.get(option.name()));
  }

  /** Tells whether it is given. */
  public boolean has(Flag flag) {
    return flags.contains(flag.name());
  }

  /** Returns how many recorded rounds are played. */
  public int rounds() {
    return number(ROUNDS);
  }
}
