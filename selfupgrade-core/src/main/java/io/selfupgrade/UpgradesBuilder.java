package io.selfupgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.observe.ObserveSettings;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.core.upgrade.Checks;
import io.selfupgrade.core.upgrade.Policy;
import io.selfupgrade.core.upgrade.UpgradeSettings;
import io.selfupgrade.observe.HealthProbe;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.Approval;
import io.selfupgrade.upgrade.CommitSource;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.LocalBuild;
import io.selfupgrade.upgrade.ReleaseCheck;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.Switch;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeListener;
import io.selfupgrade.upgrade.UpgradeTimes;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Describes how an agent upgrades itself; {@code from} and {@code trust} are required. */
public final class UpgradesBuilder {

  private static final int MINUTES = 60;
  private static final String LOOK = "selfupgrade.look-for-releases";
  private static final Pattern CHANNEL = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");

  private final Map<String, HealthProbe> probes = new LinkedHashMap<>();
  private final Map<String, HealthProbe> criticalPaths = new LinkedHashMap<>();
  private final List<ReleaseCheck> releaseChecks = new ArrayList<>();
  private final List<UpgradeListener> listeners = new ArrayList<>();
  private final Problems problems = new Problems();
  private boolean cutShort;
  private @Nullable ReleaseSource source;
  private @Nullable Trust trust;
  private @Nullable Schedule schedule;
  private final Set<Version> oneWay = new LinkedHashSet<>();
  private String channel = Policy.DEFAULT.channel();
  private Duration minimumAge = Policy.DEFAULT.minimumAge();
  private Duration staleAfter = Policy.DEFAULT.staleAfter();
  private Approval approval = Policy.DEFAULT.approval();
  private Duration approvalTime = Policy.DEFAULT.approvalTime();
  private Switch switchBy = Policy.DEFAULT.switchBy();
  private UpgradeTimes times = UpgradeTimes.DEFAULT;
  private @Nullable Install install;
  private BuiltHere builtHere = BuiltHere.NOTHING;

  UpgradesBuilder() {}

  /** Names where releases are found. Required. */
  public UpgradesBuilder from(ReleaseSource releases) {
    problems.once("upgrades(u -> u.from(...))", source);
    source = releases;
    return this;
  }

  /**
   * Builds the commits of a source on this machine, in the place of {@link #from}.
   *
   * <p>Only with {@link Trust#verifiedCommits}, which says what that means, and under the launcher,
   * in whose home {@code build()} then makes a directory with a signing key of its own.
   */
  public UpgradesBuilder fromCommits(CommitSource commits, LocalBuild build) {
    if (given("fromCommits", commits) && given("fromCommits", build)) {
      problems.once("upgrades(u -> u.fromCommits(...))", builtHere.isAsked() ? builtHere : null);
      builtHere = new BuiltHere(commits, build);
    }
    return this;
  }

  /** Names whose releases are accepted. Required. */
  public UpgradesBuilder trust(Trust whose) {
    problems.once("upgrades(u -> u.trust(...))", trust);
    trust = whose;
    return this;
  }

  /** Names the channel that is followed. Default {@code stable}. */
  public UpgradesBuilder channel(String name) {
    if (given("channel", name)) {
      channel = name;
      if (!CHANNEL.matcher(name).matches()) {
        problems.add(
            "upgrades(u -> u.channel(\""
                + name
                + "\")) is not usable: expected 1 to 32 characters of a-z 0-9 -");
      }
    }
    return this;
  }

  /**
   * Leaves releases alone until they are that old, by their signed date and the database's clock.
   *
   * <p>Time in which somebody else may find out what is wrong with them. Default: none.
   */
  public UpgradesBuilder minimumAge(Duration age) {
    if (given("minimumAge", age)) {
      minimumAge = age;
      if (age.isNegative()) {
        problems.add("upgrades(u -> u.minimumAge(" + age + ")) is negative: expected 0 or more");
      }
    }
    return this;
  }

  /**
   * Sets how long the agent goes without a good look at the index before it installs nothing more.
   *
   * <p>It keeps running, and {@link io.selfupgrade.upgrade.Upgrades#freshness} tells. Default 24 h.
   */
  public UpgradesBuilder staleAfter(Duration time) {
    if (given("staleAfter", time)) {
      staleAfter = requirePositive("staleAfter", time);
    }
    return this;
  }

  /**
   * Allows one version although the one that runs cannot read the state which it writes.
   *
   * <p>The way back from it is then closed for data: the old version is still started again if the
   * new one fails, on a state that it cannot read.
   */
  public UpgradesBuilder allowOneWay(String version) {
    if (given("allowOneWay", version)) {
      problems
          .of("upgrades(u -> u.allowOneWay(...))", () -> Version.parse(version))
          .ifPresent(oneWay::add);
    }
    return this;
  }

  /** Sets whether a person has to agree to each upgrade. Default {@link Approval#NONE}. */
  public UpgradesBuilder approval(Approval who) {
    if (given("approval", who)) {
      approval = who;
    }
    return this;
  }

  /** Sets how long an upgrade waits for approval before it is refused. Default 72 h. */
  public UpgradesBuilder approvalWithin(Duration time) {
    if (given("approvalWithin", time)) {
      approvalTime = requirePositive("approvalWithin", time);
    }
    return this;
  }

  /**
   * Sets whether the new version starts beside the running one or in its place.
   *
   * <p>Default {@link Switch#BESIDE}. {@link Switch#RESTART} is for hosts without room for two: the
   * agent is away while the new version starts, and a caller of {@code upgrade()} is interrupted.
   */
  public UpgradesBuilder switchBy(Switch how) {
    if (given("switchBy", how)) {
      switchBy = how;
    }
    return this;
  }

  /**
   * Sets how the next version comes to run. Default {@link Install#slots}, under the launcher.
   *
   * <p>{@link Install#deploying} is for a process that a platform runs. Of a release only the
   * signed manifest and the migrations are read then, and no file of it is tried; what the platform
   * runs as that version has to call {@code version(...)} with it.
   */
  public UpgradesBuilder installBy(Install how) {
    problems.once("upgrades(u -> u.installBy(...))", install);
    if (given("installBy", how)) {
      install = how;
    }
    return this;
  }

  /**
   * Sets when the agent looks for releases by itself.
   *
   * <p>Default: every six hours, at a minute that depends on the agent's name.
   */
  public UpgradesBuilder lookAt(Schedule when) {
    given("lookAt", when);
    schedule = when;
    return this;
  }

  /** Sets the times of an upgrade. Default {@link UpgradeTimes#DEFAULT}. */
  public UpgradesBuilder times(UpgradeTimes all) {
    if (given("times", all)) {
      times = all;
    }
    return this;
  }

  /**
   * Adds a probe that must answer well during probation.
   *
   * <p>{@code healthCheck()} asks it too; nobody else does.
   */
  public UpgradesBuilder probe(String name, HealthProbe probe) {
    add("probe", probes, name, probe);
    return this;
  }

  /**
   * Adds something that the agent must be able to do, asked during probation.
   *
   * <p>One that fails on the new version and passes on the old one, once that leads again, condemns
   * the new version. {@code healthCheck()} asks it too; nobody else does, so that it may cost
   * something.
   */
  public UpgradesBuilder criticalPath(String name, HealthProbe path) {
    add("criticalPath", criticalPaths, name, path);
    return this;
  }

  /** Adds a check that looks through a release before it is accepted. */
  public UpgradesBuilder check(ReleaseCheck check) {
    if (given("check", check)) {
      releaseChecks.add(check);
    }
    return this;
  }

  /** Adds someone who hears what upgrades do. */
  public UpgradesBuilder listener(UpgradeListener listener) {
    if (given("listener", listener)) {
      listeners.add(listener);
    }
    return this;
  }

  /** Lets the host describe; what it gets wrong is kept for {@link #problems}. */
  void describe(Consumer<UpgradesBuilder> how) {
    cutShort =
        problems
            .of(
                "upgrades(...)",
                () -> {
                  how.accept(this);
                  return this;
                })
            .isEmpty();
  }

  /** Returns what is wrong; what a description that failed did not come to say is not missed. */
  Problems problems() {
    Problems all = new Problems();
    all.add(problems);
    if (source == null && !builtHere.isAsked() && !cutShort) {
      all.add("upgrades have no source of releases: call upgrades(u -> u.from(...))");
    }
    all.add(builtHere.problems(source, trust, install));
    if (trust == null && !cutShort) {
      all.add("upgrades trust nobody: call upgrades(u -> u.trust(Trust.keys(...)))");
    }
    return all;
  }

  /**
   * Returns what is wrong with how the next version comes to run.
   *
   * @param launched whether a launcher started this process
   * @param local whether this process never acts
   */
  List<String> installProblems(boolean launched, boolean local) {
    List<String> found = new ArrayList<>(new InstallRules(launched, local).of(install, switchBy));
    if (builtHere.isAsked() && !launched && !local) {
      found.add(BuiltHere.NO_LAUNCHER);
    }
    return found;
  }

  /** Returns the platform that runs the next version, if one does. */
  Optional<Install.Deploying> platform() {
    return install instanceof Install.Deploying deploying
        ? Optional.of(deploying)
        : Optional.empty();
  }

  /** Returns the built-in task that looks for releases. */
  TaskConfig look(String agent) {
    int minute = Math.floorMod(agent.hashCode(), MINUTES);
    Schedule when =
        schedule == null ? Schedule.cron(minute + " */6 * * *", ZoneOffset.UTC) : schedule;
    return new TaskConfig(LOOK, when, TaskPolicy.DEFAULT, Json.EMPTY);
  }

  boolean hasRoomForTwo() {
    return switchBy == Switch.BESIDE;
  }

  /** Lets the source keep what it knows in the agent's store; opens what builds here. */
  void join(AgentStore store, AgentName agent, Identity identity, Clock clock) {
    if (builtHere.isAsked()) {
      BuiltHere.Opened opened =
          builtHere.open(store, agent, identity, new ReleaseTool(clock), trust);
      source = opened.source();
      trust = opened.trust();
    } else if (source != null) {
      source = source.sharing(store.sources());
    }
  }

  UpgradeTimes times() {
    return times;
  }

  Map<String, HealthProbe> probes() {
    return probes;
  }

  Map<String, HealthProbe> criticalPaths() {
    return criticalPaths;
  }

  ObserveSettings.Releases releases() {
    return new ObserveSettings.Releases(Objects.requireNonNull(source, "source"), channel);
  }

  /**
   * Returns the settings.
   *
   * @param everywhere probes that are not only asked during probation
   * @param also hears what happens, beside the host's own listeners
   */
  UpgradeSettings build(Duration ttl, Map<String, HealthProbe> everywhere, UpgradeListener also) {
    Map<String, HealthProbe> allProbes = new LinkedHashMap<>(everywhere);
    allProbes.putAll(probes);
    List<UpgradeListener> all = new ArrayList<>(listeners);
    all.add(also);
    return new UpgradeSettings(
        Objects.requireNonNull(source, "source"),
        Objects.requireNonNull(trust, "trust"),
        new Policy(channel, minimumAge, staleAfter, oneWay, approval, approvalTime, switchBy),
        times,
        ttl,
        new Checks(allProbes, criticalPaths, releaseChecks),
        all);
  }

  private Duration requirePositive(String method, Duration time) {
    if (time.isZero() || time.isNegative()) {
      problems.add(
          "upgrades(u -> u." + method + "(" + time + ")) is too short: expected more than 0");
    }
    return time;
  }

  private boolean given(String method, @Nullable Object value) {
    return problems.given(
        "upgrades(u -> u." + method + "(...))", value, "give a value, or leave the call out");
  }

  private void add(String method, Map<String, HealthProbe> all, String name, HealthProbe probe) {
    if (given(method, name) && given(method, probe) && all.put(name, probe) != null) {
      problems.add(
          "upgrades(u -> u."
              + method
              + "(\""
              + name
              + "\", ...)) is called twice: choose another name for one of them");
    }
  }
}
