/**
 * Health, metrics, log and notifications of one instance.
 *
 * <p>The door is {@link io.selfupgrade.core.observe.ObserveEngine}. It knows no other capability:
 * what it has to know of the rest of the agent it asks {@link
 * io.selfupgrade.core.observe.Surroundings}.
 */
@NullMarked
package io.selfupgrade.core.observe;

import org.jspecify.annotations.NullMarked;
