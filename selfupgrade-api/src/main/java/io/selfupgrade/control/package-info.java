/**
 * What reaches an agent from beside it: commands that its primary carries out, and the jobs that
 * keep watch when it is off.
 *
 * <p>{@link io.selfupgrade.control.CommandStore} and {@link io.selfupgrade.control.JobStore} are
 * the ports.
 */
@NullMarked
package io.selfupgrade.control;

import org.jspecify.annotations.NullMarked;
