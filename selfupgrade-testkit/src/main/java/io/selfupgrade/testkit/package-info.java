/**
 * What tests of agents and of adapters stand on: an in-memory store, a manual clock, faults, and
 * the contract of the store.
 *
 * <p>Who uses SelfUpgrade starts at {@link io.selfupgrade.testkit.InMemoryStore}; who writes a
 * store extends {@link io.selfupgrade.testkit.AgentStoreContract}, whose tests are the obligations
 * of the ports. Nothing here sleeps or touches the network.
 */
@NullMarked
package io.selfupgrade.testkit;

import org.jspecify.annotations.NullMarked;
