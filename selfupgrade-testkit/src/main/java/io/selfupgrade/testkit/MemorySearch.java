package io.selfupgrade.testkit;

import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Ranking;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Looks for a query among memories by looking at each; a word is a run of letters and digits.
 *
 * @param rows those that the query may find
 * @param query what to look for
 * @param now the store's time
 */
record MemorySearch(List<MemoryRow> rows, RecallQuery query, Instant now) {

  private static final Comparator<Recalled> NEWEST =
      Comparator.comparing((Recalled hit) -> hit.remembered().createdAt()).reversed();
  private static final Comparator<Recalled> BEST =
      Comparator.comparingDouble(Recalled::score).reversed();
  private static final Comparator<Recalled> MOST_IMPORTANT =
      Comparator.comparingDouble((Recalled hit) -> hit.remembered().memory().importance())
          .reversed();

  List<Recalled> hits() {
    Stream<Recalled> all =
        switch (way()) {
          case FULL_TEXT -> byWords();
          case VECTOR -> byMeaning();
          default -> byBoth();
        };
    return all.filter(hit -> hit.score() >= query.ranking().minScore())
        .limit(query.limit())
        .toList();
  }

  private Ranking.Way way() {
    if (query.ranking().way() != Ranking.Way.BEST) {
      return query.ranking().way();
    }
    if (query.embedding().isEmpty()) {
      return Ranking.Way.FULL_TEXT;
    }
    return query.text().isEmpty() ? Ranking.Way.VECTOR : Ranking.Way.HYBRID;
  }

  private Stream<Recalled> byWords() {
    Set<String> asked = words(query.text().orElseThrow());
    return rows.stream()
        .map(row -> byWords(row, asked))
        .filter(hit -> !hit.words().isEmpty())
        .sorted(BEST.thenComparing(MOST_IMPORTANT).thenComparing(NEWEST));
  }

  private Recalled byWords(MemoryRow row, Set<String> asked) {
    Set<String> found = words(row.memory().content());
    found.retainAll(asked);
    double share = (double) found.size() / Math.max(1, asked.size());
    return hit(row, share, OptionalDouble.empty(), share, found);
  }

  private Stream<Recalled> byMeaning() {
    Embedding wanted =
        query
            .embedding()
            .orElseThrow(
                () -> new IllegalArgumentException("a query by vector without one: give one"));
    return rows.stream()
        .filter(
            row -> row.embedding().map(Embedding::model).filter(wanted.model()::equals).isPresent())
        .map(row -> byMeaning(row, row.embedding().orElseThrow().cosine(wanted)))
        .sorted(BEST.thenComparing(NEWEST));
  }

  private Recalled byMeaning(MemoryRow row, double cosine) {
    return hit(row, (1 + cosine) / 2, OptionalDouble.of(cosine), 0, Set.of());
  }

  private Stream<Recalled> byBoth() {
    List<Recalled> meaning = byMeaning().limit(query.candidates()).toList();
    List<Recalled> words = byWords().limit(query.candidates()).toList();
    Map<UUID, Recalled> both = new HashMap<>();
    for (int i = 0; i < meaning.size(); i++) {
      Recalled hit = meaning.get(i);
      both.put(hit.remembered().id(), scored(hit, OptionalInt.of(i + 1), OptionalInt.empty()));
    }
    List<UUID> near = meaning.stream().map(hit -> hit.remembered().id()).toList();
    for (int i = 0; i < words.size(); i++) {
      Recalled hit = words.get(i);
      int place = near.indexOf(hit.remembered().id());
      boolean alsoNear = place >= 0;
      Recalled found =
          new Recalled(
              hit.remembered(),
              0,
              alsoNear ? meaning.get(place).similarity() : OptionalDouble.empty(),
              hit.textScore(),
              hit.words());
      OptionalInt byMeaning = alsoNear ? OptionalInt.of(place + 1) : OptionalInt.empty();
      both.put(hit.remembered().id(), scored(found, byMeaning, OptionalInt.of(i + 1)));
    }
    return new ArrayList<>(both.values()).stream().sorted(BEST.thenComparing(NEWEST));
  }

  private Recalled scored(Recalled hit, OptionalInt byMeaning, OptionalInt byWords) {
    double score =
        query
            .ranking()
            .weights()
            .score(
                byMeaning,
                byWords,
                hit.remembered().memory().importance(),
                Duration.between(hit.remembered().createdAt(), now));
    return new Recalled(hit.remembered(), score, hit.similarity(), hit.textScore(), hit.words());
  }

  private Recalled hit(
      MemoryRow row, double score, OptionalDouble cosine, double share, Set<String> found) {
    return new Recalled(
        query.embeddings() ? row.withVector() : row.kept(), score, cosine, share, found);
  }

  private static Set<String> words(String text) {
    return Arrays.stream(text.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+", -1))
        .filter(word -> !word.isEmpty())
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
