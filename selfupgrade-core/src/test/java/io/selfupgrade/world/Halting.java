package io.selfupgrade.world;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.launcher.Candidate;
import io.selfupgrade.launcher.Halt;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.schedule.TaskRun;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.UpgradePhase;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Wraps the ports of an agent, so that its process can end before and after each call.
 *
 * <p>Effects are called by port and method, such as {@code journal.confirm}; a move has its phase
 * in parentheses, a record its step and event. Calls of a rehearsal are no effects.
 */
final class Halting {

  private static final Pattern PORT =
      Pattern.compile("io[.]selfupgrade[.].*(Store|Journal|Session)");

  private final Halts halts;
  private final Map<String, String> environment;

  Halting(Halts halts, Map<String, String> environment) {
    this.halts = halts;
    this.environment = environment;
  }

  /** Wraps a store with all that it gives access to. */
  AgentStore store(AgentStore store) {
    return port(AgentStore.class, "store", store);
  }

  /** Wraps a port under a name. */
  <T> T port(Class<T> port, String name, T delegate) {
    Object proxy =
        Proxy.newProxyInstance(
            Halting.class.getClassLoader(),
            new Class<?>[] {port},
            (self, method, arguments) -> call(name, delegate, method, arguments));
    return port.cast(proxy);
  }

  /** Gives a run back the ledger behind the wrapped one, which its adapter knows. */
  static TaskRun unwrapped(TaskRun run, TaskStore ledger) {
    Object proxy =
        Proxy.newProxyInstance(
            Halting.class.getClassLoader(),
            new Class<?>[] {TaskRun.class},
            (self, method, arguments) ->
                method.getName().equals("ledger") ? ledger : invoke(run, method, arguments));
    return (TaskRun) proxy;
  }

  /** Watches what the agent does on disk. */
  Halt disk() {
    return Halt.by((moment, name) -> halts.reach(moment, plain(name), this::isSide));
  }

  /** An effect on disk without the version in its name. */
  static String plain(String name) {
    return name.replaceAll("[0-9]+[.][0-9]+[.][0-9]+", "V");
  }

  /** Does something that is an effect of its own. */
  void effect(String name, Effect effect) throws Exception {
    halts.reach("before", name, this::isSide);
    effect.run();
    halts.reach("after", name, this::isSide);
  }

  private @Nullable Object call(
      String name, Object delegate, Method method, @Nullable Object @Nullable [] arguments)
      throws Throwable {
    if (method.getDeclaringClass() == Object.class || method.getName().equals("close")) {
      return invoke(delegate, method, arguments);
    }
    if (arguments == null && isPort(method.getReturnType())) {
      return wrapped(method.getReturnType(), method.getName(), invoke(delegate, method, null));
    }
    if (isRehearsal(arguments)) {
      return invoke(delegate, method, arguments);
    }
    if (method.getReturnType() == method.getDeclaringClass()) {
      // One that takes the port's place, such as a source that shares what it knows.
      return wrapped(method.getReturnType(), name, invoke(delegate, method, arguments));
    }
    String effect = name + "." + method.getName() + detail(arguments);
    halts.reach("before", effect, this::isSide);
    Object answer = invoke(delegate, method, arguments);
    if (hadEffect(answer)) {
      halts.reach("after", effect, this::isSide);
    }
    return isPort(method.getReturnType())
        ? wrapped(method.getReturnType(), "session", answer)
        : answer;
  }

  /** Tells whether the call has done it: the condition of a write may not have held. */
  private static boolean hadEffect(@Nullable Object answer) {
    return !(Boolean.FALSE.equals(answer)
        || Optional.empty().equals(answer)
        || answer instanceof Acquisition.Denied);
  }

  private <T> T wrapped(Class<T> port, String name, @Nullable Object delegate) {
    return port(port, name, port.cast(Objects.requireNonNull(delegate)));
  }

  private static boolean isPort(Class<?> type) {
    return type.isInterface() && PORT.matcher(type.getName()).matches();
  }

  private static String detail(@Nullable Object @Nullable [] arguments) {
    String detail = "";
    for (Object argument : arguments == null ? new Object[0] : arguments) {
      if (argument instanceof UpgradePhase phase) {
        detail = "(" + phase + ")"; // The last one: the phase that it moves to.
      } else if (argument instanceof StepRecord step) {
        detail = "(" + step.step() + " " + step.event() + ")";
      }
    }
    return detail;
  }

  /** Tells whether a call has a fence that cannot hold, or an upgrade that does not exist. */
  private boolean isRehearsal(@Nullable Object @Nullable [] arguments) {
    if (arguments == null || !(arguments[0] instanceof Fence fence)) {
      return false;
    }
    boolean handOver = arguments.length == 5 && arguments[2] instanceof InstanceId;
    return fence.epoch() == Long.MAX_VALUE
        || (handOver
            && candidate().filter(found -> found.upgrade().equals(arguments[1])).isEmpty());
  }

  private boolean isSide(String side) {
    String self = environment.getOrDefault("SELFUPGRADE_INSTANCE", "");
    boolean onTrial = candidate().filter(found -> found.instance().equals(self)).isPresent();
    return side.equals(onTrial ? "candidate" : "old");
  }

  private Optional<Candidate> candidate() {
    String home = environment.get("SELFUPGRADE_HOME");
    try {
      return home == null ? Optional.empty() : Candidate.read(Home.at(Path.of(home)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static @Nullable Object invoke(
      Object delegate, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
    try {
      return method.invoke(delegate, arguments);
    } catch (InvocationTargetException e) {
      throw Objects.requireNonNull(e.getCause());
    }
  }

  /** Something that is done. */
  @FunctionalInterface
  interface Effect {
    /** Does it. */
    void run() throws Exception;
  }
}
