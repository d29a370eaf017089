package io.selfupgrade.testkit;

import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryFilter;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStats;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Memories in memory. */
final class InMemoryMemoryStore extends InMemoryMemoryUpkeep implements MemoryStore {

  private static final int MOST_AT_ONCE = 10_000;

  InMemoryMemoryStore(InMemoryState state) {
    super(state);
  }

  @Override
  public Remembered remember(Author author, Entry entry) {
    return state.transact(
        () -> {
          requireStorable(author, List.of(entry));
          return remembered(author, entry).kept();
        });
  }

  @Override
  public void rememberAll(Author author, List<Entry> entries) {
    if (entries.size() > MOST_AT_ONCE) {
      throw new IllegalArgumentException(
          entries.size() + " memories at once: expected at most " + MOST_AT_ONCE);
    }
    state.transact(
        () -> {
          requireStorable(author, entries);
          entries.forEach(entry -> remembered(author, entry));
        });
  }

  private static void requireShareable(Author author, Memory memory) {
    if (memory.shared() && author.scope().shared().isEmpty()) {
      throw new IllegalArgumentException(
          "a shared memory of "
              + author.scope().agent()
              + ", which shares no namespace: name one, or keep the memory");
    }
  }

  private void requireStorable(Author author, List<Entry> entries) {
    for (Entry entry : entries) {
      requireShareable(author, entry.memory());
      JsonText.object(entry.memory().metadata());
    }
    makeRoom(entries.stream().flatMap(entry -> entry.memory().embedding().stream()).toList());
  }

  private MemoryRow remembered(Author author, Entry entry) {
    MemoryRows rows =
        entry.memory().shared()
            ? shared(author.scope()).findFirst().orElseThrow()
            : own(author.scope());
    return rows.remember(author, entry, state.now());
  }

  @Override
  public List<Recalled> recall(MemoryScope scope, RecallQuery query) {
    return state.transact(
        () -> {
          query.embedding().ifPresent(this::requireLength);
          List<MemoryRow> rows =
              all(scope)
                  .flatMap(owner -> owner.seen(state.now()))
                  .filter(row -> row.meant(query.filter()))
                  .toList();
          return new MemorySearch(rows, query, state.now()).hits();
        });
  }

  @Override
  public Optional<Remembered> get(MemoryScope scope, UUID id) {
    return state
        .transact(() -> all(scope).flatMap(rows -> rows.seen(id, state.now()).stream()).findFirst())
        .map(MemoryRow::kept);
  }

  @Override
  public List<Remembered> find(MemoryScope scope, Collection<String> externalIds) {
    return state.transact(
        () ->
            externalIds.stream()
                .distinct()
                .flatMap(id -> find(scope, id).stream())
                .map(MemoryRow::kept)
                .toList());
  }

  private Optional<MemoryRow> find(MemoryScope scope, String externalId) {
    return all(scope).flatMap(rows -> rows.seen(externalId, state.now()).stream()).findFirst();
  }

  @Override
  public List<String> externalIds(
      MemoryScope scope, String prefix, Optional<String> after, int limit) {
    return state.transact(
        () ->
            own(scope)
                .seen(state.now())
                .flatMap(row -> row.memory().externalId().stream())
                .filter(id -> id.startsWith(prefix))
                .filter(id -> after.filter(last -> !follows(last, id)).isEmpty())
                .sorted(InMemoryConversationStore.BY_CODE_POINTS)
                .limit(limit)
                .toList());
  }

  private static boolean follows(String last, String id) {
    return InMemoryConversationStore.BY_CODE_POINTS.compare(id, last) > 0;
  }

  @Override
  public boolean forget(MemoryScope scope, UUID id) {
    return state.transact(
        () -> {
          Optional<MemoryRows> owner = owner(scope, id);
          owner.ifPresent(rows -> rows.remove(rows.seen(id, state.now()).orElseThrow()));
          return owner.isPresent();
        });
  }

  @Override
  public int forget(MemoryScope scope, MemoryFilter filter, int limit) {
    return state.transact(
        () -> {
          List<MemoryRow> meant =
              own(scope).seen(state.now()).filter(row -> row.meant(filter)).limit(limit).toList();
          meant.forEach(own(scope)::remove);
          return meant.size();
        });
  }

  @Override
  public boolean promote(MemoryScope scope, UUID id, Tier tier, Optional<Duration> life) {
    return change(scope, id, row -> row.inTier(tier, life.map(state.now()::plus)));
  }

  @Override
  public boolean retire(MemoryScope scope, UUID id, Duration in) {
    return change(scope, id, row -> row.ending(state.now().plus(in)));
  }

  private boolean change(MemoryScope scope, UUID id, UnaryOperator<MemoryRow> change) {
    return state.transact(
        () -> {
          Optional<MemoryRows> owner = owner(scope, id);
          owner.ifPresent(rows -> rows.put(change.apply(rows.seen(id, state.now()).orElseThrow())));
          return owner.isPresent();
        });
  }

  private Optional<MemoryRows> owner(MemoryScope scope, UUID id) {
    return all(scope).filter(rows -> rows.seen(id, state.now()).isPresent()).findFirst();
  }

  @Override
  public MemoryStats stats(MemoryScope scope) {
    return state.transact(() -> new MemoryCount(own(scope).all(), state.now()).stats(search()));
  }

  private Stream<MemoryRows> all(MemoryScope scope) {
    return Stream.concat(Stream.of(own(scope)), shared(scope));
  }

  private MemoryRows own(MemoryScope scope) {
    return own(scope.agent());
  }
}
