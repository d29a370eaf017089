/**
 * The launcher: keeps the confirmed version of an agent running and a candidate beside it.
 *
 * <p>{@link io.selfupgrade.launcher.Launcher} is the door: a runnable program of its own with the
 * commands {@code run}, {@code stop} and {@code status}. It needs the JDK only and opens no
 * connection.
 *
 * <p>Launcher and agent meet in files: {@link io.selfupgrade.launcher.Home} names them, {@link
 * io.selfupgrade.launcher.StateFile} reads and writes them, {@link
 * io.selfupgrade.launcher.InstanceLock} is what a living agent holds.
 */
package io.selfupgrade.launcher;
