package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.RecallQuery;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * An agent's memories, by the names and types that the version has which this is linked against: in
 * the previous release an agent stood where the scope stands today.
 */
final class MemoriesThen {

  private final MemoryStore store;
  private final AgentName agent;
  private final Object scope;

  MemoriesThen(MemoryStore store, AgentName agent) {
    this.store = store;
    this.agent = agent;
    this.scope = scopeOf(agent);
  }

  private static Object scopeOf(AgentName agent) {
    try {
      return Class.forName(MemoryStore.class.getPackageName() + ".MemoryScope")
          .getMethod("of", AgentName.class)
          .invoke(null, agent);
    } catch (ClassNotFoundException e) {
      return agent;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("there is no scope of an agent", e);
    }
  }

  UUID remember(InstanceId by, long epoch, Memory memory, Duration life) {
    try {
      MemoryStore.Author author =
          MemoryStore.Author.class
              .getConstructor(scope.getClass(), InstanceId.class, long.class)
              .newInstance(scope, by, epoch);
      Object remembered =
          scope == agent
              ? call("remember", author, memory, Optional.of(life))
              : call("remember", author, entry(memory, life));
      return (UUID) remembered.getClass().getMethod("id").invoke(remembered);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("it cannot remember", e);
    }
  }

  private static Object entry(Memory memory, Duration life) throws ReflectiveOperationException {
    return Class.forName(MemoryStore.class.getName() + "$Entry")
        .getConstructor(Memory.class, Optional.class)
        .newInstance(memory, Optional.of(life));
  }

  Optional<?> get(UUID id) {
    return (Optional<?>) call("get", scope, id);
  }

  Collection<?> recall(String text) {
    return (Collection<?>) call("recall", scope, RecallQuery.of(text));
  }

  boolean forget(UUID id) {
    return (Boolean) call("forget", scope, id);
  }

  Object stats() {
    return call("stats", scope);
  }

  private Object call(String name, Object... arguments) {
    Method method =
        Stream.of(MemoryStore.class.getMethods())
            .filter(each -> each.getName().equals(name) && takes(each, arguments))
            .findFirst()
            .orElseThrow();
    try {
      return method.invoke(store, arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean takes(Method method, Object... arguments) {
    Class<?>[] types = method.getParameterTypes();
    boolean takes = types.length == arguments.length;
    for (int i = 0; takes && i < types.length; i++) {
      takes = types[i].isInstance(arguments[i]);
    }
    return takes;
  }
}
