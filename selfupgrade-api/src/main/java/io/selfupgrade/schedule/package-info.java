/**
 * Scheduled tasks: what is called, what is implemented, and what is read about them.
 *
 * <p>A task is a {@link io.selfupgrade.schedule.Schedule} and a {@link
 * io.selfupgrade.schedule.TaskHandler}. Each due instant is a tick, unique by (task, instant).
 * Stores implement {@link io.selfupgrade.schedule.TaskStore}.
 */
@NullMarked
package io.selfupgrade.schedule;

import org.jspecify.annotations.NullMarked;
