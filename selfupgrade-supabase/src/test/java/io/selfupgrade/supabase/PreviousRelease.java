package io.selfupgrade.supabase;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder.request;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * The library as it was in the previous release, in this JVM beside today's.
 *
 * <p>Its classes and migrations come from a jar that {@code .ci/previous-release} has made. Classes
 * of tests that are asked for by name are today's, linked once more, against that jar: what they
 * call is the previous release. All that is not the library's own is shared, drivers as JUnit.
 */
final class PreviousRelease implements AutoCloseable {

  private static final String JAR = "selfupgrade-supabase/src/test/previous/previous-release.jar";
  private static final String MIGRATIONS = "supabase/migrations/";

  private final Path jar;
  private final Beside classes;

  private PreviousRelease(Path jar, Beside classes) {
    this.jar = jar;
    this.classes = classes;
  }

  static PreviousRelease load() {
    Path jar = jar();
    try {
      URL tests = PreviousRelease.class.getProtectionDomain().getCodeSource().getLocation();
      return new PreviousRelease(jar, new Beside(new URL[] {jar.toUri().toURL(), tests}));
    } catch (MalformedURLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path jar() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.exists(at.resolve(JAR))) {
        return at.resolve(JAR);
      }
    }
    throw new IllegalStateException(JAR + " is missing: make it by .ci/previous-release COMMIT");
  }

  /** Returns its migrations: names with texts, in their order. */
  Map<String, String> migrations() {
    Map<String, String> migrations = new TreeMap<>();
    try (JarFile file = new JarFile(jar.toFile())) {
      for (JarEntry entry : file.stream().toList()) {
        if (entry.getName().startsWith(MIGRATIONS) && !entry.isDirectory()) {
          byte[] text = file.getInputStream(entry).readAllBytes();
          migrations.put(
              entry.getName().substring(MIGRATIONS.length()),
              new String(text, StandardCharsets.UTF_8));
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + jar, e);
    }
    return migrations;
  }

  /** Returns a test's class, linked against the previous release. */
  Class<?> linked(Class<?> ofToday) {
    try {
      return Class.forName(ofToday.getName(), true, classes);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("there is no " + ofToday.getName(), e);
    }
  }

  /** Has a primary of the previous release begin its work. */
  Work primary(String url) {
    try {
      return (Work) linked(PrimaryAtWork.class).getConstructor(String.class).newInstance(url);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("the previous release cannot work on today's schema", e);
    }
  }

  /** Has it read all rows of a database, as {@link EveryRow}. */
  Map<String, Integer> readEveryRow(String url) {
    try {
      @SuppressWarnings("unchecked")
      Map<String, Integer> read =
          (Map<String, Integer>)
              linked(EveryRow.class).getMethod("of", String.class).invoke(null, url);
      return read;
    } catch (InvocationTargetException e) {
      throw new AssertionError("the previous release reads not all of today's rows", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("the previous release has no way to read rows", e);
    }
  }

  /** Runs its store's contract, the one of that time, in a database and in empty ones. */
  TestExecutionSummary runContract(String url, Supplier<String> empty) {
    Class<?> contract = linked(PreviousContract.class);
    try {
      contract.getMethod("in", String.class, Supplier.class).invoke(null, url, empty);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("the contract cannot be told where", e);
    }
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    Launcher launcher =
        LauncherFactory.create(
            LauncherConfig.builder()
                .enableLauncherSessionListenerAutoRegistration(false)
                .enableLauncherDiscoveryListenerAutoRegistration(false)
                .enableTestExecutionListenerAutoRegistration(false)
                .enablePostDiscoveryFilterAutoRegistration(false)
                .build());
    launcher.execute(
        request()
            .selectors(List.of(selectClass(contract)))
            .configurationParameter("junit.jupiter.execution.parallel.enabled", "false")
            .build(),
        listener);
    return listener.getSummary();
  }

  @Override
  public void close() {
    try {
      classes.close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Defines the library's classes itself, and finds its resources before others. */
  private static final class Beside extends URLClassLoader {

    private static final String SHARED = Work.class.getName();

    Beside(URL[] urls) {
      super(urls, PreviousRelease.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith("io.selfupgrade.") || name.equals(SHARED)) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> known = findLoadedClass(name);
        return known != null ? known : findClass(name);
      }
    }

    @Override
    public URL getResource(String name) {
      URL own = findResource(name);
      return own != null ? own : super.getResource(name);
    }
  }
}
