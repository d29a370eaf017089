/**
 * The election: takes the lead, keeps it, and says so to the rest of the agent.
 *
 * <p>The door is {@link io.selfupgrade.core.failover.Elector}; what follows a change of leadership
 * implements {@link io.selfupgrade.core.failover.Tenure}. {@link
 * io.selfupgrade.core.failover.WorkRunner} starts and stops the host's own exclusive work.
 */
@NullMarked
package io.selfupgrade.core.failover;

import org.jspecify.annotations.NullMarked;
