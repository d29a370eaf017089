package io.selfupgrade.examples.benchmarks;

import java.util.List;

/** What a subcommand measures. */
public interface Benchmark {

  /** Returns the word by which it is asked for. */
  String name();

  /** Returns in a sentence what it measures. */
  String summary();

  /** Returns the options that it knows beside those that all know. */
  List<Option> options();

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
