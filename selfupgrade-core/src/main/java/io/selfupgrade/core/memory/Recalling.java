package io.selfupgrade.core.memory;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.Ranking.Way;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks memories up in the way that is asked for, or the best there is. */
final class Recalling {

  private static final Logger LOG = LoggerFactory.getLogger(MemoryEngine.class);

  private final MemoryScope scope;
  private final Supplier<MemoryStore> store;
  private final Optional<Embeddings> embeddings;
  private final VectorRoom room;

  Recalling(
      MemoryScope scope,
      Supplier<MemoryStore> store,
      Optional<Embeddings> embeddings,
      VectorRoom room) {
    this.scope = scope;
    this.store = store;
    this.embeddings = embeddings;
    this.room = room;
  }

  List<Recalled> recall(RecallQuery query) {
    Way way = query.ranking().way();
    if (way == Way.FULL_TEXT) {
      return store.get().recall(scope, query);
    }
    if (query.embedding().isPresent()) {
      makeRoom(query.embedding().get());
      return store.get().recall(scope, query.by(wayWithVector(query)));
    }
    if (embeddings.isEmpty()) {
      if (way == Way.BEST) {
        return byWords(query);
      }
      throw new IllegalStateException(
          "recall by "
              + way
              + " needs a vector, and there is no embedder: call memory(m -> m.embedder(...)) on the"
              + " builder, give the query a vector, or recall by Ranking.Way.FULL_TEXT");
    }
    return byMeaning(query, embeddings.get());
  }

  private List<Recalled> byMeaning(RecallQuery query, Embeddings embedder) {
    boolean must = query.ranking().way() != Way.BEST;
    MemoryStore open = store.get(); // Opens it: what is closed costs no call of the embedder.
    Embedding vector;
    try {
      vector = embedder.ofQuery(query.text().orElseThrow());
    } catch (AdapterException e) {
      if (must) {
        throw e;
      }
      LOG.debug("recall looks for words only", e);
      return byWords(query);
    }
    makeRoom(vector);
    RecallQuery both = query.embedding(vector);
    try {
      return open.recall(scope, both.by(wayWithVector(both)));
    } catch (IllegalArgumentException e) {
      // The vectors that are stored have another length than the embedder's, see VectorRoom.
      if (must) {
        throw e;
      }
      LOG.debug("recall looks for words only", e);
      return byWords(query);
    }
  }

  private List<Recalled> byWords(RecallQuery query) {
    return store.get().recall(scope, query.by(Way.FULL_TEXT));
  }

  private void makeRoom(Embedding vector) {
    if (embeddings.isPresent()) {
      room.make(embeddings.get().dimension());
    } else {
      room.makeFirst(vector.dimension());
    }
  }

  private static Way wayWithVector(RecallQuery query) {
    if (query.ranking().way() != Way.BEST) {
      return query.ranking().way();
    }
    return query.text().isPresent() ? Way.HYBRID : Way.VECTOR;
  }
}
