package io.selfupgrade.core.observe;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.failover.InstanceStore;
import io.selfupgrade.failover.LeadershipStore;
import io.selfupgrade.observe.AgentMetrics;
import io.selfupgrade.observe.Budget;
import io.selfupgrade.store.AgentStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Measures how long the store takes to answer what the election asks it anyway: a gauge that costs
 * no statement. Thread-safe.
 */
final class StoreMeter {

  private static final Set<String> MEASURED = Set.of("renew", "read", "heartbeat");

  private long calls;
  private long failures;
  private long lastNanos;
  private long sumNanos;
  private long longestNanos;

  /** Returns the same store, measured at what is asked of leadership and instances. */
  AgentStore around(AgentStore store) {
    LeadershipStore leadership = measured(LeadershipStore.class, store.leadership());
    InstanceStore instances = measured(InstanceStore.class, store.instances());
    return proxy(
        AgentStore.class,
        (method, arguments) ->
            switch (method.getName()) {
              case "leadership" -> leadership;
              case "instances" -> instances;
              default -> invoke(store, method, arguments);
            });
  }

  synchronized AgentMetrics.Store sums(Optional<Budget> budget) {
    long answered = calls - failures;
    return new AgentMetrics.Store(
        calls,
        failures,
        Duration.ofNanos(lastNanos),
        Duration.ofNanos(answered == 0 ? 0 : sumNanos / answered),
        Duration.ofNanos(longestNanos),
        budget);
  }

  private <T> T measured(Class<T> port, T delegate) {
    return proxy(
        port,
        (method, arguments) ->
            MEASURED.contains(method.getName())
                ? measured(delegate, method, arguments)
                : invoke(delegate, method, arguments));
  }

  private @Nullable Object measured(
      Object delegate, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
    long start = System.nanoTime();
    try {
      Object answer = invoke(delegate, method, arguments);
      answered(System.nanoTime() - start);
      return answer;
    } catch (AdapterException e) {
      failed();
      throw e;
    }
  }

  private synchronized void answered(long nanos) {
    calls++;
    lastNanos = nanos;
    sumNanos += nanos;
    longestNanos = Math.max(longestNanos, nanos);
  }

  private synchronized void failed() {
    calls++;
    failures++;
  }

  private static <T> T proxy(Class<T> port, Call call) {
    Object proxy =
        Proxy.newProxyInstance(
            port.getClassLoader(),
            new Class<?>[] {port},
            (self, method, arguments) -> call.by(method, arguments));
    return port.cast(proxy);
  }

  private static @Nullable Object invoke(
      Object delegate, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
    try {
      return method.invoke(delegate, arguments);
    } catch (InvocationTargetException e) {
      throw Objects.requireNonNull(e.getCause());
    }
  }

  @FunctionalInterface
  private interface Call {
    @Nullable Object by(Method method, @Nullable Object @Nullable [] arguments) throws Throwable;
  }
}
