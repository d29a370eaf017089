package io.selfupgrade.memory;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * Where memories are kept.
 *
 * <p>Not fenced: every instance may remember, and each row says which one did.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>An agent sees its own memories only.
 *   <li>What is remembered with an external id that is there replaces it, keeps its id, and lives
 *       anew; of several at once with the same id one row remains.
 *   <li>A memory whose life is over is not returned by {@link #get} and {@link #recall}, from that
 *       instant on, on the store's clock.
 *   <li>{@link #recall} finds the memories that have any word of the query, whatever the case.
 *       First come those with more of its words, then the more important, then the newer.
 *   <li>{@link #removeExpired} removes those whose life is over, the longest dead first, and never
 *       more than the limit.
 * </ol>
 */
public interface MemoryStore {

  /**
   * Remembers.
   *
   * @param life how long from now; empty: for ever
   */
  Remembered remember(Author author, Memory memory, Optional<Duration> life);

  /** Looks memories up by their words; {@link RecallQuery#way} is the caller's matter. */
  List<Recalled> recall(AgentName agent, RecallQuery query);

  /** Reads a memory. */
  Optional<Remembered> get(AgentName agent, UUID id);

  /** Removes a memory; whether it was there. */
  boolean forget(AgentName agent, UUID id);

  /** Counts. */
  MemoryStats stats(AgentName agent);

  /** Removes memories whose life is over; returns how many. */
  int removeExpired(AgentName agent, int limit);

  /**
   * Who remembers.
   *
   * @param agent the agent
   * @param instance the instance
   * @param epoch at which it leads; 0: it does not
   */
  record Author(AgentName agent, InstanceId instance, long epoch) {
    /** Validates the parts. */
    public Author {
      Objects.requireNonNull(agent, "agent");
      Objects.requireNonNull(instance, "instance");
    }
  }
}
