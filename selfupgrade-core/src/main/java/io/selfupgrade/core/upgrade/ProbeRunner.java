package io.selfupgrade.core.upgrade;

import io.selfupgrade.observe.HealthProbe;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks probes and critical paths, each within its time, on a thread that can be given up. */
final class ProbeRunner implements AutoCloseable {

  private static final Duration LONGEST = Duration.ofSeconds(5);

  private final Checks checks;
  private final ExecutorService threads;

  ProbeRunner(Checks checks, String threadName) {
    this.checks = checks;
    this.threads =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, threadName);
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Asks all; returns the first failure. */
  Optional<Reason> firstFailure() throws InterruptedException {
    Optional<Reason> failure = ask(checks.probes(), ReasonCode.PROBE_FAILED, "probe");
    return failure.isPresent()
        ? failure
        : ask(checks.criticalPaths(), ReasonCode.CRITICAL_PATH_FAILED, "critical path");
  }

  int count() {
    return checks.probes().size() + checks.criticalPaths().size();
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  private Optional<Reason> ask(Map<String, HealthProbe> probes, ReasonCode code, String kind)
      throws InterruptedException {
    for (Map.Entry<String, HealthProbe> probe : probes.entrySet()) {
      Optional<String> failure = ask(probe.getValue());
      if (failure.isPresent()) {
        return Optional.of(
            new Reason(code, kind + " \"" + probe.getKey() + "\" failed: " + failure.get()));
      }
    }
    return Optional.empty();
  }

  private Optional<String> ask(HealthProbe probe) throws InterruptedException {
    Future<?> answer =
        threads.submit(
            () -> {
              probe.check();
              return null;
            });
    try {
      answer.get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
      return Optional.empty();
    } catch (ExecutionException e) {
      return Optional.of(String.valueOf(e.getCause()));
    } catch (TimeoutException e) {
      return Optional.of("no answer within " + LONGEST);
    } finally {
      answer.cancel(true);
    }
  }
}
