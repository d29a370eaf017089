/**
 * What an agent lets others see of itself: health, metrics, log and notifications.
 *
 * <p>Hosts implement {@link io.selfupgrade.observe.HealthProbe}, asked during probation and
 * whenever the agent's health is asked for, and {@link io.selfupgrade.observe.Notifier}, on which
 * people hear of news. Stores implement {@link io.selfupgrade.observe.LogStore}, {@link
 * io.selfupgrade.observe.Outbox} and {@link io.selfupgrade.observe.RetentionStore}.
 */
@NullMarked
package io.selfupgrade.observe;

import org.jspecify.annotations.NullMarked;
