/**
 * The agent's own configuration: values by key, each with a version.
 *
 * <p>The door is {@link io.selfupgrade.config.Config}, the port {@link
 * io.selfupgrade.config.SettingsStore}. Settings are data: snapshots copy them.
 */
@NullMarked
package io.selfupgrade.config;

import org.jspecify.annotations.NullMarked;
