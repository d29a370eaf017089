/**
 * What an agent remembers: contents in three tiers, found again by their words.
 *
 * <p>The door is {@link io.selfupgrade.memory.Memories}, the port {@link
 * io.selfupgrade.memory.MemoryStore}. Memories are data: snapshots copy them.
 */
@NullMarked
package io.selfupgrade.memory;

import org.jspecify.annotations.NullMarked;
