package io.selfupgrade;

import io.selfupgrade.agent.Json;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.upgrade.Checks;
import io.selfupgrade.core.upgrade.Policy;
import io.selfupgrade.core.upgrade.UpgradeSettings;
import io.selfupgrade.observe.HealthProbe;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskDefinition;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.upgrade.Approval;
import io.selfupgrade.upgrade.ReleaseCheck;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeListener;
import io.selfupgrade.upgrade.UpgradeTimes;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Describes how an agent upgrades itself; {@code from} and {@code trust} are required. */
public final class UpgradesBuilder {

  private static final int MINUTES = 60;
  private static final String LOOK = "selfupgrade.look-for-releases";

  private final Map<String, HealthProbe> probes = new LinkedHashMap<>();
  private final Map<String, HealthProbe> criticalPaths = new LinkedHashMap<>();
  private final List<ReleaseCheck> releaseChecks = new ArrayList<>();
  private final List<UpgradeListener> listeners = new ArrayList<>();
  private @Nullable ReleaseSource source;
  private @Nullable Trust trust;
  private @Nullable Schedule schedule;
  private final Set<Version> oneWay = new LinkedHashSet<>();
  private final List<String> problems = new ArrayList<>();
  private String channel = Policy.DEFAULT.channel();
  private Duration minimumAge = Policy.DEFAULT.minimumAge();
  private Duration staleAfter = Policy.DEFAULT.staleAfter();
  private Approval approval = Policy.DEFAULT.approval();
  private Duration approvalTime = Policy.DEFAULT.approvalTime();
  private UpgradeTimes times = UpgradeTimes.DEFAULT;

  UpgradesBuilder() {}

  /** Names where releases are found. Required. */
  public UpgradesBuilder from(ReleaseSource releases) {
    source = Objects.requireNonNull(releases, "releases");
    return this;
  }

  /** Names whose releases are accepted. Required. */
  public UpgradesBuilder trust(Trust whose) {
    trust = Objects.requireNonNull(whose, "whose");
    return this;
  }

  /** Names the channel that is followed. Default {@code stable}. */
  public UpgradesBuilder channel(String name) {
    channel = Objects.requireNonNull(name, "name");
    return this;
  }

  /**
   * Leaves releases alone until they are that old, by their signed date and the database's clock.
   *
   * <p>Time in which somebody else may find out what is wrong with them. Default: none.
   */
  public UpgradesBuilder minimumAge(Duration age) {
    minimumAge = Objects.requireNonNull(age, "age");
    if (age.isNegative()) {
      problems.add("minimum age " + age + " is negative: call minimumAge with zero or more");
    }
    return this;
  }

  /**
   * Sets how long the agent goes without a good look at the index before it installs nothing more.
   *
   * <p>It keeps running, and {@link io.selfupgrade.upgrade.Upgrades#freshness} tells. Default 24 h.
   */
  public UpgradesBuilder staleAfter(Duration time) {
    staleAfter = positive("staleAfter", time);
    return this;
  }

  /**
   * Allows one version although the one that runs cannot read the state which it writes.
   *
   * <p>The way back from it is then closed for data: the old version is still started again if the
   * new one fails, on a state that it cannot read.
   */
  public UpgradesBuilder allowOneWay(String version) {
    try {
      oneWay.add(Version.parse(version));
    } catch (IllegalArgumentException e) {
      problems.add("allowOneWay names no version: " + e.getMessage());
    }
    return this;
  }

  /** Sets whether a person has to agree to each upgrade. Default {@link Approval#NONE}. */
  public UpgradesBuilder approval(Approval who) {
    approval = Objects.requireNonNull(who, "who");
    return this;
  }

  /** Sets how long an upgrade waits for approval before it is refused. Default 72 h. */
  public UpgradesBuilder approvalWithin(Duration time) {
    approvalTime = positive("approvalWithin", time);
    return this;
  }

  /**
   * Sets when the agent looks for releases by itself.
   *
   * <p>Default: every six hours, at a minute that depends on the agent's name.
   */
  public UpgradesBuilder lookAt(Schedule when) {
    schedule = Objects.requireNonNull(when, "when");
    return this;
  }

  /** Sets the times of an upgrade. Default {@link UpgradeTimes#DEFAULT}. */
  public UpgradesBuilder times(UpgradeTimes all) {
    times = Objects.requireNonNull(all, "all");
    return this;
  }

  /** Adds a probe that must answer well during probation. */
  public UpgradesBuilder probe(String name, HealthProbe probe) {
    add(probes, name, probe);
    return this;
  }

  /**
   * Adds something that the agent must be able to do, asked during probation.
   *
   * <p>One that fails on the new version and passes on the old one, once that leads again, condemns
   * the new version.
   */
  public UpgradesBuilder criticalPath(String name, HealthProbe path) {
    add(criticalPaths, name, path);
    return this;
  }

  /** Adds a check that looks through a release before it is accepted. */
  public UpgradesBuilder check(ReleaseCheck check) {
    releaseChecks.add(Objects.requireNonNull(check, "check"));
    return this;
  }

  /** Adds someone who hears what upgrades do. */
  public UpgradesBuilder listener(UpgradeListener listener) {
    listeners.add(Objects.requireNonNull(listener, "listener"));
    return this;
  }

  List<String> problems() {
    List<String> found = new ArrayList<>(problems);
    if (source == null) {
      found.add("upgrades have no source of releases: call upgrades(u -> u.from(...))");
    }
    if (trust == null) {
      found.add("upgrades trust nobody: call upgrades(u -> u.trust(Trust.keys(...)))");
    }
    return found;
  }

  /** Returns the built-in task that looks for releases. */
  TaskDefinition look(String agent) {
    int minute = Math.floorMod(agent.hashCode(), MINUTES);
    Schedule when =
        schedule == null ? Schedule.cron(minute + " */6 * * *", ZoneOffset.UTC) : schedule;
    return new TaskDefinition(LOOK, when, TaskPolicy.DEFAULT, Json.EMPTY);
  }

  UpgradeTimes times() {
    return times;
  }

  UpgradeSettings build(Duration ttl) {
    return new UpgradeSettings(
        Objects.requireNonNull(source, "source"),
        Objects.requireNonNull(trust, "trust"),
        new Policy(channel, minimumAge, staleAfter, oneWay, approval, approvalTime),
        times,
        ttl,
        new Checks(probes, criticalPaths, releaseChecks),
        listeners);
  }

  private Duration positive(String call, Duration time) {
    if (time.isZero() || time.isNegative()) {
      problems.add(call + " " + time + " is too short: call " + call + " with more than zero");
    }
    return time;
  }

  private static void add(Map<String, HealthProbe> all, String name, HealthProbe probe) {
    Objects.requireNonNull(probe, "probe");
    if (all.put(Objects.requireNonNull(name, "name"), probe) != null) {
      throw new IllegalArgumentException("\"" + name + "\" is named twice: choose another name");
    }
  }
}
