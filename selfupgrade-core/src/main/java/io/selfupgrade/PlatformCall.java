package io.selfupgrade;

import io.selfupgrade.agent.AdapterException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Calls a platform's adapter on a thread that is interrupted and given up when its time is over.
 *
 * <p>While a call that was given up still hangs, no other one is made: an adapter is called by one
 * thread at a time. Whatever goes wrong is an {@link AdapterException}.
 */
final class PlatformCall implements AutoCloseable {

  private static final String PORT = "DeployTarget";
  private static final Duration FOR_THE_THREAD = Duration.ofSeconds(1);

  private final String threadName;
  private boolean closed;
  private @Nullable FutureTask<?> running;
  private @Nullable Thread thread;

  PlatformCall(String threadName) {
    this.threadName = threadName;
  }

  /** Asks the platform; called by one thread at a time. */
  <T> T ask(Callable<T> question, Duration limit) {
    FutureTask<T> call = new FutureTask<>(() -> Objects.requireNonNull(question.call()));
    Thread runner = begin(call);
    try {
      return call.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      call.cancel(true);
      throw mayPass("no answer within " + limit.toMillis() + " ms", e);
    } catch (CancellationException e) {
      throw mayPass("given up because the agent was closed", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AdapterException known) {
        throw known;
      }
      // Only the kind is told: the message is not ours, and may hold a secret.
      Throwable thrown = e.getCause() == null ? e : e.getCause();
      throw mayPass("the adapter threw " + thrown.getClass().getName(), null);
    } catch (InterruptedException e) {
      call.cancel(true);
      Thread.currentThread().interrupt();
      throw mayPass("interrupted while the platform was asked", e);
    } finally {
      leave(runner);
    }
  }

  private synchronized Thread begin(FutureTask<?> call) {
    if (closed) {
      throw mayPass("not asked because the agent was closed", null);
    }
    if (thread != null && thread.isAlive()) {
      throw mayPass("an earlier call of the platform still hangs", null);
    }
    running = call;
    thread = new Thread(call, threadName);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Gives the thread the time to end that it needs if it heeds its interruption. */
  private static void leave(Thread runner) {
    if (Thread.currentThread().isInterrupted()) {
      return;
    }
    try {
      runner.join(FOR_THE_THREAD.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (running != null) {
      running.cancel(true);
    }
  }

  private static AdapterException mayPass(String why, @Nullable Exception cause) {
    return new AdapterException(PORT, why, true, cause);
  }
}
