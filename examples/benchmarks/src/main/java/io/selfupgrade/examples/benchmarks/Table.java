package io.selfupgrade.examples.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes what was measured as a table of text. */
final class Table {

  private static final double THOUSAND = 1_000;

  private Table() {}

  /** Returns a number with three digits or so. */
  static String number(double value) {
    double size = Math.abs(value);
    if (size >= 10 * THOUSAND) {
      return String.format(Locale.ROOT, "%.1fk", value / THOUSAND);
    }
    if (size >= 100) {
      return String.format(Locale.ROOT, "%.0f", value);
    }
    return String.format(Locale.ROOT, size >= 10 ? "%.1f" : "%.2f", value);
  }

  /** Returns a median with the extremes. */
  static String cell(Samples samples) {
    return number(samples.median())
        + " ["
        + number(samples.min())
        + "-"
        + number(samples.max())
        + "]";
  }

  /** Returns the lines of a contest: a row for each contender, a column for each figure. */
  static List<String> of(Contest.Outcome outcome) {
    List<String> figures =
        outcome.samples().values().stream()
            .flatMap(own -> own.keySet().stream())
            .distinct()
            .toList();
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of(outcome.title()));
    head.addAll(figures);
    rows.add(head);
    for (Map.Entry<String, Map<String, Samples>> entry : outcome.samples().entrySet()) {
      List<String> row = new ArrayList<>(List.of(entry.getKey()));
      for (String figure : figures) {
        Samples samples = entry.getValue().get(figure);
        row.add(samples == null ? "" : cell(samples));
      }
      rows.add(row);
    }
    return lines(rows);
  }

  /** Returns rows with aligned columns. */
  static List<String> lines(List<List<String>> rows) {
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < row.size(); column++) {
        int at = column;
        int width =
            rows.stream()
                .mapToInt(other -> at < other.size() ? other.get(at).length() : 0)
                .max()
                .orElse(0);
        String text = row.get(column);
        line.append(text).append(" ".repeat(width - text.length() + 2));
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }
}
