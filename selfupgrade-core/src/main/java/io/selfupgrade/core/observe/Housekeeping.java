package io.selfupgrade.core.observe;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.observe.Retention;
import io.selfupgrade.observe.RetentionStore;
import java.util.EnumMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes what was kept long enough, a little at a time. */
final class Housekeeping {

  private static final Logger LOG = LoggerFactory.getLogger(ObserveEngine.class);
  private static final int ROWS = 1_000;
  private static final int SNAPSHOTS = 1;
  private static final int MOST_STATEMENTS = 20;

  private final RetentionStore store;
  private final Retention retention;

  Housekeeping(RetentionStore store, Retention retention) {
    this.store = store;
    this.retention = retention;
  }

  /** Deletes at most so much in one go; true says that there may be more. */
  boolean run(Fence fence) {
    Map<Retention.Kept, Integer> gone = new EnumMap<>(Retention.Kept.class);
    boolean more = false;
    for (Retention.Kept what : Retention.Kept.values()) {
      int most = what == Retention.Kept.SNAPSHOTS ? SNAPSHOTS : ROWS;
      boolean full = true;
      for (int i = 0; i < MOST_STATEMENTS && full; i++) {
        int deleted = store.delete(fence, what, retention.of(what), most);
        gone.merge(what, deleted, Integer::sum);
        full = deleted == most;
      }
      more |= full;
    }
    gone.values().removeIf(count -> count == 0);
    if (!gone.isEmpty()) {
      LOG.debug("deleted what was kept long enough: {}", gone);
    }
    return more;
  }
}
