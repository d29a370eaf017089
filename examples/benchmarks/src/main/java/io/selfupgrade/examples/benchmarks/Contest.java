package io.selfupgrade.examples.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Contenders that run in turn: each once in a round, every second round in the opposite order, and
 * one round before the first, which is not recorded.
 */
public final class Contest {

  private final String title;
  private final Map<String, Contender> contenders = new LinkedHashMap<>();

  /** Does the work once and measures it. */
  @FunctionalInterface
  public interface Contender {
    /**
     * Does it.
     *
     * @return figures by name, the same names each time
     * @throws IncorrectException if it was not done as it has to be
     */
    Map<String, Double> run() throws Exception;
  }

  /** What was measured: by contender, by figure. */
  public record Outcome(String title, Map<String, Map<String, Samples>> samples) {

    /** Returns a figure of a contender. */
    public Samples of(String contender, String figure) {
      Samples found = samples.getOrDefault(contender, Map.of()).get(figure);
      if (found == null) {
        throw new IllegalArgumentException("nothing measured: " + figure + " of " + contender);
      }
      return found;
    }

    /** Returns the ratio of two contenders' medians. */
    public double ratio(String figure, String contender, String to) {
      return of(contender, figure).median() / of(to, figure).median();
    }
  }

  /** Begins a contest without contenders. */
  public Contest(String title) {
    this.title = title;
  }

  /** Adds a contender. */
  public Contest with(String name, Contender contender) {
    contenders.put(name, contender);
    return this;
  }

  /** Plays all rounds. */
  public Outcome play(int rounds, Progress progress) throws Exception {
    Map<String, Map<String, List<Double>>> values = new LinkedHashMap<>();
    contenders.keySet().forEach(name -> values.put(name, new LinkedHashMap<>()));
    for (int round = 0; round <= rounds; round++) {
      List<String> order = new ArrayList<>(contenders.keySet());
      if (round % 2 == 1) {
        Collections.reverse(order);
      }
      for (String name : order) {
        Map<String, Double> figures = Objects.requireNonNull(contenders.get(name)).run();
        String which = round == 0 ? "warm-up" : "round " + round + " of " + rounds;
        progress.say(title + ", " + which + ", " + name + ": " + words(figures));
        if (round > 0) {
          figures.forEach(
              (figure, value) ->
                  Objects.requireNonNull(values.get(name))
                      .computeIfAbsent(figure, any -> new ArrayList<>())
                      .add(value));
        }
      }
    }
    Map<String, Map<String, Samples>> samples = new LinkedHashMap<>();
    values.forEach(
        (name, figures) -> {
          Map<String, Samples> own = new LinkedHashMap<>();
          figures.forEach((figure, all) -> own.put(figure, new Samples(all)));
          samples.put(name, own);
        });
    return new Outcome(title, samples);
  }

  private static String words(Map<String, Double> figures) {
    return figures.entrySet().stream()
        .map(entry -> entry.getKey() + " " + Table.number(entry.getValue()))
        .collect(Collectors.joining(", "))
        .toLowerCase(Locale.ROOT);
  }
}
