/**
 * What an agent has on GitHub: releases to upgrade from, commits, workflows that deploy, and
 * webhooks.
 *
 * <p>Nothing of it is here yet. Until it is, an agent looks for its releases in a directory, with
 * {@code io.selfupgrade.core.local.DirectoryReleases}. This module will know the API module and
 * never core.
 */
@NullMarked
package io.selfupgrade.github;

import org.jspecify.annotations.NullMarked;
