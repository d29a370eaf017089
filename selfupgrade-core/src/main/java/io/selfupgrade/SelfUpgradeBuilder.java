package io.selfupgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Json;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.failover.ElectionSettings;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.schedule.DeclaredTask;
import io.selfupgrade.core.schedule.TickEngine;
import io.selfupgrade.failover.PrimaryWork;
import io.selfupgrade.failover.WhenIsolated;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskDefinition;
import io.selfupgrade.schedule.TaskHandler;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.store.AgentStore;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Describes an agent: name and store are required, everything else is a capability of its own.
 *
 * <p>Not thread-safe. {@link #build} does no I/O but reading what the launcher left for this
 * process.
 */
public final class SelfUpgradeBuilder {

  private static final Duration SHORTEST_TTL = Duration.ofMillis(300);

  private final String agentName;
  private final Class<?> host;
  private final List<DeclaredTask> tasks = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private @Nullable AgentStore store;
  private @Nullable String version;
  private @Nullable UpgradesBuilder upgrades;
  private @Nullable PrimaryWork work;
  private @Nullable Executor executor;
  private WhenIsolated whenIsolated = WhenIsolated.STOP;
  private Duration ttl = ElectionSettings.DEFAULT_TTL;
  private Clock clock = Clock.systemUTC();
  private Supplier<Optional<LauncherLink>> launcher = () -> LauncherLink.from(System.getenv());

  SelfUpgradeBuilder(String agentName, Class<?> host) {
    this.agentName = Objects.requireNonNull(agentName, "agentName");
    this.host = host;
  }

  /** Names where the agent's state is kept. Required; closed by {@link SelfUpgrade#close}. */
  public SelfUpgradeBuilder store(AgentStore where) {
    store = Objects.requireNonNull(where, "where");
    return this;
  }

  /**
   * Sets the version of this process, where no launcher tells it.
   *
   * <p>Default: the slot's, else the {@code Implementation-Version} of the calling class's jar.
   */
  public SelfUpgradeBuilder version(String text) {
    version = Objects.requireNonNull(text, "text");
    return this;
  }

  /** Lets the agent upgrade itself. */
  public SelfUpgradeBuilder upgrades(Consumer<UpgradesBuilder> how) {
    upgrades = new UpgradesBuilder();
    how.accept(upgrades);
    return this;
  }

  /** Sets the work that only the primary does; it is stopped when the lead cannot be proved. */
  public SelfUpgradeBuilder whilePrimary(PrimaryWork exclusive) {
    return whilePrimary(exclusive, WhenIsolated.STOP);
  }

  /** Sets the work that only the primary does, and what becomes of it in isolation. */
  public SelfUpgradeBuilder whilePrimary(PrimaryWork exclusive, WhenIsolated isolated) {
    if (work != null) {
      problems.add("whilePrimary is called twice: make one PrimaryWork of both");
    }
    work = Objects.requireNonNull(exclusive, "exclusive");
    whenIsolated = Objects.requireNonNull(isolated, "isolated");
    return this;
  }

  /** Declares a task with {@link TaskPolicy#DEFAULT}. */
  public SelfUpgradeBuilder task(String name, Schedule schedule, TaskHandler handler) {
    return task(name, schedule, TaskPolicy.DEFAULT, handler);
  }

  /** Declares a task, run by the primary. */
  public SelfUpgradeBuilder task(
      String name, Schedule schedule, TaskPolicy policy, TaskHandler handler) {
    tasks.add(new DeclaredTask(new TaskDefinition(name, schedule, policy, Json.EMPTY), handler));
    return this;
  }

  /** Runs task handlers on the host's executor. Default: a small pool of the library's own. */
  public SelfUpgradeBuilder executor(Executor hosts) {
    executor = Objects.requireNonNull(hosts, "hosts");
    return this;
  }

  /**
   * Sets the time to live of the lease: how long a primary may be silent. Default 10 s.
   *
   * @param time 300 ms or more
   */
  public SelfUpgradeBuilder leaseTime(Duration time) {
    ttl = Objects.requireNonNull(time, "time");
    if (time.compareTo(SHORTEST_TTL) < 0) {
      problems.add("lease time " + time + " is too short: call leaseTime with 300 ms or more");
    }
    return this;
  }

  /** Sets the wall clock. Default: the system's, in UTC. */
  public SelfUpgradeBuilder clock(Clock wall) {
    clock = Objects.requireNonNull(wall, "wall");
    return this;
  }

  /** Sets how the launcher is found that started this process; for tests of what is written. */
  SelfUpgradeBuilder launcher(Supplier<Optional<LauncherLink>> how) {
    launcher = how;
    return this;
  }

  /**
   * Puts the agent together.
   *
   * @throws ConfigurationException naming every problem at once, each with the call that mends it
   */
  public SelfUpgrade build() {
    List<String> found = new ArrayList<>(problems);
    Optional<AgentName> name = checked(found, () -> new AgentName(agentName));
    if (store == null) {
      found.add("the agent has no store: call store(...)");
    }
    Optional<LauncherLink> link = checked(found, launcher).flatMap(present -> present);
    Optional<Identity> identity =
        checked(found, () -> Identity.of(link, version, host)).flatMap(present -> present);
    if (upgrades != null) {
      found.addAll(upgrades.problems());
      if (identity.isPresent() && identity.get().version().equals(Version.UNVERSIONED)) {
        found.add(
            "upgrades need a version to compare with: start from a slot, call version(...), or set"
                + " Implementation-Version in the jar's manifest");
      }
    }
    List<TaskDefinition> definitions =
        new ArrayList<>(tasks.stream().map(DeclaredTask::definition).toList());
    if (upgrades != null) {
      definitions.add(upgrades.look(agentName));
    }
    found.addAll(TickEngine.validate(definitions));
    if (!found.isEmpty()) {
      throw new ConfigurationException(found);
    }
    return new Agent(
        new Blueprint(
            name.orElseThrow(),
            identity.orElseThrow(),
            Objects.requireNonNull(store, "store"),
            new Blueprint.Primary(Optional.ofNullable(work), whenIsolated, ttl),
            new Blueprint.Tasks(List.copyOf(tasks), Optional.ofNullable(executor)),
            Optional.ofNullable(upgrades),
            clock));
  }

  private static <T> Optional<T> checked(List<String> found, Supplier<T> part) {
    try {
      return Optional.of(part.get());
    } catch (IllegalArgumentException e) {
      found.add(String.valueOf(e.getMessage()));
    } catch (ConfigurationException e) {
      found.addAll(e.problems());
    }
    return Optional.empty();
  }
}
