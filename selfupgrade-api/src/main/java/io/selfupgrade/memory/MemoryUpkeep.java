package io.selfupgrade.memory;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** What keeps memories in order; the part of {@link MemoryStore} that works in the background. */
public interface MemoryUpkeep {

  /** Removes memories whose life is over, the longest dead first; returns how many. */
  int removeExpired(AgentName agent, int limit);

  // ----------------------------------------------------------------------------------- vectors

  /**
   * Makes room for vectors; idempotent, and a no-op where there is.
   *
   * @param dimension how many numbers they have
   * @return how they are looked for
   * @throws io.selfupgrade.agent.AdapterException not retryable, if vectors of another length are
   *     stored that a memory depends on, or the rights do not allow it
   */
  MemoryStats.Search prepareVectors(int dimension);

  /** Puts fresh vectors into the index, the oldest first; returns how many. */
  int settle(AgentName agent, int limit);

  /** Lists memories without a vector of this model, those that live longest unembedded first. */
  List<Unembedded> unembedded(AgentName agent, String model, int limit);

  /**
   * Stores vectors of memories that have not changed since they were read.
   *
   * @return how many
   */
  int embed(AgentName agent, List<Embedded> embedded);

  // ------------------------------------------------------------------------------- consolidation

  /** Counts uses; of memories that are gone, nothing. */
  void used(MemoryScope scope, Map<UUID, Integer> uses);

  /**
   * Lists memories that are not long-term, live, and were used or are important enough.
   *
   * @return in no order
   */
  List<UUID> promotable(AgentName agent, int fromUses, double fromImportance, int limit);

  /**
   * Looks for pairs of living memories of one tier that mean nearly the same.
   *
   * @param after look at memories whose ids come after this one; empty: from the beginning
   * @param limit how many memories are looked at
   */
  AlikePage alike(AgentName agent, String model, double cosine, Optional<UUID> after, int limit);

  /** Reads memories with their uses; in no order, without those that are not there. */
  List<Used> uses(AgentName agent, List<UUID> ids);

  /**
   * Makes several memories one, all or nothing.
   *
   * @return false if one of them is gone or has changed since it was read; nothing was written
   */
  boolean merge(MemoryStore.Author author, Merge merge);

  // --------------------------------------------------------------------------------- set aside

  /**
   * Sets aside what was remembered by candidates of upgrades that were rolled back, but nothing
   * that was taken back once.
   *
   * @return how many; 0 too if the fence does not hold
   */
  int setAside(Fence fence);

  /** Lists whose memories are set aside, the newest first. */
  List<SetAside> setAside(AgentName agent);

  /** Reads memories that are set aside, the newest first. */
  List<Remembered> setAside(AgentName agent, InstanceId writer, int limit);

  /** Takes memories back; returns how many. */
  int restore(AgentName agent, InstanceId writer);

  /** Removes memories that are set aside; returns how many. */
  int drop(AgentName agent, InstanceId writer);

  /**
   * A memory to embed.
   *
   * @param id its id
   * @param content what it says, not empty
   * @param createdAt when it was remembered; another one: it has changed
   */
  record Unembedded(UUID id, String content, Instant createdAt) {
    /** Validates the parts. */
    public Unembedded {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(content, "content");
      Objects.requireNonNull(createdAt, "createdAt");
    }
  }

  /**
   * A vector for a memory.
   *
   * @param memory what was read
   * @param embedding its vector
   */
  record Embedded(Unembedded memory, Embedding embedding) {
    /** Validates the parts. */
    public Embedded {
      Objects.requireNonNull(memory, "memory");
      Objects.requireNonNull(embedding, "embedding");
    }
  }

  /**
   * Two memories that mean nearly the same.
   *
   * @param first the one whose id comes first
   * @param second the other
   * @param cosine how near they are
   */
  record Alike(UUID first, UUID second, double cosine) {
    /** Validates the parts. */
    public Alike {
      Objects.requireNonNull(first, "first");
      Objects.requireNonNull(second, "second");
    }
  }

  /**
   * Pairs that were found.
   *
   * @param pairs in no order
   * @param next after which memory to go on; empty: all were looked at
   */
  record AlikePage(List<Alike> pairs, Optional<UUID> next) {
    /** Copies. */
    public AlikePage {
      pairs = List.copyOf(pairs);
    }
  }

  /**
   * A memory and how often it was recalled.
   *
   * @param remembered the memory
   * @param uses how often
   */
  record Used(Remembered remembered, long uses) {
    /** Validates the parts. */
    public Used {
      Objects.requireNonNull(remembered, "remembered");
    }
  }

  /**
   * Memories to make one.
   *
   * @param kept which one stays, with its id and external id, as it was read
   * @param as what it is from then on; its external id does not count; if it says what the kept one
   *     says and has no vector, that one's stays
   * @param gone the others, as they were read; one or more; their uses become the kept one's
   */
  record Merge(Remembered kept, Memory as, List<Remembered> gone) {
    /**
     * Validates and copies.
     *
     * @throws IllegalArgumentException if the one has neither content nor vector
     */
    public Merge {
      Objects.requireNonNull(kept, "kept");
      Memory.requireSomething(as);
      gone = List.copyOf(gone);
    }
  }
}
