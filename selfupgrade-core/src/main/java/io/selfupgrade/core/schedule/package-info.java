/**
 * Runs the tasks of an agent while it is the primary.
 *
 * <p>The door is {@link io.selfupgrade.core.schedule.TickEngine}: it claims each due tick in the
 * store's ledger, runs its handler and records how it ended. What is due, and what becomes of ticks
 * that were missed or overlap, is decided by pure code ({@code TickPlan}, {@code Ticks}); one
 * thread, the coordinator, carries it out.
 */
@NullMarked
package io.selfupgrade.core.schedule;

import org.jspecify.annotations.NullMarked;
