package io.selfupgrade.testkit;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStats;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.MemoryUpkeep;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.SetAside;
import io.selfupgrade.memory.Tier;
import io.selfupgrade.upgrade.UpgradePhase;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Keeps memories in memory in order; vectors are compared one by one, so none is ever fresh. */
abstract class InMemoryMemoryUpkeep implements MemoryUpkeep {

  private static final Comparator<MemoryRow> OLDEST =
      Comparator.comparing(row -> row.kept().createdAt());

  /** As Postgres compares them: by their bytes. */
  private static final Comparator<UUID> BY_BYTES = Comparator.comparing(UUID::toString);

  final InMemoryState state;

  InMemoryMemoryUpkeep(InMemoryState state) {
    this.state = state;
  }

  @Override
  public int removeExpired(AgentName agent, int limit) {
    return state.transact(
        () ->
            remove(
                agent,
                own(agent).all().stream()
                    .filter(row -> row.expired(state.now()))
                    .sorted(Comparator.comparing(row -> row.kept().expiresAt().orElseThrow()))
                    .limit(limit)));
  }

  @Override
  public MemoryStats.Search prepareVectors(int dimension) {
    return state.transact(
        () -> {
          if (!state.dimension.equals(OptionalInt.of(dimension))) {
            remake(dimension);
          }
          return search();
        });
  }

  private void remake(int dimension) {
    List<MemoryRows> owners =
        Stream.concat(
                state.all().stream().map(rows -> rows.memories),
                state.sharedMemories.values().stream())
            .toList();
    long only =
        owners.stream()
            .flatMap(rows -> rows.all().stream())
            .filter(row -> row.embedding().isPresent() && row.memory().content().isEmpty())
            .count();
    if (only > 0) {
      throw new AdapterException(
          "MemoryStore",
          "making room for vectors of "
              + dimension
              + " numbers failed: "
              + only
              + " memories are only vectors of "
              + state.dimension.orElseThrow()
              + "; remove them first",
          false,
          null);
    }
    owners.forEach(rows -> rows.all().forEach(row -> rows.put(row.embedding(Optional.empty()))));
    state.dimension = OptionalInt.of(dimension);
  }

  @Override
  public int settle(AgentName agent, int limit) {
    return 0;
  }

  @Override
  public List<Unembedded> unembedded(AgentName agent, String model, int limit) {
    return state.transact(
        () ->
            own(agent)
                .seen(state.now())
                .filter(row -> !row.memory().content().isEmpty())
                .filter(row -> !hasVectorOf(row, model))
                .sorted(OLDEST)
                .limit(limit)
                .map(
                    row -> new Unembedded(row.id(), row.memory().content(), row.kept().createdAt()))
                .toList());
  }

  @Override
  public int embed(AgentName agent, List<Embedded> embedded) {
    return state.transact(
        () -> {
          makeRoom(embedded.stream().map(Embedded::embedding).toList());
          return (int) embedded.stream().filter(each -> embed(own(agent), each)).count();
        });
  }

  private boolean embed(MemoryRows rows, Embedded each) {
    Optional<MemoryRow> same =
        rows.seen(each.memory().id(), state.now())
            .filter(row -> row.kept().createdAt().equals(each.memory().createdAt()));
    same.ifPresent(row -> rows.put(row.embedding(Optional.of(each.embedding()))));
    return same.isPresent();
  }

  @Override
  public void used(MemoryScope scope, Map<UUID, Integer> uses) {
    state.transact(
        () ->
            Stream.concat(Stream.of(own(scope.agent())), shared(scope))
                .forEach(rows -> used(rows, uses)));
  }

  private void used(MemoryRows rows, Map<UUID, Integer> uses) {
    uses.forEach((id, times) -> rows.seen(id, state.now()).ifPresent(row -> rows.used(id, times)));
  }

  @Override
  public List<UUID> promotable(AgentName agent, int fromUses, double fromImportance, int limit) {
    return state.transact(
        () ->
            own(agent)
                .seen(state.now())
                .filter(row -> row.memory().tier() != Tier.LONG_TERM)
                .filter(
                    row ->
                        own(agent).uses(row.id()) >= fromUses
                            || row.memory().importance() >= fromImportance)
                .limit(limit)
                .map(MemoryRow::id)
                .toList());
  }

  @Override
  public AlikePage alike(
      AgentName agent, String model, double cosine, Optional<UUID> after, int limit) {
    return state.transact(
        () -> {
          List<MemoryRow> rows =
              own(agent)
                  .seen(state.now())
                  .filter(row -> hasVectorOf(row, model))
                  .sorted(Comparator.comparing(MemoryRow::id, BY_BYTES))
                  .filter(row -> after.filter(last -> !follows(last, row.id())).isEmpty())
                  .toList();
          List<MemoryRow> looked = rows.stream().limit(limit).toList();
          List<Alike> pairs = looked.stream().flatMap(row -> alike(row, rows, cosine)).toList();
          return new AlikePage(
              pairs,
              looked.size() < rows.size()
                  ? Optional.of(looked.get(looked.size() - 1).id())
                  : Optional.empty());
        });
  }

  private static Stream<Alike> alike(MemoryRow row, List<MemoryRow> rows, double cosine) {
    Embedding vector = row.embedding().orElseThrow();
    return rows.stream()
        .filter(other -> follows(row.id(), other.id()))
        .filter(other -> other.memory().tier() == row.memory().tier())
        .map(
            other ->
                new Alike(row.id(), other.id(), vector.cosine(other.embedding().orElseThrow())))
        .filter(pair -> pair.cosine() >= cosine);
  }

  @Override
  public List<Used> uses(AgentName agent, List<UUID> ids) {
    return state.transact(
        () ->
            ids.stream()
                .distinct()
                .flatMap(id -> own(agent).seen(id, state.now()).stream())
                .map(row -> new Used(row.kept(), own(agent).uses(row.id())))
                .toList());
  }

  @Override
  public boolean merge(MemoryStore.Author author, Merge merge) {
    return state.transact(
        () -> {
          merge.as().embedding().ifPresent(this::requireLength);
          MemoryRows rows = own(author.scope().agent());
          boolean same =
              Stream.concat(Stream.of(merge.kept()), merge.gone().stream())
                  .allMatch(read -> isAsRead(rows, read));
          if (same) {
            makeRoom(merge.as().embedding().stream().toList());
            makeOne(rows, author, merge);
          }
          return same;
        });
  }

  private boolean isAsRead(MemoryRows rows, Remembered read) {
    return rows.seen(read.id(), state.now()).map(MemoryRow::kept).equals(Optional.of(read));
  }

  private void makeOne(MemoryRows rows, MemoryStore.Author author, Merge merge) {
    MemoryRow before = rows.seen(merge.kept().id(), state.now()).orElseThrow();
    Memory as = merge.as();
    Memory one =
        new Memory(
            as.content(),
            as.tier(),
            as.metadata(),
            as.importance(),
            before.memory().externalId(),
            as.embedding(),
            false);
    Remembered kept =
        new Remembered(
            before.id(),
            one.embedding(Optional.empty()),
            before.next(state.now()),
            before.kept().expiresAt());
    boolean says = one.content().equals(before.memory().content());
    Optional<Embedding> vector =
        one.embedding().or(() -> says ? before.embedding() : Optional.empty());
    rows.put(new MemoryRow(kept, author, vector, before.standing()));
    for (Remembered other : merge.gone()) {
      rows.used(before.id(), rows.uses(other.id()));
      rows.seen(other.id(), state.now()).ifPresent(rows::remove);
    }
  }

  @Override
  public int setAside(Fence fence) {
    return state.transact(() -> state.fenced(fence).map(this::setAside).orElse(0));
  }

  private int setAside(AgentRows rows) {
    Set<InstanceId> writers = rolledBack(rows);
    List<MemoryRow> found =
        rows.memories.all().stream()
            .filter(row -> row.standing() == MemoryRow.Standing.IN_FORCE)
            .filter(row -> writers.contains(row.author().instance()))
            .toList();
    found.forEach(row -> rows.memories.put(row.standing(MemoryRow.Standing.SET_ASIDE)));
    return found.size();
  }

  private static Set<InstanceId> rolledBack(AgentRows rows) {
    Map<UUID, UpgradeRow> upgrades =
        rows.upgrades.stream()
            .filter(row -> row.phase == UpgradePhase.ROLLED_BACK)
            .collect(Collectors.toMap(row -> row.id, row -> row));
    Stream<InstanceId> onTrial =
        rows.instances.values().stream()
            .filter(each -> each.record.trial().filter(upgrades::containsKey).isPresent())
            .map(each -> each.record.id());
    return Stream.concat(onTrial, upgrades.values().stream().flatMap(row -> row.candidate.stream()))
        .collect(Collectors.toSet());
  }

  @Override
  public List<SetAside> setAside(AgentName agent) {
    return state.transact(
        () ->
            aside(agent)
                .collect(Collectors.groupingBy(row -> row.author().instance()))
                .values()
                .stream()
                .map(InMemoryMemoryUpkeep::group)
                .sorted(Comparator.comparing(SetAside::last).reversed())
                .toList());
  }

  private static SetAside group(Collection<MemoryRow> rows) {
    List<Instant> times = rows.stream().map(row -> row.kept().createdAt()).sorted().toList();
    return new SetAside(
        rows.iterator().next().author().instance(),
        rows.stream().mapToLong(row -> row.author().epoch()).max().orElse(0),
        rows.size(),
        times.get(0),
        times.get(times.size() - 1));
  }

  @Override
  public List<Remembered> setAside(AgentName agent, InstanceId writer, int limit) {
    return state.transact(
        () ->
            aside(agent, writer)
                .sorted(OLDEST.reversed())
                .limit(limit)
                .map(MemoryRow::kept)
                .toList());
  }

  @Override
  public int restore(AgentName agent, InstanceId writer) {
    return state.transact(
        () -> {
          List<MemoryRow> back = aside(agent, writer).toList();
          back.forEach(row -> own(agent).put(row.standing(MemoryRow.Standing.TAKEN_BACK)));
          return back.size();
        });
  }

  @Override
  public int drop(AgentName agent, InstanceId writer) {
    return state.transact(() -> remove(agent, aside(agent, writer)));
  }

  private Stream<MemoryRow> aside(AgentName agent, InstanceId writer) {
    return aside(agent).filter(row -> row.author().instance().equals(writer));
  }

  private Stream<MemoryRow> aside(AgentName agent) {
    return own(agent).all().stream()
        .filter(row -> row.standing() == MemoryRow.Standing.SET_ASIDE)
        .filter(row -> !row.expired(state.now()));
  }

  private int remove(AgentName agent, Stream<MemoryRow> rows) {
    List<MemoryRow> gone = rows.toList();
    gone.forEach(own(agent)::remove);
    return gone.size();
  }

  final MemoryRows own(AgentName agent) {
    return state.rows(agent).memories;
  }

  final Stream<MemoryRows> shared(MemoryScope scope) {
    return scope.shared().stream()
        .map(name -> state.sharedMemories.computeIfAbsent(name, unused -> new MemoryRows()));
  }

  final MemoryStats.Search search() {
    return state.dimension.isPresent() ? MemoryStats.Search.EXACT : MemoryStats.Search.NONE;
  }

  /** Has the first vector say how long all are. */
  final void makeRoom(List<Embedding> vectors) {
    int expected = state.dimension.orElse(vectors.isEmpty() ? 0 : vectors.get(0).dimension());
    vectors.forEach(vector -> requireLength(vector, expected));
    if (!vectors.isEmpty()) {
      state.dimension = OptionalInt.of(expected);
    }
  }

  final void requireLength(Embedding vector) {
    requireLength(vector, state.dimension.orElse(vector.dimension()));
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

  private static boolean hasVectorOf(MemoryRow row, String model) {
    return row.embedding().map(Embedding::model).filter(model::equals).isPresent();
  }

  private static boolean follows(UUID last, UUID id) {
    return BY_BYTES.compare(id, last) > 0;
  }
}
