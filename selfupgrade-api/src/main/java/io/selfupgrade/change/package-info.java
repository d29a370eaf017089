/**
 * Changes that an agent proposes to its own source.
 *
 * <p>The door is {@link io.selfupgrade.change.Changes}; a {@link io.selfupgrade.change.Change} goes
 * to a {@link io.selfupgrade.change.ChangeTarget} as a branch, a commit and a pull request, within
 * what a {@link io.selfupgrade.change.ChangePolicy} allows. It reaches the agent as every other
 * version does: by the signed release that is made of it.
 */
@NullMarked
package io.selfupgrade.change;

import org.jspecify.annotations.NullMarked;
