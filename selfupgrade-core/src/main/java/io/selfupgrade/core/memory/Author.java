package io.selfupgrade.core.memory;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStore;

/**
 * Who remembers, and how it stands at the moment.
 *
 * @param scope whose memories they are
 * @param instance the instance
 * @param standing of the instance
 */
record Author(MemoryScope scope, InstanceId instance, MemoryEngine.Standing standing) {

  /** Returns the author of what is written now. */
  MemoryStore.Author now() {
    long epoch = standing.fence().map(Fence::epoch).orElse(0L);
    return new MemoryStore.Author(scope, instance, epoch);
  }
}
