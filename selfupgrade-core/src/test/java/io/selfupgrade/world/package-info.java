/**
 * A world for tests of whole agents: a database, a launcher, releases, and agents in JVMs of their
 * own.
 *
 * <p>The door is {@link io.selfupgrade.world.World}.
 */
@NullMarked
package io.selfupgrade.world;

import org.jspecify.annotations.NullMarked;
