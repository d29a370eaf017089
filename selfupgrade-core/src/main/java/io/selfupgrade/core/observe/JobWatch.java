package io.selfupgrade.core.observe;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.control.JobStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the database how the agent is watched while it is off, and runs the jobs of the watch where
 * the database has no scheduler that does.
 */
final class JobWatch {

  private static final Logger LOG = LoggerFactory.getLogger(ObserveEngine.class);

  /** The jobs' own times say what is due; this is how often that is asked at most. */
  private static final Duration LOOK = Duration.ofMinutes(1);

  private final JobStore store;
  private final JobStore.Watch watch;
  private final Duration every;
  private Optional<Fence> declared = Optional.empty();
  private long dueNanos;

  JobWatch(JobStore store, ObserveSettings settings, List<String> notifiers) {
    this.store = store;
    this.watch = new JobStore.Watch(notifiers, settings.room().retention());
    Duration retention = settings.pace().retention();
    this.every = retention.compareTo(LOOK) < 0 ? retention : LOOK;
    this.dueNanos = System.nanoTime() + every.toNanos();
  }

  void run(Fence fence) {
    if (!declared.equals(Optional.of(fence)) && store.declare(fence, watch)) {
      declared = Optional.of(fence);
    }
    if (dueNanos - System.nanoTime() > 0) {
      return;
    }
    dueNanos = System.nanoTime() + every.toNanos();
    for (JobStore.Ran ran : store.runDue()) {
      LOG.debug("job {}: {}", ran.name(), ran.note());
    }
  }
}
