package io.selfupgrade.core.observe;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks what may hang, each question on a thread that is given up when its time is over.
 *
 * <p>A question that still hangs is not asked again: it costs one thread, however often somebody
 * wants to know. No thread lives for longer than a second after its question. Thread-safe.
 */
final class Questions implements AutoCloseable {

  private final Map<String, Asked<?>> running = new ConcurrentHashMap<>();
  private final ExecutorService threads;

  Questions(String threadName) {
    this.threads =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            1,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            work -> {
              Thread thread = new Thread(work, threadName);
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Asks a question, or joins those who wait for the answer to the same one. */
  @SuppressWarnings("unchecked") // A name belongs to one question, and so to one type of answer.
  <T> Asked<T> ask(String name, Duration limit, Callable<T> question) {
    return (Asked<T>)
        running.computeIfAbsent(
            name,
            unused -> {
              Asked<T> asked = new Asked<>(limit);
              execute(() -> answer(name, asked, question));
              return asked;
            });
  }

  private void execute(Runnable work) {
    try {
      threads.execute(work);
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("this agent is closed: build another", e);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  private <T> void answer(String name, Asked<T> asked, Callable<T> question) {
    asked.run(Thread.currentThread());
    try {
      T value = question.call();
      running.remove(name, asked);
      asked.answer.complete(value);
    } catch (Throwable e) {
      // The host's code and adapters: whatever they throw is the answer.
      running.remove(name, asked);
      asked.answer.completeExceptionally(e);
    } finally {
      asked.ended();
    }
  }

  /** A question that was asked. */
  static final class Asked<T> {
    private final CompletableFuture<T> answer = new CompletableFuture<>();
    private final long askedNanos = System.nanoTime();
    private final Duration limit;
    private @Nullable Thread runner;

    private Asked(Duration limit) {
      this.limit = limit;
    }

    /** Waits for the answer until the question's time is over, then interrupts it. */
    Answer<T> await() throws InterruptedException {
      long left = limit.toNanos() - (System.nanoTime() - askedNanos);
      try {
        return new Answer<>(
            Optional.of(answer.get(Math.max(0, left), TimeUnit.NANOSECONDS)), Optional.empty());
      } catch (ExecutionException e) {
        return new Answer<>(
            Optional.empty(), Optional.ofNullable(e.getCause() == null ? e : e.getCause()));
      } catch (TimeoutException e) {
        interrupt();
        return new Answer<>(Optional.empty(), Optional.empty());
      }
    }

    private synchronized void run(Thread thread) {
      runner = thread;
    }

    /**
     * Leaves the thread to other questions, without an interruption that was meant for this one.
     */
    private synchronized void ended() {
      runner = null;
      Thread.interrupted();
    }

    private synchronized void interrupt() {
      if (runner != null) {
        runner.interrupt();
      }
    }

    /** Returns for how long the question has been asked. */
    Duration age() {
      return Duration.ofNanos(System.nanoTime() - askedNanos);
    }
  }

  /**
   * What came of a question; neither of both if it hangs.
   *
   * @param value the answer
   * @param failure what was thrown instead
   */
  record Answer<T>(Optional<T> value, Optional<Throwable> failure) {}
}
