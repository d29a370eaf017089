package io.selfupgrade.core.schedule;

import io.selfupgrade.schedule.Retry;
import io.selfupgrade.schedule.RunEnd;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Judges how runs ended: what is recorded of them, and whether they are tried again. */
final class Verdicts {

  private static final Logger LOG = LoggerFactory.getLogger(Verdicts.class);
  private static final int LONGEST_ERROR = 2_000;

  /** How often a run is tried again whose handler met trouble of the store that may pass. */
  private static final int ATTEMPTS_IN_TROUBLE = 5;

  private Verdicts() {}

  static RunEnd of(ActiveRun run, Optional<Throwable> thrown) {
    if (thrown.isEmpty()) {
      return RunEnd.succeeded(run.claim());
    }
    Throwable e = thrown.get();
    if (run.cancelled() || (Recorder.mayPass(e) && run.attempt() < ATTEMPTS_IN_TROUBLE)) {
      LOG.info("Given back, to be run again: {} ({})", run, e.toString());
      return RunEnd.givenBack(run.claim());
    }
    if (e instanceof UnreadablePayload) {
      LOG.error("Set aside, for its payload cannot be read: {}", run, e);
      return RunEnd.quarantined(run.claim(), text(e.toString()));
    }
    LOG.warn("Failed: {}", run, e);
    if (Recorder.mayPass(e) && run.policy().retry().exhausted(run.failures() + 1)) {
      return RunEnd.quarantined(run.claim(), text(e.toString())); // Not the handler's fault.
    }
    return failed(run, e.toString());
  }

  /** Judges a run whose time is over. */
  static RunEnd overdue(ActiveRun run) {
    String longest = run.policy().deadline().map(String::valueOf).orElse("");
    LOG.warn("Interrupted, for its deadline of {} is over: {}", longest, run);
    return failed(run, "the run took longer than its deadline of " + longest);
  }

  private static RunEnd failed(ActiveRun run, String error) {
    Retry retry = run.policy().retry();
    int failures = run.failures() + 1;
    if (!retry.exhausted(failures)) {
      return RunEnd.retry(run.claim(), text(error), retry.pause(failures));
    }
    if (retry.failures() > 1) {
      LOG.error("Set aside after {} failures: {}", failures, run);
      return RunEnd.quarantined(run.claim(), text(error));
    }
    return RunEnd.failed(run.claim(), text(error));
  }

  /** Returns what the ledger can hold: Postgres refuses the NUL character in a text. */
  private static String text(String error) {
    String all = error.replace('\0', '?');
    return all.length() <= LONGEST_ERROR ? all : all.substring(0, LONGEST_ERROR);
  }
}
