package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.memory.MemoryFilter;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStats;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.SetAside;
import io.selfupgrade.memory.Tier;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Memories, their words in a GIN index and their vectors beside them. */
final class PostgresMemoryStore implements MemoryStore {

  static final String PORT = "MemoryStore";

  private static final String READ =
      "select " + MemoryRows.COLUMNS + " from selfupgrade.memories m where ";
  private static final String OF_SCOPE = " m.id = ? and m.agent = any(?::text[]) and";

  /** The agent's own before a shared one. */
  private static final String FIND =
      "select distinct on (m.external_id) "
          + MemoryRows.COLUMNS
          + " from selfupgrade.memories m where m.agent = any(?::text[])"
          + " and m.external_id = any(?::text[]) and"
          + MemoryRows.SEEN
          + "order by m.external_id, m.agent <> ?";

  private static final String EXTERNAL_IDS =
      "select m.external_id from selfupgrade.memories m where m.agent = ? and"
          + " starts_with(m.external_id, ?) and m.external_id collate \"C\" >= ?"
          + " and (?::text is null or m.external_id collate \"C\" > ?) and"
          + MemoryRows.SEEN
          + "order by m.external_id collate \"C\" limit ?";

  private static final String FORGET = deleting(ids(OF_SCOPE + MemoryRows.SEEN));

  private static final String FORGET_THOSE =
      deleting(
          "with"
              + MemorySelection.VALUES
              + "select m.id from p join selfupgrade.memories m on"
              + MemorySelection.SELECTED
              + "limit ?");

  private static final String REMOVE_EXPIRED =
      deleting(
          ids(
              " m.agent = ? and m.expires_at <= clock_timestamp()"
                  + " order by m.expires_at limit ? for update skip locked"));

  private final Database database;
  private final MemoryVectors vectors;
  private final MemoryWriter writer;
  private final MemorySearch search;
  private final MemoryKeeper keeper;
  private final MemoryPairs pairs;
  private final MemoryUses uses;
  private final MemoryAside aside;
  private final MemoryCounts counts;

  PostgresMemoryStore(Database database, MemoryStorage storage) {
    this.database = database;
    vectors = new MemoryVectors(database, storage);
    MemoryLoader loader = new MemoryLoader();
    writer = new MemoryWriter(database, vectors, loader);
    search = new MemorySearch(database, vectors, storage.language());
    keeper = new MemoryKeeper(database, vectors, loader);
    pairs = new MemoryPairs(database, vectors);
    uses = new MemoryUses(database, vectors, loader);
    aside = new MemoryAside(database);
    counts = new MemoryCounts(database, vectors);
  }

  private static String ids(String which) {
    return "select m.id from selfupgrade.memories m where" + which;
  }

  /**
   * Deletes the memories that a query names, and what lies beside them; returns how many, as gone.
   */
  static String deleting(String query) {
    return """
        with gone as (
          delete from selfupgrade.memories d where d.id in (%s) returning d.id),
        v as (delete from selfupgrade.memory_vectors v using gone where v.memory = gone.id),
        f as (delete from selfupgrade.memory_fresh_vectors v using gone where v.memory = gone.id),
        u as (delete from selfupgrade.memory_use u using gone where u.memory = gone.id)
        select count(*) as gone from gone
        """
        .formatted(query);
  }

  @Override
  public Remembered remember(Author author, Entry entry) {
    keeper.seen(MemoryRows.owners(author.scope()));
    return writer.remember(author, entry);
  }

  @Override
  public void rememberAll(Author author, List<Entry> entries) {
    keeper.seen(MemoryRows.owners(author.scope()));
    writer.rememberAll(author, entries);
  }

  @Override
  public List<Recalled> recall(MemoryScope scope, RecallQuery query) {
    return search.recall(scope, query);
  }

  @Override
  public Optional<Remembered> get(MemoryScope scope, UUID id) {
    return database.call(
        PORT,
        "reading memory " + id,
        statements ->
            statements.first(
                READ + OF_SCOPE + MemoryRows.SEEN,
                MemoryRows::remembered,
                Arguments.of(id, MemoryRows.owners(scope))));
  }

  @Override
  public List<Remembered> find(MemoryScope scope, Collection<String> externalIds) {
    return database.call(
        PORT,
        "finding memories",
        statements ->
            statements.list(
                FIND,
                MemoryRows::remembered,
                Arguments.of(MemoryRows.owners(scope), List.copyOf(externalIds), scope.agent())));
  }

  @Override
  public List<String> externalIds(
      MemoryScope scope, String prefix, Optional<String> after, int limit) {
    return database.call(
        PORT,
        "listing external ids",
        statements ->
            statements.list(
                EXTERNAL_IDS,
                row -> row.text("external_id"),
                Arguments.of(scope.agent(), prefix, prefix, after, after, limit)));
  }

  @Override
  public boolean forget(MemoryScope scope, UUID id) {
    return deleted("forgetting memory " + id, FORGET, Arguments.of(id, MemoryRows.owners(scope)))
        > 0;
  }

  @Override
  public int forget(MemoryScope scope, MemoryFilter filter, int limit) {
    MemorySelection own = new MemorySelection(List.of(scope.agent().value()), filter);
    return deleted("forgetting memories", FORGET_THOSE, Arguments.of(own.arguments()).and(limit));
  }

  @Override
  public boolean promote(MemoryScope scope, UUID id, Tier tier, Optional<Duration> life) {
    return changed(
        "moving memory " + id,
        "tier = ?, expires_at = clock_timestamp() + " + Sql.SPAN,
        Arguments.of(tier.label(), life, id, MemoryRows.owners(scope)));
  }

  @Override
  public boolean retire(MemoryScope scope, UUID id, Duration in) {
    return changed(
        "ending memory " + id,
        "expires_at = clock_timestamp() + " + Sql.SPAN,
        Arguments.of(in, id, MemoryRows.owners(scope)));
  }

  private boolean changed(String operation, String change, Arguments arguments) {
    return database.call(
            PORT,
            operation,
            statements ->
                statements.update(
                    "update selfupgrade.memories m set "
                        + change
                        + " where"
                        + OF_SCOPE
                        + MemoryRows.SEEN,
                    arguments))
        > 0;
  }

  private int deleted(String operation, String sql, Arguments arguments) {
    return database
        .call(
            PORT,
            operation,
            statements -> statements.first(sql, row -> (int) row.number("gone"), arguments))
        .orElse(0);
  }

  @Override
  public MemoryStats stats(MemoryScope scope) {
    return counts.of(scope.agent());
  }

  @Override
  public int removeExpired(AgentName agent, int limit) {
    int removed = removeExpired(agent.value(), limit);
    if (removed < limit) {
      keeper.shared().forEach(owner -> removeExpired(owner, limit));
    }
    return removed;
  }

  private int removeExpired(String owner, int limit) {
    return deleted(
        "removing expired memories of " + owner, REMOVE_EXPIRED, Arguments.of(owner, limit));
  }

  @Override
  public MemoryStats.Search prepareVectors(int dimension) {
    return vectors.prepare(dimension);
  }

  @Override
  public int settle(AgentName agent, int limit) {
    return keeper.settle(agent, limit);
  }

  @Override
  public List<Unembedded> unembedded(AgentName agent, String model, int limit) {
    return keeper.unembedded(agent, model, limit);
  }

  @Override
  public int embed(AgentName agent, List<Embedded> embedded) {
    return keeper.embed(agent, embedded);
  }

  @Override
  public void used(MemoryScope scope, Map<UUID, Integer> counted) {
    uses.used(scope, counted);
  }

  @Override
  public List<UUID> promotable(AgentName agent, int fromUses, double fromImportance, int limit) {
    return uses.promotable(agent, fromUses, fromImportance, limit);
  }

  @Override
  public AlikePage alike(
      AgentName agent, String model, double cosine, Optional<UUID> after, int limit) {
    return pairs.alike(agent, model, cosine, after, limit);
  }

  @Override
  public List<Used> uses(AgentName agent, List<UUID> ids) {
    return uses.read(agent, ids);
  }

  @Override
  public boolean merge(Author author, Merge merge) {
    return uses.merge(author, merge);
  }

  @Override
  public int setAside(Fence fence) {
    return aside.setAside(fence);
  }

  @Override
  public List<SetAside> setAside(AgentName agent) {
    return aside.list(agent);
  }

  @Override
  public List<Remembered> setAside(AgentName agent, InstanceId writer, int limit) {
    return aside.read(agent, writer, limit);
  }

  @Override
  public int restore(AgentName agent, InstanceId writer) {
    return aside.restore(agent, writer);
  }

  @Override
  public int drop(AgentName agent, InstanceId writer) {
    return aside.drop(agent, writer);
  }
}
