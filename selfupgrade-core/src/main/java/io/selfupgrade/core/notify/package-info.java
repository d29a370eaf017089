/**
 * Notifiers: ways on which people hear of an agent's news.
 *
 * <p>{@link io.selfupgrade.core.notify.Slack} posts to a channel, {@link
 * io.selfupgrade.core.notify.LogNotifier} writes to the process's own log. Others implement {@link
 * io.selfupgrade.observe.Notifier}.
 */
@NullMarked
package io.selfupgrade.core.notify;

import org.jspecify.annotations.NullMarked;
