package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.MemoryStats.Search;
import io.selfupgrade.memory.MemoryStore;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How vectors are kept in this database: their type and their length, which others may change. */
final class MemoryVectors {

  private static final String PORT = PostgresMemoryStore.PORT;

  /** Most that half precision holds, and the least that it tells from zero. */
  private static final float MOST_HALF = 65_504;

  private static final float LEAST_HALF = 0x1p-24f;

  /** Wrong length, unknown function, another type, the check of {@code real[]}. */
  private static final Set<String> OUTDATED = Set.of("22000", "42883", "42804", "23514", "22P03");

  private static final Logger LOG = LoggerFactory.getLogger(PostgresStore.class);

  private final Database database;
  private final MemoryStorage storage;
  private final AtomicBoolean told = new AtomicBoolean();
  private volatile @Nullable SetUp known;

  MemoryVectors(Database database, MemoryStorage storage) {
    this.database = database;
    this.storage = storage;
  }

  /**
   * How vectors are kept.
   *
   * @param kind {@code vector} or {@code halfvec} of pgvector, or {@code real} without it
   * @param dimension how many numbers they have; 0: that is open
   */
  record SetUp(String kind, int dimension) {

    Search search() {
      if (dimension == 0) {
        return Search.NONE;
      }
      return kind.equals("real") ? Search.EXACT : Search.INDEXED;
    }
  }

  /** Returns the set-up as it was when it was last looked at; never as open. */
  SetUp now() {
    SetUp seen = known;
    return seen == null ? look() : seen;
  }

  private SetUp look() {
    SetUp seen =
        database
            .call(
                PORT,
                "looking how vectors are kept",
                statements ->
                    statements.first(
                        "select s.kind, s.dimension from selfupgrade.memory_set_up() s",
                        row -> new SetUp(row.text("kind"), (int) row.number("dimension")),
                        Arguments.of()))
            .orElseThrow();
    known = seen.search() == Search.NONE ? null : seen;
    if (seen.search() == Search.EXACT && told.compareAndSet(false, true)) {
      LOG.info(
          "There is no pgvector 0.8 in this database, so memories are found by meaning by comparing"
              + " each one: fine for some ten thousand; with the extension there is an index");
    }
    return seen;
  }

  Search prepare(int dimension) {
    database.transaction(
        PORT,
        "making room for vectors of " + dimension + " numbers",
        statements ->
            statements.any(
                "select selfupgrade.prepare_memory_vectors(?, ?)",
                Arguments.of(dimension, storage.half())));
    return look().search();
  }

  /**
   * Makes room for vectors that are to be stored, the first time.
   *
   * @throws IllegalArgumentException if one has another length than those stored
   */
  void makeRoom(Collection<Embedding> vectors) {
    if (vectors.isEmpty()) {
      return;
    }
    SetUp setUp = now();
    int first = vectors.iterator().next().dimension();
    vectors.forEach(vector -> requireLength(vector, first));
    if (setUp.dimension() == 0) {
      prepare(first);
    }
    requireLength(vectors);
    if (now().kind().equals("halfvec")) {
      vectors.forEach(MemoryVectors::requireHalf);
    }
  }

  /** Refuses vectors that cannot be compared with those stored. */
  void requireLength(Collection<Embedding> vectors) {
    for (Embedding vector : vectors) {
      int expected = now().dimension();
      if (expected != 0 && vector.dimension() != expected) {
        // Somebody else may have prepared for another length since.
        int latest = look().dimension();
        requireLength(vector, latest == 0 ? vector.dimension() : latest);
      }
    }
  }

  private static void requireLength(Embedding vector, int expected) {
    if (vector.dimension() != expected) {
      throw new IllegalArgumentException(
          "vector "
              + vector
              + " with "
              + vector.dimension()
              + " numbers: the store's vectors have "
              + expected);
    }
  }

  private static void requireHalf(Embedding vector) {
    float most = 0;
    for (float value : vector.values()) {
      most = Math.max(most, Math.abs(value));
    }
    if (most > MOST_HALF || most < LEAST_HALF) {
      throw new IllegalArgumentException(
          "vector "
              + vector
              + " whose largest number is "
              + most
              + ": half precision holds "
              + LEAST_HALF
              + " to "
              + MOST_HALF
              + "; normalize it, or choose another MemoryStorage");
    }
  }

  /** Does what depends on the set-up, and again after a look if somebody else has changed it. */
  <T> T withSetUp(Collection<Embedding> vectors, Supplier<T> work) {
    try {
      return work.get();
    } catch (AdapterException e) {
      SetUp before = known;
      if (!(e.getCause() instanceof SQLException cause)
          || !OUTDATED.contains(String.valueOf(cause.getSQLState()))
          || look().equals(before)) {
        throw e;
      }
      requireLength(vectors);
      return work.get();
    }
  }

  static List<Embedding> of(List<MemoryStore.Entry> entries) {
    return entries.stream().flatMap(entry -> entry.memory().embedding().stream()).toList();
  }
}
