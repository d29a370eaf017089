package io.selfupgrade.examples.benchmarks;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What a subcommand measures. */
public interface Benchmark {

  /** Returns the word by which it is asked for. */
  String name();

  /** Returns in a sentence what it measures. */
  String summary();

  /** Returns the options that it knows beside those that all know. */
  List<Option> options();

  /** Returns those that take paths. */
  default List<FileOption> files() {
    return List.of();
  }

  /** Returns those that take no value. */
  default List<Flag> flags() {
    return List.of();
  }

  /**
   * Returns where extensions of Postgres lie that it needs, with {@code lib} and {@code extension}.
   *
   * @throws UsageException if it needs some and they are not there
   */
  default Optional<Path> extensions(Choices choices) {
    return Optional.empty();
  }

  /**
   * Measures.
   *
   * @param choices what the user chose of its options
   * @param server a server of its own, empty
   * @throws IncorrectException if a contender did not do its work, whatever its speed
   * @throws InterruptedException if it is to end
   */
  Report run(Choices choices, Server server, Progress progress) throws Exception;
}
