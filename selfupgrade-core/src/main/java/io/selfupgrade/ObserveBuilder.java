package io.selfupgrade;

import io.selfupgrade.control.JobStore;
import io.selfupgrade.core.observe.ObserveSettings;
import io.selfupgrade.observe.HealthProbe;
import io.selfupgrade.observe.Notifier;
import io.selfupgrade.observe.Retention;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Describes what an agent lets others see; all of it has defaults. */
public final class ObserveBuilder {

  private static final int LONGEST_NAME = 60;
  private static final long SMALLEST_DATABASE = 1_000_000;

  private final Map<String, HealthProbe> probes = new LinkedHashMap<>();
  private final Map<String, Notifier> notifiers = new LinkedHashMap<>();
  private final Problems problems = new Problems();
  private Retention retention = Retention.DEFAULT;
  private OptionalLong databaseLimit = OptionalLong.empty();
  private ObserveSettings.Pace pace = ObserveSettings.Pace.DEFAULT;
  private @Nullable Path spool;

  ObserveBuilder() {}

  /**
   * Adds a probe that is asked whenever the agent's health is, and during probation.
   *
   * <p>With {@link SelfUpgradeBuilder#notifyBy} the primary asks it every 30 s, for as long as it
   * leads, to tell people that the agent is DOWN: let it cost little.
   */
  public ObserveBuilder probe(String name, HealthProbe probe) {
    if (given("probe", name) && given("probe", probe) && probes.put(name, probe) != null) {
      problems.add(
          "observe(o -> o.probe(\""
              + name
              + "\", ...)) is called twice: choose another name for one of them");
    }
    return this;
  }

  /**
   * Sets where log events are kept while the store is away.
   *
   * <p>Default: {@code spool} in the launcher's home; without a launcher they stay in memory.
   * Processes of one machine may share the directory.
   */
  public ObserveBuilder spool(Path directory) {
    given("spool", directory);
    spool = directory;
    return this;
  }

  /** Sets how long what grows by itself is kept. Default {@link Retention#DEFAULT}. */
  public ObserveBuilder retention(Retention times) {
    if (given("retention", times)) {
      retention = times;
    }
    return this;
  }

  /**
   * Sets how large the database may become, for health and metrics to tell how long that lasts.
   *
   * <p>Default: 500 MB on Supabase, its free plan, and no limit elsewhere.
   *
   * @param bytes 1 MB or more
   */
  public ObserveBuilder databaseLimit(long bytes) {
    if (bytes < SMALLEST_DATABASE) {
      problems.add(
          "observe(o -> o.databaseLimit("
              + bytes
              + ")): expected "
              + SMALLEST_DATABASE
              + " bytes or more");
    }
    databaseLimit = OptionalLong.of(bytes);
    return this;
  }

  /** Sets how often the primary looks; for tests. */
  ObserveBuilder pace(ObserveSettings.Pace other) {
    pace = other;
    return this;
  }

  /** Lets the host describe; what it gets wrong is kept for {@link #problems}. */
  void describe(Consumer<ObserveBuilder> how) {
    problems.of(
        "observe(...)",
        () -> {
          how.accept(this);
          return this;
        });
  }

  void notifyBy(Notifier notifier) {
    String name = notifier.name();
    if (name.isEmpty() || name.length() > LONGEST_NAME) {
      problems.add(
          "notifyBy(...) got a notifier named \""
              + name
              + "\": expected 1 to "
              + LONGEST_NAME
              + " characters");
    }
    if (notifiers.put(name, notifier) != null) {
      problems.add(
          "notifyBy(...) is called twice with \"" + name + "\": give one of them another name");
    }
  }

  Map<String, HealthProbe> probes() {
    return probes;
  }

  /** Returns what is wrong, the probes of upgrades seen beside the ones here. */
  Problems problems(Optional<UpgradesBuilder> upgrades) {
    Problems all = new Problems();
    all.add(problems);
    if (notifiers.size() > JobStore.Watch.MOST_NOTIFIERS) {
      all.add(
          "notifyBy(...) is called with "
              + notifiers.size()
              + " notifiers: expected at most "
              + JobStore.Watch.MOST_NOTIFIERS
              + "; let one of them tell several people");
    }
    Set<String> twice = new TreeSet<>(probes.keySet());
    upgrades.ifPresent(how -> twice.retainAll(how.probes().keySet()));
    if (upgrades.isPresent()) {
      twice.forEach(
          probe ->
              all.add(
                  "observe(o -> o.probe(\""
                      + probe
                      + "\", ...)) and upgrades(u -> u.probe(...)) share a name: choose another for"
                      + " one of them"));
    }
    return all;
  }

  private boolean given(String method, @Nullable Object value) {
    return problems.given(
        "observe(o -> o." + method + "(...))", value, "give a value, or leave the call out");
  }

  /** Returns the settings; the probes of upgrades are asked too. */
  ObserveSettings build(Optional<Path> home, Optional<UpgradesBuilder> upgrades) {
    return new ObserveSettings(
        new ObserveSettings.Checks(
            probes,
            upgrades.map(UpgradesBuilder::probes).orElse(Map.of()),
            upgrades.map(UpgradesBuilder::criticalPaths).orElse(Map.of())),
        upgrades.map(UpgradesBuilder::releases),
        List.copyOf(notifiers.values()),
        new ObserveSettings.Room(retention, databaseLimit),
        Optional.ofNullable(spool).or(() -> home.map(path -> path.resolve("spool"))),
        home.orElseGet(() -> Path.of("").toAbsolutePath()),
        pace);
  }
}
