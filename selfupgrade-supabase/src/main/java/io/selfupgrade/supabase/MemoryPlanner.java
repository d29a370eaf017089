package io.selfupgrade.supabase;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Chooses how vectors are looked for: few memories are compared one by one, many by the index.
 *
 * <p>Postgres would choose anew in each statement, by guesses about metadata that it cannot make. A
 * wrong choice costs time and no hits: where the index gives too few, all are compared.
 */
final class MemoryPlanner {

  /** From so many on the index is faster than to compare each one. */
  static final int MANY = 1_000;

  private static final int MOST = 256;
  private static final long FRESH_NANOS = Duration.ofSeconds(10).toNanos();

  private static final String PROBE =
      """
      with %s
      select count(*) as kept
        from (select 1 from p join selfupgrade.memories m on %s limit %d) s
      """
          .formatted(MemorySelection.VALUES, MemorySelection.SELECTED, MANY);

  private final Map<MemorySelection, Choice> choices =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<MemorySelection, Choice> eldest) {
          return size() > MOST;
        }
      };

  private record Choice(boolean index, long madeAt) {}

  private final Database database;

  MemoryPlanner(Database database) {
    this.database = database;
  }

  /** Tells whether the index is the shorter way. */
  boolean byIndex(MemorySelection selection) {
    if (selection.filter().externalIds().isPresent()) {
      return false;
    }
    long now = System.nanoTime();
    synchronized (choices) {
      Choice known = choices.get(selection);
      if (known != null && now - known.madeAt() < FRESH_NANOS) {
        return known.index();
      }
    }
    long kept =
        database
            .call(
                PostgresMemoryStore.PORT,
                "counting what a filter keeps",
                statements ->
                    statements.first(
                        PROBE, row -> row.number("kept"), Arguments.of(selection.arguments())))
            .orElse(0L);
    synchronized (choices) {
      choices.put(selection, new Choice(kept >= MANY, now));
    }
    return kept >= MANY;
  }
}
