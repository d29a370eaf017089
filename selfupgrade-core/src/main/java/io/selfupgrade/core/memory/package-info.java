/**
 * Memory: remembering, recalling, and letting go of what has expired.
 *
 * <p>The door is {@link io.selfupgrade.core.memory.MemoryEngine}.
 */
@NullMarked
package io.selfupgrade.core.memory;

import org.jspecify.annotations.NullMarked;
