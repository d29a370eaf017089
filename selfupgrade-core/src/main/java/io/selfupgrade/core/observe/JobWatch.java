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

  /** The jobs' own times say what is due; this is how often that is asked. */
  private static final Duration EVERY = Duration.ofMinutes(1);

  private final JobStore store;
  private final JobStore.Watch watch;
  private Optional<Fence> declared = Optional.empty();
  private long dueNanos = System.nanoTime() + EVERY.toNanos();

  JobWatch(JobStore store, ObserveSettings settings, List<String> notifiers) {
    this.store = store;
    this.watch = new JobStore.Watch(notifiers, settings.retention());
  }

  void run(Fence fence) {
    if (!declared.equals(Optional.of(fence)) && store.declare(fence, watch)) {
      declared = Optional.of(fence);
    }
    if (dueNanos - System.nanoTime() > 0) {
      return;
    }
    dueNanos = System.nanoTime() + EVERY.toNanos();
    for (JobStore.Ran ran : store.runDue()) {
      LOG.debug("job {}: {}", ran.name(), ran.note());
    }
  }
}
