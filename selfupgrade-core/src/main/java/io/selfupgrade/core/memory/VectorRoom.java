package io.selfupgrade.core.memory;

import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStats;
import io.selfupgrade.memory.MemoryStore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the store make room for vectors before the first is stored or looked for; thread-safe.
 *
 * <p>Room for another length is made at the cost of the vectors that are there, so that is left to
 * whom the memories belong: no candidate on trial, whose version may go, and no developer's
 * instance.
 */
final class VectorRoom {

  private static final Logger LOG = LoggerFactory.getLogger(MemoryEngine.class);

  private final MemoryScope scope;
  private final Supplier<MemoryStore> store;
  private final BooleanSupplier mayReplace;
  private final AtomicBoolean refused = new AtomicBoolean();
  private volatile boolean made;

  VectorRoom(MemoryScope scope, Supplier<MemoryStore> store, BooleanSupplier mayReplace) {
    this.scope = scope;
    this.store = store;
    this.mayReplace = mayReplace;
  }

  /** Makes room for the embedder's vectors, unless that was done; tried again if it fails. */
  void make(int dimension) {
    if (!made) {
      makeOnce(dimension, mayReplace.getAsBoolean());
    }
  }

  /** Makes room for vectors of the caller's, if none was ever stored. */
  void makeFirst(int dimension) {
    if (!made) {
      makeOnce(dimension, false);
    }
  }

  private synchronized void makeOnce(int dimension, boolean replacing) {
    if (made) {
      return;
    }
    MemoryStore open = store.get();
    if (replacing || open.stats(scope).vectors().search() == MemoryStats.Search.NONE) {
      MemoryStats.Search search = open.prepareVectors(dimension);
      LOG.debug("vectors of {} numbers are looked for: {}", dimension, search);
    }
    made = true;
  }

  /**
   * Notes that the store refuses the embedder's vectors, for those it has are of another length.
   */
  void refused(IllegalArgumentException why) {
    if (!refused.getAndSet(true)) {
      LOG.warn(
          "memories are kept without the embedder's vectors, and looked for by their words, for the"
              + " store refuses the vectors: {}",
          why.getMessage());
    }
  }

  /** Looks anew at the next use: others may have made another room, or it may be replaced now. */
  void forget() {
    made = false;
    refused.set(false);
  }
}
