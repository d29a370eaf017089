/**
 * What an agent has on GitHub: releases to upgrade from, commits, workflows that deploy, and
 * webhooks.
 *
 * <p>The door is {@link io.selfupgrade.github.GitHub#repository}. The rules of talking to GitHub
 * live in {@code ApiClient} and nowhere else.
 */
@NullMarked
package io.selfupgrade.github;

import org.jspecify.annotations.NullMarked;
