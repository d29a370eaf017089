package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import java.util.Optional;

/**
 * One time of being the primary, or of having its admission opened again.
 *
 * @param number counts them, to tell one from the next
 * @param fence under which ticks are claimed
 * @param attestedDead an instance whose runs are lost for certain
 */
record Term(long number, Fence fence, Optional<InstanceId> attestedDead) {}
