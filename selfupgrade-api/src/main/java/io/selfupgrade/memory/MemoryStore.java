package io.selfupgrade.memory;

import io.selfupgrade.agent.InstanceId;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * Where memories are kept.
 *
 * <p>Not fenced but for {@link #setAside}: every instance may remember, and each row says which one
 * did.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>A scope is its agent's memories and those of its namespace. Nobody sees or changes others;
 *       what is removed by a filter, counted, listed, embedded, settled or consolidated is the
 *       agent's own.
 *   <li>What is remembered with an external id that is there replaces it, keeps its id, and lives
 *       anew, with its new vector or none; of several at once with the same id one row remains. In
 *       a batch the last one with an id counts.
 *   <li>{@link #rememberAll} stores all or nothing.
 *   <li>A memory whose life is over, or that is set aside, is not returned by {@link #get}, {@link
 *       #find} and {@link #recall}, from that instant on, on the store's clock; nor changed by what
 *       takes an id.
 *   <li>By words: {@link #recall} finds the memories that have any word of the query, whatever the
 *       case. First come those with more of its words, then the more important, then the newer.
 *   <li>By meaning: it compares vectors of the query's model only, and finds those nearest by
 *       cosine, the newer first among equals. A vector is found by the next call after it was
 *       stored. What is left out by a filter makes no hit be missed: where there are as many as the
 *       limit, as many are returned.
 *   <li>Both: places are counted from 1 among the best {@link RecallQuery#candidates} of each way,
 *       and put together by {@link Ranking.Weights#score}.
 *   <li>A query finds nothing below its minimum score. {@link Ranking.Way#BEST} is both, if the
 *       query has text and vector, else what it has.
 *   <li>{@link MetadataFilter} holds as its {@code test} says.
 *   <li>Hits have their vectors if the query asks for it, as they were stored but for what a
 *       smaller type rounds; nothing else returns vectors.
 *   <li>Vectors of one store have one length. Another is refused with an {@link
 *       IllegalArgumentException} that names both, by whatever call, and nothing is stored.
 *   <li>{@link #settle}, {@link #embed} and a second {@link #prepareVectors} change nothing that
 *       recall returns, but for the vectors that {@link #embed} adds.
 *   <li>{@link #embed} stores nothing for a memory that was replaced or forgotten since; the vector
 *       of another model is replaced.
 *   <li>{@link #removeExpired} removes those whose life is over, the longest dead first, and never
 *       more than the limit.
 *   <li>{@link #retire} and a change of tier leave the rest of a memory as it is, its vector too.
 *   <li>{@link #merge} writes all or nothing. Uses are added.
 *   <li>{@link #setAside(io.selfupgrade.agent.Fence)} sets aside what instances remembered that
 *       were candidates of upgrades that ended rolled back; it can be done again and again, and
 *       never sets aside what was taken back.
 * </ol>
 */
public interface MemoryStore extends MemoryUpkeep {

  /** Remembers. */
  Remembered remember(Author author, Entry entry);

  /** Remembers many, at most 10,000. */
  void rememberAll(Author author, List<Entry> entries);

  /** Looks memories up. */
  List<Recalled> recall(MemoryScope scope, RecallQuery query);

  /** Reads a memory. */
  Optional<Remembered> get(MemoryScope scope, UUID id);

  /**
   * Reads memories by the caller's ids, the agent's own before shared ones with the same id.
   *
   * @return in no order, without those that are not there
   */
  List<Remembered> find(MemoryScope scope, Collection<String> externalIds);

  /**
   * Lists the caller's ids that begin so, of the agent's own memories, by their code points.
   *
   * @param after only ids that come after this one; empty: all
   */
  List<String> externalIds(MemoryScope scope, String prefix, Optional<String> after, int limit);

  /** Removes a memory; whether it was there. */
  boolean forget(MemoryScope scope, UUID id);

  /** Removes the agent's memories that a filter means; returns how many. */
  int forget(MemoryScope scope, MemoryFilter filter, int limit);

  /** Moves a memory to another tier; whether it was there. */
  boolean promote(MemoryScope scope, UUID id, Tier tier, Optional<Duration> life);

  /** Has a memory end in a time; whether it was there. */
  boolean retire(MemoryScope scope, UUID id, Duration in);

  /** Counts the agent's own. */
  MemoryStats stats(MemoryScope scope);

  /**
   * Who remembers.
   *
   * @param scope whose memories they are
   * @param instance the instance
   * @param epoch at which it leads; 0: it does not
   */
  record Author(MemoryScope scope, InstanceId instance, long epoch) {
    /** Validates the parts. */
    public Author {
      Objects.requireNonNull(scope, "scope");
      Objects.requireNonNull(instance, "instance");
    }
  }

  /**
   * A memory and its life.
   *
   * @param memory what to remember; a shared one needs a namespace in the scope
   * @param life how long from now; empty: for ever
   */
  record Entry(Memory memory, Optional<Duration> life) {
    /**
     * Validates the parts.
     *
     * @throws IllegalArgumentException if the memory has neither content nor vector
     */
    public Entry {
      Memory.requireSomething(memory);
      Objects.requireNonNull(life, "life");
    }
  }
}
