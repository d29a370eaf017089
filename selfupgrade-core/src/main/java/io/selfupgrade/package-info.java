/**
 * The library's front door: what an agent embeds.
 *
 * <p>Start at {@link io.selfupgrade.SelfUpgrade#builder(String)}. Everything else in this package
 * puts the capabilities together: election, ticks and upgrades know nothing of one another.
 */
@NullMarked
package io.selfupgrade;

import org.jspecify.annotations.NullMarked;
