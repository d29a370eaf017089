package io.selfupgrade.core.failover;

import io.selfupgrade.failover.Drain;
import io.selfupgrade.failover.Primary;
import io.selfupgrade.failover.PrimaryWork;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts and stops the host's exclusive work; used by one thread.
 *
 * <p>A stop follows every start, also one that threw, exactly once.
 */
public final class WorkRunner {

  private static final Logger LOG = LoggerFactory.getLogger(WorkRunner.class);

  private final PrimaryWork work;
  private boolean started;

  /** Prepares the runner; calls nothing. */
  public WorkRunner(PrimaryWork work) {
    this.work = work;
  }

  /**
   * Starts the work, unless it runs.
   *
   * @return what it threw; it was then stopped again
   * @throws InterruptedException if the start was interrupted; it was then stopped again
   */
  public Optional<Exception> start(Primary primary) throws InterruptedException {
    if (started) {
      return Optional.empty();
    }
    started = true;
    try {
      work.start(primary);
      return Optional.empty();
    } catch (InterruptedException e) {
      stop(new Drain(Drain.Reason.LEASE_LOST, Duration.ZERO));
      throw e;
    } catch (Exception e) {
      // The host's code: whatever it throws is an answer about its start, never our end.
      stop(new Drain(Drain.Reason.LEASE_LOST, Duration.ZERO));
      return Optional.of(e);
    }
  }

  /** Stops the work, if it was started; what it throws is logged. */
  public void stop(Drain drain) {
    if (!started) {
      return;
    }
    started = false;
    try {
      work.stop(drain);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      // The host's code: the lead passes on whatever its stop throws.
      LOG.error("PrimaryWork.stop failed at {}; what it left open stays open", drain.reason(), e);
    }
  }

  /** Tells whether the work runs. */
  public boolean running() {
    return started;
  }
}
