package io.selfupgrade.core.observe;

import io.selfupgrade.failover.InstanceRecord;
import java.time.Clock;

/**
 * This instance.
 *
 * @param record what it registered
 * @param agent what the rest of the agent knows
 * @param clock its wall clock
 */
record Self(InstanceRecord record, Surroundings agent, Clock clock) {}
