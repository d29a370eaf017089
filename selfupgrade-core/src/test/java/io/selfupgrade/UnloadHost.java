package io.selfupgrade;

import java.io.File;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A container that loads an application with a class loader of its own, ends it and unloads it. */
final class UnloadHost {

  private static final String URL_NAME = "HOST_URL";
  private static final int MOST_COLLECTIONS = 100;
  private static final long PAUSE_MILLIS = 50;

  private UnloadHost() {}

  /**
   * Says {@code collected}, or what threads are left.
   *
   * @param args who lives in the application, {@code agent} or {@code driver}; and who loads the
   *     driver, {@code parent} or {@code child}
   */
  public static void main(String[] args) throws Exception {
    boolean inParent = args[1].equals("parent");
    Predicate<String> driver = entry -> entry.contains("postgresql-42");
    ClassLoader platform = ClassLoader.getPlatformClassLoader();
    ClassLoader container = inParent ? new URLClassLoader(urls(driver), platform) : platform;
    WeakReference<ClassLoader> application =
        run(args[0], container, urls(inParent ? driver.negate() : entry -> true));
    displaceWhatTheJdkKeepsOfRecords();
    for (int i = 0; i < MOST_COLLECTIONS && application.get() != null; i++) {
      System.gc();
      Thread.sleep(PAUSE_MILLIS);
    }
    System.out.println(application.get() == null ? "collected" : "kept");
    Thread.getAllStackTraces().keySet().forEach(thread -> System.out.println("thread " + thread));
  }

  /**
   * JDK 17 keeps the class of the record whose {@code equals} was linked last, in a cache with one
   * place of {@code java.lang.runtime.ObjectMethods}.
   */
  private static void displaceWhatTheJdkKeepsOfRecords() {
    record Displacing(Displacing other, String text) {}
    Displacing one = new Displacing(null, "a");
    if (!one.equals(new Displacing(null, "a")) || one.hashCode() == 0 || one.toString().isEmpty()) {
      throw new AssertionError("records are not records");
    }
  }

  /** On this thread, which goes on to live: what is left in its thread locals is found too. */
  private static WeakReference<ClassLoader> run(String who, ClassLoader container, URL[] urls)
      throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader application = new URLClassLoader(urls, container)) {
      thread.setContextClassLoader(application);
      if (who.equals("agent")) {
        agent(application);
      } else {
        driver(application);
      }
      return new WeakReference<>(application);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static void agent(ClassLoader application) throws Exception {
    Method live =
        application
            .loadClass(QuietHost.class.getName())
            .getDeclaredMethod("live", String.class, String.class, Duration.class, Consumer.class);
    live.setAccessible(true);
    Consumer<Object> shown = agent -> {};
    live.invoke(null, System.getenv(URL_NAME), "unloaded", Duration.ofMillis(100), shown);
    deregister(application);
  }

  private static void driver(ClassLoader application) throws Exception {
    Driver driver =
        (Driver)
            application.loadClass("org.postgresql.Driver").getDeclaredConstructor().newInstance();
    try (Connection connection = driver.connect(System.getenv(URL_NAME), new Properties())) {
      connection.createStatement().execute("select 1");
    }
    deregister(application);
  }

  /** What a container does for a driver that an application brought; the library does not. */
  private static void deregister(ClassLoader application) throws Exception {
    Class<?> driver = application.loadClass("org.postgresql.Driver");
    if (driver.getClassLoader() == application) {
      driver.getMethod("deregister").invoke(null);
    }
  }

  private static URL[] urls(Predicate<String> which) throws Exception {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (which.test(entry)) {
        urls.add(Path.of(entry).toUri().toURL());
      }
    }
    return urls.toArray(new URL[0]);
  }
}
