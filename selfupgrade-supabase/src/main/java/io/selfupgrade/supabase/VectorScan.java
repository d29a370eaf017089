package io.selfupgrade.supabase;

import io.selfupgrade.memory.Embedding;
import java.nio.ByteBuffer;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.UUID;

/**
 * Compares vectors where there is no pgvector: streams them, and keeps no more than the best.
 *
 * <p>Each is read as the bytes that the server sends of an array, without an object a number.
 */
final class VectorScan {

  private static final int AT_ONCE = 200;

  /** Before the first number: dimensions, flags, type, length, lower bound. */
  private static final int HEAD = 20;

  static final Comparator<Hit> BEST =
      Comparator.comparingDouble(Hit::cosine)
          .reversed()
          .thenComparing(Hit::at, Comparator.reverseOrder())
          .thenComparing(hit -> hit.id().toString());

  private static final String CANDIDATES =
      """
      with %s
      select m.id, m.created_at, v.vector
        from p join selfupgrade.memories m on %s
        join lateral (
             select array_send(s.embedding) as vector from selfupgrade.memory_vectors s
              where s.memory = m.id and s.at = m.created_at and s.model = ?
             union all
             select array_send(s.embedding) from selfupgrade.memory_fresh_vectors s
              where s.memory = m.id and s.at = m.created_at and s.model = ?) v on true
      """
          .formatted(MemorySelection.VALUES, MemorySelection.SELECTED);

  private final Database database;

  VectorScan(Database database) {
    this.database = database;
  }

  /** A memory and how near it is. */
  record Hit(UUID id, Instant at, double cosine) {}

  static Arguments.Column ids(List<Hit> hits) {
    return Arguments.Column.of("uuid", hits, Hit::id);
  }

  /** Returns the nearest, the best first. */
  List<Hit> nearest(MemorySelection selection, Embedding wanted, int most) {
    PriorityQueue<Hit> best = new PriorityQueue<>(BEST.reversed());
    float[] vector = wanted.values();
    each(
        selection,
        wanted.model(),
        (id, at, bytes) -> {
          best.add(new Hit(id, at, cosine(vector, bytes)));
          if (best.size() > most) {
            best.remove();
          }
        },
        best::clear);
    List<Hit> hits = new ArrayList<>(best);
    hits.sort(BEST);
    return hits;
  }

  /** Hears of each vector; from the beginning again if the transaction has to be repeated. */
  void each(MemorySelection selection, String model, Seen seen, Runnable again) {
    Arguments arguments = Arguments.of(selection.arguments()).and(model, model);
    database.transaction(
        PostgresMemoryStore.PORT,
        "comparing vectors",
        statements -> {
          again.run();
          try (PreparedStatement statement = statements.connection().prepareStatement(CANDIDATES)) {
            statement.setFetchSize(AT_ONCE);
            arguments.bindTo(statement);
            try (ResultSet result = statement.executeQuery()) {
              while (result.next()) {
                seen.vector(
                    result.getObject(1, UUID.class),
                    result.getObject(2, OffsetDateTime.class).toInstant(),
                    ByteBuffer.wrap(result.getBytes(3)));
              }
            }
          }
          return true;
        });
  }

  static double cosine(float[] left, ByteBuffer right) {
    double product = 0;
    double ofLeft = 0;
    double ofRight = 0;
    for (int i = 0; i < left.length; i++) {
      double one = left[i];
      double other = right.getFloat(HEAD + i * 8 + 4);
      product += one * other;
      ofLeft += one * one;
      ofRight += other * other;
    }
    return Math.max(-1, Math.min(1, product / Math.sqrt(ofLeft * ofRight)));
  }

  /** Hears of a vector. */
  @FunctionalInterface
  interface Seen {
    /** Hears of it, as the server sends the array. */
    void vector(UUID id, Instant at, ByteBuffer bytes);
  }
}
