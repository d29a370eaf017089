package io.selfupgrade.core.memory;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.MemoryUpkeep.Embedded;
import io.selfupgrade.memory.MemoryUpkeep.Unembedded;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Embeds what has no vector of the embedder's model, a batch at a time.
 *
 * <p>What is left is what the store says, so it goes on where anybody ended. A text that the
 * embedder refuses does not hold up the others: batches are halved until it is alone, and it is
 * left out for an hour.
 */
final class Reembedding {

  private static final int MOST_REFUSED = 1_000;
  private static final Duration REFUSED_FOR = Duration.ofHours(1);
  private static final String PROBE = "a text";
  private static final Logger LOG = LoggerFactory.getLogger(MemoryEngine.class);

  private final AgentName agent;
  private final Supplier<MemoryStore> store;
  private final Embeddings embeddings;
  private final VectorRoom room;
  private final LongSupplier nanoTime;
  private final Set<Version> refused = new HashSet<>();
  private long refusedSince;
  private int most = Embeddings.MOST_TEXTS;

  /** A memory as it was when it was refused. */
  private record Version(UUID id, Instant createdAt) {}

  Reembedding(
      AgentName agent,
      Supplier<MemoryStore> store,
      Embeddings embeddings,
      VectorRoom room,
      LongSupplier nanoTime) {
    this.agent = agent;
    this.store = store;
    this.embeddings = embeddings;
    this.room = room;
    this.nanoTime = nanoTime;
  }

  /**
   * Embeds until all is.
   *
   * @return whether all is; what was refused does not count
   */
  synchronized boolean all(BooleanSupplier cancelled) {
    if (nanoTime.getAsLong() - refusedSince >= REFUSED_FOR.toNanos()) {
      refused.clear();
    }
    most = Embeddings.MOST_TEXTS;
    long done = 0;
    while (!cancelled.getAsBoolean()) {
      List<Unembedded> left = left();
      if (left.isEmpty()) {
        told(done);
        return true;
      }
      List<Unembedded> batch =
          left.subList(0, Embeddings.fair(left.stream().map(Unembedded::content).toList(), 0));
      int some = embed(batch);
      if (some < 0) {
        break;
      }
      done += some;
    }
    told(done);
    return false;
  }

  private void told(long done) {
    if (done > 0) {
      LOG.info("{} memories have a vector of {} now", done, embeddings.name());
    }
  }

  private List<Unembedded> left() {
    int limit = most + refused.size();
    return store.get().unembedded(agent, embeddings.name(), limit).stream()
        .filter(memory -> !refused.contains(version(memory)))
        .limit(most)
        .toList();
  }

  /** Embeds a batch; returns how many memories have got a vector, or -1: there is no use now. */
  private int embed(List<Unembedded> batch) {
    List<Embedding> vectors;
    try {
      vectors = embeddings.of(batch.stream().map(Unembedded::content).toList());
    } catch (AdapterException e) {
      LOG.debug("{} memories are embedded later", batch.size(), e);
      return works() && setApart(batch) ? 0 : -1;
    }
    most = Math.min(2 * most, Embeddings.MOST_TEXTS);
    List<Embedded> embedded = new ArrayList<>(batch.size());
    for (int i = 0; i < batch.size(); i++) {
      embedded.add(new Embedded(batch.get(i), vectors.get(i)));
    }
    return stored(embedded);
  }

  private int stored(List<Embedded> embedded) {
    room.make(embeddings.dimension());
    try {
      int stored = store.get().embed(agent, embedded);
      return stored == 0 ? -1 : stored; // All of them changed in between, or nothing takes effect.
    } catch (IllegalArgumentException e) {
      room.refused(e);
      return -1;
    }
  }

  /** Tells whether it is the texts that the embedder refuses, and not everything. */
  private boolean works() {
    try {
      embeddings.of(List.of(PROBE));
      return true;
    } catch (AdapterException e) {
      LOG.debug("the embedder refuses every text", e);
      return false;
    }
  }

  /** Makes the next batch smaller, or leaves the one text out; false if there are too many. */
  private boolean setApart(List<Unembedded> batch) {
    most = Math.max(1, batch.size() / 2);
    if (batch.size() > 1) {
      return true;
    }
    if (refused.isEmpty()) {
      refusedSince = nanoTime.getAsLong();
    }
    LOG.warn(
        "the embedder {} refuses memory {} of {} characters: it is found by its words only, and"
            + " tried again in an hour",
        embeddings.name(),
        batch.get(0).id(),
        batch.get(0).content().length());
    return refused.add(version(batch.get(0))) && refused.size() < MOST_REFUSED;
  }

  private static Version version(Unembedded memory) {
    return new Version(memory.id(), memory.createdAt());
  }
}
