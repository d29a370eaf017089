package io.selfupgrade.testkit;

import io.selfupgrade.memory.MemoryStore;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/** The memories of one agent, or of one namespace; guarded by the state's lock. */
final class MemoryRows {

  private final Map<UUID, MemoryRow> rows = new LinkedHashMap<>();
  private final Map<String, UUID> byExternalId = new HashMap<>();
  private final Map<UUID, Long> uses = new HashMap<>();

  MemoryRow remember(MemoryStore.Author author, MemoryStore.Entry entry, Instant now) {
    Optional<MemoryRow> known =
        entry
            .memory()
            .externalId()
            .flatMap(id -> Optional.ofNullable(byExternalId.get(id)))
            .flatMap(this::find);
    MemoryRow row =
        MemoryRow.of(
            known.map(MemoryRow::id).orElseGet(UUID::randomUUID),
            author,
            entry,
            known.map(before -> before.next(now)).orElse(now));
    put(row);
    return row;
  }

  void put(MemoryRow row) {
    rows.put(row.id(), row);
    row.memory().externalId().ifPresent(id -> byExternalId.put(id, row.id()));
  }

  void remove(MemoryRow row) {
    rows.remove(row.id());
    uses.remove(row.id());
    row.memory().externalId().ifPresent(byExternalId::remove);
  }

  void used(UUID id, long times) {
    uses.merge(id, times, Long::sum);
  }

  long uses(UUID id) {
    return uses.getOrDefault(id, 0L);
  }

  List<MemoryRow> all() {
    return List.copyOf(rows.values());
  }

  Stream<MemoryRow> seen(Instant now) {
    return rows.values().stream().filter(row -> row.seen(now));
  }

  Optional<MemoryRow> seen(UUID id, Instant now) {
    return find(id).filter(row -> row.seen(now));
  }

  Optional<MemoryRow> seen(String externalId, Instant now) {
    return Optional.ofNullable(byExternalId.get(externalId)).flatMap(id -> seen(id, now));
  }

  private Optional<MemoryRow> find(UUID id) {
    return Optional.ofNullable(rows.get(id));
  }

  Map<UUID, MemoryRow> copy() {
    return new LinkedHashMap<>(rows);
  }

  /** Makes the rows those of a copy; uses stay, but of what is gone. */
  void restore(Map<UUID, MemoryRow> copy) {
    rows.clear();
    byExternalId.clear();
    copy.values().forEach(this::put);
    uses.keySet().retainAll(rows.keySet());
  }
}
