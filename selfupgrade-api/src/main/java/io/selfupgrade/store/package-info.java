/**
 * The store of an agent's state: the one port that holds all the others.
 *
 * <p>Implement {@link io.selfupgrade.store.AgentStore} to keep agents' state elsewhere; the
 * contracts in testkit say when it is right.
 */
@NullMarked
package io.selfupgrade.store;

import org.jspecify.annotations.NullMarked;
