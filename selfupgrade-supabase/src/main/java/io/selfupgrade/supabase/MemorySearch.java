package io.selfupgrade.supabase;

import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStats.Search;
import io.selfupgrade.memory.Ranking;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.UUID;

/** Looks memories up: by words, by meaning or by both, each in one statement. */
final class MemorySearch {

  private static final String PORT = PostgresMemoryStore.PORT;

  private static final String BY_INDEX =
      "select "
          + MemoryRows.COLUMNS
          + ", m.similarity from selfupgrade.memories_by_index(?::text[], ?::real[], ?, ?::text[],"
          + " ?::timestamptz, ?::timestamptz, ?::text[], ?::jsonpath, ?) m";

  private static final String ONE_BY_ONE =
      BY_INDEX
          .replace("memories_by_index", "memories_one_by_one")
          .replace("?::jsonpath, ?)", "?::jsonpath, ?, ?)");

  private static final String NEAR =
      """
      select v.id, v.similarity, row_number() over (order by v.similarity desc, v.created_at desc, v.id) as place
        from selfupgrade.%s(p.owners, ?::real[], ?, p.tiers, p.since, p.before, p.ids, p.condition, ?%s) v
      """;

  private static final String NEAR_BY_INDEX =
      "select v.* from p cross join lateral (" + NEAR.formatted("memories_by_index", "") + ") v";
  private static final String NEAR_ONE_BY_ONE =
      "select v.* from p cross join lateral ("
          + NEAR.formatted("memories_one_by_one", ", ?")
          + ") v";
  private static final String NEAR_AS_FOUND =
      "select u.id, u.similarity, u.place from unnest(?::uuid[], ?::float8[]) with ordinality"
          + " u (id, similarity, place)";

  /** Reciprocal rank fusion; the numbers are those of {@link Ranking.Weights#score}. */
  private static final String SCORE =
      """
      (w.vector * coalesce((%1$d + 1.0)::float8 / (%1$d + v.place), 0)
       + w.words * coalesce((%1$d + 1.0)::float8 / (%1$d + t.place), 0)) / (w.vector + w.words)
      * (1 - w.importance * (1 - m.importance)
           - w.recency * (1 - power(2::float8, greatest(-1000, least(1000,
               - extract(epoch from clock_timestamp() - m.created_at)::float8 / %2$d)))))
      """
          .formatted(Ranking.Weights.CONSTANT, Ranking.Weights.HALF_LIFE.toSeconds());

  private static final String BY_BOTH =
      """
      , v as materialized (%s),
      w as (select ?::float8 as vector, ?::float8 as words, ?::float8 as importance, ?::float8 as recency)
      select %s, v.similarity, t.found, t.asked, (select count(*) from v) as near, %s as score
        from v full join t on t.id = v.id
        join selfupgrade.memories m on m.id = coalesce(v.id, t.id) and %s
       cross join w
       order by score desc, m.created_at desc, m.id limit ?
      """;

  private static final String VECTORS =
      """
      select v.memory, v.at, v.model, v.embedding::real[] as embedding
        from (select * from selfupgrade.memory_vectors f where f.memory = any(?::uuid[])
              union all select * from selfupgrade.memory_fresh_vectors s where s.memory = any(?::uuid[])) v
      """;

  private final Database database;
  private final MemoryVectors vectors;
  private final MemoryPlanner planner;
  private final VectorScan scan;
  private final String language;
  private final String words;
  private volatile boolean wordsPrepared;

  MemorySearch(Database database, MemoryVectors vectors, String language) {
    this.database = database;
    this.vectors = vectors;
    this.planner = new MemoryPlanner(database);
    this.scan = new VectorScan(database);
    this.language = language;
    this.words = words(language);
    this.wordsPrepared = language.equals("simple");
  }

  /** Finds words, as t, with their places. Words are what the index makes of the query. */
  private static String words(String language) {
    String configuration = "'" + language + "'";
    String made =
        language.equals("simple")
            ? "m.content_tsv"
            : "to_tsvector(" + configuration + "::regconfig, m.content)";
    return """
        with %1$s,
        q as (select w.words, replace(plainto_tsquery(%2$s, ?)::text, ' & ', ' | ')::tsquery as any_word
                from (select tsvector_to_array(to_tsvector(%2$s, ?)) as words) w),
        t as materialized (
          select t.id, t.asked, t.found, row_number() over (order by t.place) as place
            from (
              select b.id, b.asked, b.place,
                     array(select w from unnest(b.words) w
                           intersect select unnest(tsvector_to_array(b.made))) as found
                from (
                  select m.id, q.words, cardinality(q.words) as asked, %3$s as made,
                         row_number() over (
                           order by length(%3$s) - length(ts_delete(%3$s, q.words)) desc, m.importance desc,
                                    m.created_at desc, m.id) as place
                    from q cross join p join selfupgrade.memories m on %3$s @@ q.any_word and %4$s
                   order by place limit ?) b) t)
        """
        .formatted(MemorySelection.VALUES, configuration, made, MemorySelection.SELECTED);
  }

  List<Recalled> recall(MemoryScope scope, RecallQuery query) {
    MemorySelection selection = new MemorySelection(MemoryRows.owners(scope), query.filter());
    List<Embedding> wanted = query.embedding().stream().toList();
    vectors.requireLength(wanted);
    List<Recalled> hits =
        switch (way(query)) {
          case FULL_TEXT -> byWords(selection, query);
          case VECTOR -> vectors.withSetUp(wanted, () -> byMeaning(selection, query));
          default -> vectors.withSetUp(wanted, () -> byBoth(selection, query));
        };
    List<Recalled> good =
        hits.stream().filter(hit -> hit.score() >= query.ranking().minScore()).toList();
    return query.embeddings() ? withVectors(good) : good;
  }

  private static Ranking.Way way(RecallQuery query) {
    if (query.ranking().way() != Ranking.Way.BEST) {
      return query.ranking().way();
    }
    if (query.embedding().isEmpty()) {
      return Ranking.Way.FULL_TEXT;
    }
    return query.text().isEmpty() ? Ranking.Way.VECTOR : Ranking.Way.HYBRID;
  }

  private Arguments asked(MemorySelection selection, RecallQuery query, int most) {
    if (!wordsPrepared) {
      database.transaction(
          PORT,
          "making the index of words in " + language,
          statements ->
              statements.any("select selfupgrade.prepare_memory_words(?)", Arguments.of(language)));
      wordsPrepared = true;
    }
    String text = query.text().orElseThrow();
    return Arguments.of(selection.arguments()).and(text, text, most);
  }

  private List<Recalled> byWords(MemorySelection selection, RecallQuery query) {
    return database.call(
        PORT,
        "recalling by words",
        statements ->
            statements.list(
                words
                    + "select "
                    + MemoryRows.COLUMNS
                    + ", t.found, t.asked from t join selfupgrade.memories m on m.id = t.id"
                    + " order by t.place",
                row -> {
                  List<String> found = row.texts("found");
                  double share = (double) found.size() / row.number("asked");
                  return new Recalled(
                      MemoryRows.remembered(row),
                      share,
                      OptionalDouble.empty(),
                      share,
                      Set.copyOf(found));
                },
                asked(selection, query, query.limit())));
  }

  private static Embedding wanted(RecallQuery query) {
    return query
        .embedding()
        .orElseThrow(() -> new IllegalArgumentException("a query by vector without one: give one"));
  }

  private List<Recalled> byMeaning(MemorySelection selection, RecallQuery query) {
    Embedding wanted = wanted(query);
    if (vectors.now().search() != Search.INDEXED) {
      return named(selection, scan.nearest(selection, wanted, query.limit()));
    }
    if (planner.byIndex(selection)) {
      List<Recalled> hits = byMeaning(BY_INDEX, selection, wanted, query.limit());
      if (hits.size() == query.limit()) {
        return hits;
      }
    }
    return byMeaning(ONE_BY_ONE, selection, wanted, query.limit(), selection.byMetadata());
  }

  private List<Recalled> byMeaning(
      String sql, MemorySelection selection, Embedding wanted, Object... last) {
    Object[] values = selection.arguments();
    Arguments arguments =
        Arguments.of(values[0], wanted.values(), wanted.model())
            .and(values[1], values[2], values[3], values[4], values[5])
            .and(last);
    return database.call(
        PORT,
        "recalling by meaning",
        statements ->
            statements.list(
                sql,
                row -> near(MemoryRows.remembered(row), row.fraction("similarity")),
                arguments));
  }

  private static Recalled near(Remembered kept, double similarity) {
    double cosine = Math.max(-1, Math.min(1, similarity));
    return new Recalled(kept, (1 + cosine) / 2, OptionalDouble.of(cosine), 0, Set.of());
  }

  /** Reads what was found, but for what is gone since. */
  private List<Recalled> named(MemorySelection selection, List<VectorScan.Hit> found) {
    if (found.isEmpty()) {
      return List.of();
    }
    Map<UUID, Remembered> kept = new HashMap<>();
    database
        .call(
            PORT,
            "reading what was found",
            statements ->
                statements.list(
                    "with"
                        + MemorySelection.VALUES
                        + "select "
                        + MemoryRows.COLUMNS
                        + " from p join selfupgrade.memories m on m.id = any(?::uuid[]) and"
                        + MemorySelection.SELECTED,
                    MemoryRows::remembered,
                    Arguments.of(selection.arguments()).and(VectorScan.ids(found))))
        .forEach(memory -> kept.put(memory.id(), memory));
    List<Recalled> hits = new ArrayList<>();
    for (VectorScan.Hit hit : found) {
      Remembered memory = kept.get(hit.id());
      if (memory != null) {
        hits.add(near(memory, hit.cosine()));
      }
    }
    return hits;
  }

  private List<Recalled> byBoth(MemorySelection selection, RecallQuery query) {
    Embedding wanted = wanted(query);
    int most = query.candidates();
    if (vectors.now().search() != Search.INDEXED) {
      List<VectorScan.Hit> found = scan.nearest(selection, wanted, most);
      return byBoth(
              NEAR_AS_FOUND,
              selection,
              query,
              VectorScan.ids(found),
              Arguments.Column.of("float8", found, VectorScan.Hit::cosine))
          .hits();
    }
    if (planner.byIndex(selection)) {
      Found found = byBoth(NEAR_BY_INDEX, selection, query, wanted.values(), wanted.model(), most);
      if (found.near() == most) {
        return found.hits();
      }
    }
    return byBoth(
            NEAR_ONE_BY_ONE,
            selection,
            query,
            wanted.values(),
            wanted.model(),
            most,
            selection.byMetadata())
        .hits();
  }

  /** Hits, and how many were found by meaning. */
  private record Found(List<Recalled> hits, long near) {}

  private Found byBoth(
      String near, MemorySelection selection, RecallQuery query, Object... arguments) {
    Ranking.Weights weights = query.ranking().weights();
    Arguments all =
        asked(selection, query, query.candidates())
            .and(arguments)
            .and(weights.vector(), weights.text(), weights.importance(), weights.recency())
            .and(query.limit());
    long[] count = {0};
    List<Recalled> hits =
        database.call(
            PORT,
            "recalling by words and by meaning",
            statements ->
                statements.list(
                    words + BY_BOTH.formatted(near, MemoryRows.COLUMNS, SCORE, MemoryRows.SEEN),
                    row -> {
                      count[0] = row.number("near");
                      return both(row);
                    },
                    all));
    return new Found(hits, count[0]);
  }

  private static Recalled both(Row row) throws SQLException {
    boolean hasWords = row.textIfAny("found").isPresent();
    List<String> found = hasWords ? row.texts("found") : List.of();
    boolean means = row.textIfAny("similarity").isPresent();
    return new Recalled(
        MemoryRows.remembered(row),
        Math.max(0, Math.min(1, row.fraction("score"))),
        means
            ? OptionalDouble.of(Math.max(-1, Math.min(1, row.fraction("similarity"))))
            : OptionalDouble.empty(),
        hasWords ? (double) found.size() / row.number("asked") : 0,
        Set.copyOf(found));
  }

  private List<Recalled> withVectors(List<Recalled> hits) {
    Arguments.Column ids = Arguments.Column.of("uuid", hits, hit -> hit.remembered().id());
    Map<UUID, List<Stored>> stored = new HashMap<>();
    database
        .call(
            PORT,
            "reading vectors",
            statements ->
                statements.list(
                    VECTORS,
                    row ->
                        new Stored(
                            row.uuid("memory"),
                            row.instant("at"),
                            Embedding.of(row.text("model"), row.floats("embedding"))),
                    Arguments.of(ids, ids)))
        .forEach(one -> stored.computeIfAbsent(one.memory(), id -> new ArrayList<>()).add(one));
    return hits.stream()
        .map(
            hit -> {
              Remembered kept = hit.remembered();
              Optional<Embedding> vector =
                  stored.getOrDefault(kept.id(), List.of()).stream()
                      .filter(one -> one.at().equals(kept.createdAt()))
                      .map(Stored::vector)
                      .findFirst();
              return new Recalled(
                  MemoryRows.with(kept, vector),
                  hit.score(),
                  hit.similarity(),
                  hit.textScore(),
                  hit.words());
            })
        .toList();
  }

  private record Stored(UUID memory, java.time.Instant at, Embedding vector) {}
}
