package io.selfupgrade.core.schedule;

import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.schedule.Claimant;
import java.util.Optional;

/**
 * One time of being the primary or of serving beside it, or of having admission opened again.
 *
 * @param number counts them, to tell one from the next
 * @param by under which right ticks are claimed
 * @param attestedDead an instance whose runs are lost for certain
 */
record Term(long number, Claimant by, Optional<InstanceId> attestedDead) {}
