package io.selfupgrade.observe;

import io.selfupgrade.agent.Fence;
import java.time.Duration;

/**
 * Deletes what has been kept long enough.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #delete} deletes rows of the fence's agent only, of that kind and of that age, and
 *       at most as many as it was given; for {@link Retention.Kept#SNAPSHOTS} that many snapshots.
 *       Of conversations it deletes messages, and the conversation once none is left.
 *   <li>What is still in use stays, however old: ticks that run or wait and the newest of each
 *       task, instances that live or lead, notifications that wait, upgrades that are open, the
 *       newest three snapshots, deliveries whose request waits, and conversations in which
 *       something younger was said.
 *   <li>Nothing is deleted when the fence does not hold.
 * </ol>
 */
public interface RetentionStore {

  /**
   * Deletes some of the rows that are too old, oldest first.
   *
   * @param fence of the primary
   * @param what which rows
   * @param olderThan the age from which they go, on the store's clock
   * @param most how many at most
   * @return how many were deleted; as many as {@code most} says that there may be more
   */
  int delete(Fence fence, Retention.Kept what, Duration olderThan, int most);
}
