package io.selfupgrade.examples.benchmarks;

/**
 * An option of a benchmark, which takes a path.
 *
 * @param name with its dashes
 * @param help a line that says what it is
 */
public record FileOption(String name, String help) {}
