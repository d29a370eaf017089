package io.selfupgrade.supabase;

import io.selfupgrade.store.AgentStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * A store that many tests use one after another: it is opened with the first, and closed when all
 * are over. Opening one takes longer than most tests.
 */
final class KeptOpen implements AutoCloseable {

  private final AgentStore store;
  private final AgentStore handle;
  private boolean opened;

  KeptOpen(AgentStore store) {
    this.store = store;
    this.handle =
        (AgentStore)
            Proxy.newProxyInstance(
                KeptOpen.class.getClassLoader(),
                new Class<?>[] {AgentStore.class},
                (proxy, method, arguments) -> call(method, arguments));
  }

  /** The store, whose {@code close} does nothing. */
  AgentStore handle() {
    return handle;
  }

  private synchronized boolean isToDo(Method method) {
    if (method.getName().equals("open")) {
      boolean first = !opened;
      opened = true;
      return first;
    }
    return !method.getName().equals("close");
  }

  private Object call(Method method, Object[] arguments) throws Throwable {
    if (!isToDo(method)) {
      return null;
    }
    try {
      return method.invoke(store, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  @Override
  public void close() {
    store.close();
  }
}
