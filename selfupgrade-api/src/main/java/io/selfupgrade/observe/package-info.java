/**
 * What an agent lets others see of itself.
 *
 * <p>Hosts implement {@link io.selfupgrade.observe.HealthProbe}: probes and critical paths are
 * asked during probation and whenever the agent's health is asked for.
 */
@NullMarked
package io.selfupgrade.observe;

import org.jspecify.annotations.NullMarked;
