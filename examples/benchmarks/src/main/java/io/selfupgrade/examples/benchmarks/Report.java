package io.selfupgrade.examples.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a benchmark found.
 *
 * @param outcomes the contests
 * @param figures the numbers that are watched, by name
 * @param targets what figures have to reach
 * @param notes how something was counted, a sentence each
 */
public record Report(
    List<Contest.Outcome> outcomes,
    Map<String, Double> figures,
    List<Target> targets,
    List<String> notes) {

  /** Copies. */
  public Report {
    outcomes = List.copyOf(outcomes);
    figures = new LinkedHashMap<>(figures);
    targets = List.copyOf(targets);
    notes = List.copyOf(notes);
  }

  /**
   * What a figure has to reach.
   *
   * @param figure its name
   * @param atLeast whether it has to be that or more; else that or less
   * @param bound what it is compared with
   */
  public record Target(String figure, boolean atLeast, double bound) {

    /** Makes a lower bound. */
    public static Target atLeast(String figure, double bound) {
      return new Target(figure, true, bound);
    }

    /** Makes an upper bound. */
    public static Target atMost(String figure, double bound) {
      return new Target(figure, false, bound);
    }

    boolean reached(double value) {
      return atLeast ? value >= bound : value <= bound;
    }
  }

  /** Returns what is printed: the tables, and the figures with their targets. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (Contest.Outcome outcome : outcomes) {
      lines.add("");
      lines.addAll(Table.of(outcome));
    }
    lines.add("");
    List<List<String>> rows = new ArrayList<>();
    figures.forEach((name, value) -> rows.add(row(name, value)));
    lines.addAll(Table.lines(rows));
    lines.add("");
    lines.addAll(notes);
    return lines;
  }

  private List<String> row(String name, double value) {
    List<String> row = new ArrayList<>(List.of(name, Table.number(value)));
    targets.stream()
        .filter(target -> target.figure().equals(name))
        .forEach(
            target -> {
              String sign = target.atLeast() ? ">= " : "<= ";
              row.add("target " + sign + Table.number(target.bound()));
              row.add(target.reached(value) ? "reached" : "missed");
            });
    return row;
  }

  /** Returns the same as JSON. */
  Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>(figures);
    Map<String, Object> measured = new LinkedHashMap<>();
    for (Contest.Outcome outcome : outcomes) {
      Map<String, Object> contenders = new LinkedHashMap<>();
      outcome.samples().forEach((name, own) -> contenders.put(name, samples(own)));
      measured.put(outcome.title(), contenders);
    }
    object.put("measured", measured);
    return object;
  }

  private static Map<String, Object> samples(Map<String, Samples> own) {
    Map<String, Object> figures = new LinkedHashMap<>();
    own.forEach(
        (figure, samples) -> {
          Map<String, Object> values = new LinkedHashMap<>();
          values.put("median", samples.median());
          values.put("min", samples.min());
          values.put("max", samples.max());
          values.put("rounds", samples.values());
          figures.put(figure, values);
        });
    return figures;
  }
}
