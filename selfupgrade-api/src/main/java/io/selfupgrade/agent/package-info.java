/**
 * Base values that every capability shares: names, versions, identities, JSON text, secrets and
 * errors.
 *
 * <p>Start at {@link io.selfupgrade.agent.AgentName} and {@link io.selfupgrade.agent.Version}. All
 * types are immutable and thread-safe; nothing here performs I/O except {@link
 * io.selfupgrade.agent.Secret#env(String)}, which reads the environment when it is revealed.
 */
@NullMarked
package io.selfupgrade.agent;

import org.jspecify.annotations.NullMarked;
