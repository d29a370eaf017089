package io.selfupgrade.observe;

import io.selfupgrade.agent.AgentName;
import java.util.List;

/**
 * The agents' logs.
 *
 * <p>Not fenced: events are stamped with the instance and the epoch at which they were logged.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #append} writes all events or none.
 *   <li>An event whose id is there already changes nothing: the same events may be appended again,
 *       by several processes at once.
 *   <li>Every part of an event is kept as it was given.
 *   <li>{@link #newest} returns the agent's own events only.
 * </ol>
 */
public interface LogStore {

  /**
   * Writes events.
   *
   * @param events at most a few hundred
   * @return how many of them were not there before
   * @throws io.selfupgrade.agent.AdapterException not retryable if the store refuses one of them
   */
  int append(List<LogEvent> events);

  /** Returns the newest events of an agent by the time at which they were logged, newest first. */
  List<LogEvent> newest(AgentName agent, int limit);
}
