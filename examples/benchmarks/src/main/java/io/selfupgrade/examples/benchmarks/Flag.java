package io.selfupgrade.examples.benchmarks;

/**
 * An option of a benchmark, which takes no value.
 *
 * @param name with its dashes
 * @param help a line that says what it does
 */
public record Flag(String name, String help) {}
