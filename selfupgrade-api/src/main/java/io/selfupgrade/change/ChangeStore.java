package io.selfupgrade.change;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The journal of changes: a row before anything is made, each step, and the end.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>Of a target and key an agent has at most one change that was not refused: {@link #begin}
 *       returns it, whatever its digest and state, and begins another if there is none.
 *   <li>{@link #note} keeps state, progress and note. What was noted of the progress once stays as
 *       it is.
 *   <li>A change that has ended stays as it is: {@link #note} returns false.
 *   <li>Both change nothing when the fence does not hold.
 *   <li>Agents know nothing of each other's changes.
 * </ol>
 */
public interface ChangeStore {

  /**
   * Begins a change, or returns the one of the same target and key.
   *
   * @return empty if the fence does not hold
   */
  Optional<ChangeRecord> begin(Fence fence, ChangeBrief brief);

  /**
   * Notes a step.
   *
   * @param made what was made; what is empty in it changes nothing
   * @param note what was seen; kept up to 2,000 characters
   * @return false if the fence does not hold, or the change is not there or has ended
   */
  boolean note(Fence fence, UUID change, ChangeState state, ChangeProgress made, String note);

  /** Returns the newest change of a target and key. */
  Optional<ChangeRecord> find(AgentName agent, String target, String key);

  /** Returns the changes of an agent, newest first. */
  List<ChangeRecord> history(AgentName agent, int limit);
}
