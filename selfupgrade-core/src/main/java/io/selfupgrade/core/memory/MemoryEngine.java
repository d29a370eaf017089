package io.selfupgrade.core.memory;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.memory.Consolidation;
import io.selfupgrade.memory.Imported;
import io.selfupgrade.memory.Memories;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryFilter;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStats;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.Progress;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.SetAside;
import io.selfupgrade.memory.Tier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The engine behind {@link Memories}; has no thread, every call runs on its caller's. */
public final class MemoryEngine implements Memories {

  private static final int FORGOTTEN_AT_ONCE = 1_000;
  private static final int MOST_LISTED = 1_000;
  private static final Duration LONGEST_LIFE = Duration.ofDays(36_500);

  private final Supplier<MemoryStore> store;
  private final MemorySettings settings;
  private final MemoryScope scope;
  private final Author author;
  private final Optional<Embeddings> embeddings;
  private final Remembering remembering;
  private final Recalling recalling;
  private final Tidying tidying;
  private final UseCounts uses;
  private final VectorRoom room;

  /** How this instance stands among those of its agent. */
  public interface Standing {

    /** Returns the fence while this instance leads. */
    Optional<Fence> fence();

    /**
     * Tells whether vectors of another model or length may give way to this instance's: not where
     * it is a candidate on trial, a standby or a developer's.
     */
    boolean mayReplaceVectors();
  }

  /**
   * Describes an engine; reads nothing and calls no embedder.
   *
   * @param self who remembers
   * @param store opens the store at the first use
   * @param standing of this instance
   * @param settings how it remembers
   * @param nanoTime a clock that never goes back
   */
  public MemoryEngine(
      InstanceRecord self,
      Supplier<MemoryStore> store,
      Standing standing,
      MemorySettings settings,
      LongSupplier nanoTime) {
    this.store = store;
    this.settings = settings;
    this.scope = new MemoryScope(self.agent(), settings.shared());
    this.room = new VectorRoom(scope, store, standing::mayReplaceVectors);
    this.uses = new UseCounts(scope, store, nanoTime);
    this.author = new Author(scope, self.id(), standing);
    this.embeddings = settings.model().map(Embeddings::new);
    this.remembering = new Remembering(store, author, settings, embeddings, room);
    this.recalling = new Recalling(scope, store, embeddings, room);
    this.tidying =
        new Tidying(
            scope.agent(),
            store,
            standing,
            embeddings.map(known -> new Reembedding(scope.agent(), store, known, room, nanoTime)),
            nanoTime);
  }

  @Override
  public Remembered remember(Memory memory) {
    Remembered kept = remembering.remember(memory);
    tidying.noteWritten();
    return kept;
  }

  @Override
  public long rememberAll(Iterator<Memory> memories, Progress progress) {
    Objects.requireNonNull(memories, "memories");
    Objects.requireNonNull(progress, "progress");
    tidying.noteWritten();
    return remembering.rememberAll(memories, progress);
  }

  @Override
  public List<Recalled> recall(RecallQuery query) {
    List<Recalled> hits = recalling.recall(query);
    uses.count(hits);
    return hits;
  }

  @Override
  public Optional<Remembered> get(UUID id) {
    return store.get().get(scope, Objects.requireNonNull(id, "id"));
  }

  @Override
  public Optional<Remembered> find(String externalId) {
    Objects.requireNonNull(externalId, "externalId");
    return store.get().find(scope, List.of(externalId)).stream()
        .min(Comparator.comparing(found -> found.memory().shared()));
  }

  @Override
  public boolean forget(UUID id) {
    return store.get().forget(scope, Objects.requireNonNull(id, "id"));
  }

  @Override
  public long forget(MemoryFilter filter) {
    Objects.requireNonNull(filter, "filter");
    long all = 0;
    int some;
    do {
      some = store.get().forget(scope, filter, FORGOTTEN_AT_ONCE);
      all += some;
    } while (some == FORGOTTEN_AT_ONCE);
    return all;
  }

  @Override
  public boolean promote(UUID id, Tier tier) {
    Objects.requireNonNull(id, "id");
    return store.get().promote(scope, id, tier, settings.life(tier));
  }

  @Override
  public boolean expire(UUID id, Duration in) {
    Objects.requireNonNull(id, "id");
    if (in.isNegative() || in.compareTo(LONGEST_LIFE) > 0) {
      throw new IllegalArgumentException("in " + in + ": expected 0 to 36,500 days");
    }
    return store.get().retire(scope, id, in);
  }

  @Override
  public Consolidation.Result consolidate(Consolidation how) {
    Objects.requireNonNull(how, "how");
    uses.tell();
    Consolidation.Result result = new Consolidator(author, store, settings, embeddings, how).run();
    tidying.noteWritten();
    return result;
  }

  @Override
  public MemoryStats stats() {
    return store.get().stats(scope);
  }

  @Override
  public Imported importFiles(Path source, Tier tier, Progress progress) {
    Objects.requireNonNull(tier, "tier");
    Objects.requireNonNull(progress, "progress");
    tidying.noteWritten();
    return new FileImport(scope, store, remembering, source, tier, progress).run();
  }

  @Override
  public List<SetAside> setAside() {
    return store.get().setAside(scope.agent());
  }

  @Override
  public List<Remembered> setAside(SetAside group, int most) {
    if (most < 1 || most > MOST_LISTED) {
      throw new IllegalArgumentException("at most " + most + ": expected 1 to " + MOST_LISTED);
    }
    return store.get().setAside(scope.agent(), group.writer(), most);
  }

  @Override
  public long restore(SetAside group) {
    return store.get().restore(scope.agent(), group.writer());
  }

  @Override
  public long drop(SetAside group) {
    return store.get().drop(scope.agent(), group.writer());
  }

  @Override
  public void tidy() {
    tidying.all(() -> Thread.currentThread().isInterrupted());
    uses.tell();
  }

  /**
   * Does what is to be done now and then, a batch in a statement; next to nothing if nothing is.
   *
   * @param cancelled asked between two batches
   */
  public void tidy(BooleanSupplier cancelled) {
    uses.tell();
    tidying.round(cancelled);
  }

  /**
   * Removes what has expired, a batch in a statement.
   *
   * @param cancelled asked between two batches
   */
  public void removeExpired(BooleanSupplier cancelled) {
    tidying.removeExpired(cancelled);
  }

  /**
   * Sets aside what versions remembered that were rolled back, if this instance leads.
   *
   * @return how many memories
   */
  public int setAsideRolledBack() {
    return tidying.setAside();
  }

  /** Notes that this instance begins to lead, or that a trial ended: it looks at all anew. */
  public void standingChanged() {
    room.forget();
    tidying.noteStanding();
  }

  /** Tells the store what it does not know yet, if it is open; throws nothing. */
  public void flush() {
    uses.tell();
  }
}
