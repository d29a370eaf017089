/**
 * A whole life of an agent in half a minute, with real processes and a real Postgres.
 *
 * <p>{@link io.selfupgrade.examples.quickstart.QuickstartAgent} is the agent, made to be copied.
 * {@link io.selfupgrade.examples.quickstart.Quickstart} plays the world around it: it publishes
 * releases, good and bad ones, kills the agent, and checks what became of it.
 */
@NullMarked
package io.selfupgrade.examples.quickstart;

import org.jspecify.annotations.NullMarked;
