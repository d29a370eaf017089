/**
 * What lies on the machine itself: releases in a directory, and the agent's side of the launcher.
 *
 * <p>The door is {@link io.selfupgrade.core.local.DirectoryReleases}. Nothing here knows {@code
 * io.selfupgrade.core.release}, which builds on it.
 */
@NullMarked
package io.selfupgrade.core.local;

import org.jspecify.annotations.NullMarked;
