package io.selfupgrade;

import io.selfupgrade.store.AgentStore;

/** The store as the doors see it: opened by whoever comes first, whether started or not. */
final class StoreDoor {

  private final AgentStore store;
  private final AgentStore.SchemaMode mode;
  private volatile boolean opened;
  private volatile boolean closed;
  private Runnable last = () -> {};

  StoreDoor(AgentStore store, AgentStore.SchemaMode mode) {
    this.store = store;
    this.mode = mode;
  }

  /**
   * Opens the store, unless that was done.
   *
   * @throws io.selfupgrade.agent.AdapterException if it cannot be reached or refuses
   * @throws IllegalStateException if the agent is closed
   */
  synchronized void open() {
    requireNotClosed();
    if (!opened) {
      store.open(mode);
      opened = true;
    }
  }

  /** Tells whether the store was opened, and is not closed. */
  boolean isOpen() {
    return opened && !closed;
  }

  /** Returns the store, open; throws as {@link #open} does. */
  AgentStore opened() {
    requireNotClosed();
    if (!opened) {
      open();
    }
    return store;
  }

  /** Sets what is done with the open store before it is closed; it throws nothing. */
  void closing(Runnable work) {
    last = work;
  }

  /** Closes the store for good. Idempotent. */
  synchronized void close() {
    if (isOpen()) {
      last.run();
    }
    closed = true;
    store.close();
  }

  private void requireNotClosed() {
    if (closed) {
      throw new IllegalStateException("this agent is closed: build another");
    }
  }
}
