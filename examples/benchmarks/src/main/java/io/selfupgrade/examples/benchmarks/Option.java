package io.selfupgrade.examples.benchmarks;

/**
 * An option of a benchmark, which takes a whole number.
 *
 * @param name with its dashes
 * @param usual taken where it is not given
 * @param least smallest number that it takes
 * @param most greatest number that it takes
 * @param help a line that says what it is
 */
public record Option(String name, int usual, int least, int most, String help) {}
