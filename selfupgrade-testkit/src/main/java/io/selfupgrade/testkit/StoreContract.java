package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Version;
import io.selfupgrade.store.AgentStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * What the contracts have in common: stores, a scene, and two lengths of time.
 *
 * <p>A test that needs a lease, deadline or judgement to be over gives it {@link #SHORT} and lets
 * time pass; one that needs it to last gives it {@link #LONG}. So no test depends on its own speed,
 * on a manual clock or on a real one.
 */
abstract class StoreContract {

  static final Duration LONG = Duration.ofMinutes(5);
  static final Duration SHORT = Duration.ofMillis(50);
  static final Version V1 = Version.parse("1.0.0");
  static final Version V2 = Version.parse("2.0.0");
  static final int THREADS = 8;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final List<AgentStore> opened = new ArrayList<>();

  AgentStore store;
  Scene scene;

  abstract AgentStoreContract stores();

  @BeforeEach
  void openTheStore() {
    store = opened(firstHandle());
    scene = new Scene(store);
  }

  @AfterEach
  void closeTheStores() {
    opened.forEach(AgentStore::close);
  }

  /** Returns another handle on the same state, as another process would have it. */
  AgentStore secondStore() {
    return opened(secondHandle());
  }

  AgentStore firstHandle() {
    return stores().usedStore();
  }

  AgentStore secondHandle() {
    return stores().alsoUsedStore();
  }

  /** Lets everything end that was given {@link #SHORT}, and one more such time pass. */
  void passShort() {
    stores().passTime(SHORT.multipliedBy(3));
  }

  /** Runs the work in {@link #THREADS} threads that begin at once; returns what they return. */
  static <T> List<T> inThreads(ThreadWork<T> work) {
    CyclicBarrier start = new CyclicBarrier(THREADS);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int index = i;
        Callable<T> call =
            () -> {
              start.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
              return work.run(index);
            };
        futures.add(threads.submit(call));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(await(future));
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }

  /** Waits for a result; a thread that failed fails the test. */
  static <T> T await(Future<T> future) {
    try {
      return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    } catch (ExecutionException e) {
      throw new AssertionError("a thread of the test failed: " + e.getCause(), e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("a thread of the test did not end within " + PATIENCE, e);
    }
  }

  /** Checks an age on the store's clock that began after the instant of {@code System.nanoTime}. */
  static void assertYoungerThanSince(long startNanos, Duration age) {
    Duration tolerance = Duration.ofMillis(100);
    Duration elapsed = Duration.ofNanos(System.nanoTime() - startNanos);
    assertThat(age).isBetween(tolerance.negated(), elapsed.plus(tolerance));
  }

  private AgentStore opened(AgentStore handle) {
    opened.add(handle);
    handle.open(AgentStore.SchemaMode.APPLY);
    return handle;
  }

  /** Work of one of several threads. */
  @FunctionalInterface
  interface ThreadWork<T> {
    /** Does it. */
    T run(int index) throws Exception;
  }
}
