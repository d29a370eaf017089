package io.selfupgrade.agent;

import java.util.List;

/** Settings that cannot work; names every problem at once, each with what mends it. */
public class ConfigurationException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final List<String> problems;

  /**
   * Describes the problems.
   *
   * @param problems at least one sentence: what was seen, what was expected, what to do
   */
  public ConfigurationException(List<String> problems) {
    super(String.join(System.lineSeparator(), problems));
    this.problems = List.copyOf(problems);
  }

  /** Returns the problems, in the order in which they were found. */
  public List<String> problems() {
    return problems;
  }
}
