package io.selfupgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Json;
import io.selfupgrade.agent.Version;
import io.selfupgrade.change.ChangeTarget;
import io.selfupgrade.core.failover.ElectionSettings;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.schedule.DeclaredHandler;
import io.selfupgrade.core.schedule.TickEngine;
import io.selfupgrade.failover.PrimaryWork;
import io.selfupgrade.failover.Role;
import io.selfupgrade.failover.WhenIsolated;
import io.selfupgrade.observe.Notifier;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskHandler;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TypedTaskHandler;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.MissedDeliveries;
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
 * process, and for {@link UpgradesBuilder#fromCommits} making a directory in its home.
 */
public final class SelfUpgradeBuilder {

  private static final Duration SHORTEST_TTL = Duration.ofMillis(300);
  private static final Duration LONGEST_TTL = Duration.ofHours(1);

  private static final int LONGEST_NAME = 60;

  private final String agentName;
  private final Class<?> host;
  private final TasksBuilder tasks = new TasksBuilder();
  private final Problems problems = new Problems();
  private final ObserveBuilder observe = new ObserveBuilder();
  private @Nullable AgentStore store;
  private @Nullable String version;
  private @Nullable UpgradesBuilder upgrades;
  private @Nullable MemoryBuilder memory;
  private @Nullable DeployTarget target;
  private @Nullable MissedDeliveries missed;
  private @Nullable ChangeTarget changes;
  private @Nullable PrimaryWork work;
  private @Nullable Executor executor;
  private WhenIsolated whenIsolated = WhenIsolated.STOP;
  private boolean local;
  private Duration ttl = ElectionSettings.DEFAULT_TTL;
  private Clock clock = Clock.systemUTC();
  private Supplier<Optional<LauncherLink>> launcher = () -> LauncherLink.from(System.getenv());

  SelfUpgradeBuilder(String agentName, Class<?> host) {
    this.agentName = agentName;
    this.host = host;
  }

  /** Names where the agent's state is kept. Required; closed by {@link SelfUpgrade#close}. */
  public SelfUpgradeBuilder store(AgentStore where) {
    problems.once("store(...)", store);
    store = where;
    return this;
  }

  /**
   * Sets the version of this process, where no launcher tells it.
   *
   * <p>Default: the slot's, else the {@code Implementation-Version} of the calling class's jar.
   */
  public SelfUpgradeBuilder version(String text) {
    problems.given("version(...)", text, "give a version such as 1.4.0, or leave the call out");
    version = text;
    return this;
  }

  /** Lets the agent upgrade itself. */
  public SelfUpgradeBuilder upgrades(Consumer<UpgradesBuilder> how) {
    problems.once("upgrades(...)", upgrades);
    upgrades = new UpgradesBuilder();
    if (problems.given(
        "upgrades(...)", how, "describe them, such as u -> u.from(...).trust(...)")) {
      upgrades.describe(how);
      upgrades
          .platform()
          .ifPresent(asked -> requireName("installBy(Install.deploying(...))", asked.target()));
    }
    return this;
  }

  /** Lets the agent remember. */
  public SelfUpgradeBuilder memory() {
    return memory(m -> {});
  }

  /** Lets the agent remember. */
  public SelfUpgradeBuilder memory(Consumer<MemoryBuilder> how) {
    problems.once("memory(...)", memory);
    memory = new MemoryBuilder();
    if (problems.given("memory(...)", how, "describe it, or call memory()")) {
      memory.describe(how);
    }
    return this;
  }

  /**
   * Makes this process a developer's: it sees the agent's state and never takes over.
   *
   * <p>It is no candidate, never leads, never migrates, and runs neither tasks nor {@code
   * PrimaryWork}, which may be declared all the same. Memory and configuration work.
   *
   * @param fixed {@link Role#LOCAL}; the others are decided by the election
   */
  public SelfUpgradeBuilder role(Role fixed) {
    local = fixed == Role.LOCAL;
    if (!local) {
      problems.add("role(" + fixed + ") is decided by the election: leave role(...) out");
    }
    return this;
  }

  /** Sets the work that only the primary does; it is stopped when the lead cannot be proved. */
  public SelfUpgradeBuilder whilePrimary(PrimaryWork exclusive) {
    return whilePrimary(exclusive, WhenIsolated.STOP);
  }

  /** Sets the work that only the primary does, and what becomes of it in isolation. */
  public SelfUpgradeBuilder whilePrimary(PrimaryWork exclusive, WhenIsolated isolated) {
    if (work != null) {
      problems.add("whilePrimary(...) is called twice: make one PrimaryWork of both");
    }
    problems.given("whilePrimary(...)", exclusive, "give the work, or leave the call out");
    problems.given("whilePrimary(..., isolated)", isolated, "give STOP or KEEP");
    work = exclusive;
    whenIsolated = isolated;
    return this;
  }

  /** Declares a task with {@link TaskPolicy#DEFAULT}. */
  public SelfUpgradeBuilder task(String name, Schedule schedule, TaskHandler handler) {
    return task(name, schedule, TaskPolicy.DEFAULT, handler);
  }

  /** Declares a task; the primary brings it into force. */
  public SelfUpgradeBuilder task(
      String name, Schedule schedule, TaskPolicy policy, TaskHandler handler) {
    String call = "task(\"" + name + "\", ...)";
    problems.given(call, schedule, "give a schedule such as Schedule.every(...)");
    problems.given(call, policy, "give a policy, or leave it out");
    if (schedule != null && policy != null) {
      tasks.task(name, () -> new TaskConfig(name, schedule, policy, Json.EMPTY), handler);
    }
    return this;
  }

  /**
   * Declares a task with its payload; the primary brings it into force.
   *
   * @param config its handler has to be its own name
   */
  public SelfUpgradeBuilder task(TaskConfig config, TaskHandler handler) {
    if (problems.given("task(config, ...)", config, "give the task, such as TaskConfig.of(...)")) {
      tasks.task(config, handler);
    }
    return this;
  }

  /** Declares code for tasks that are scheduled and for one-shots, run by the primary. */
  public SelfUpgradeBuilder handler(String name, TaskHandler code) {
    return handler(name, TaskPolicy.DEFAULT, code);
  }

  /**
   * Declares code for tasks that are scheduled and for one-shots.
   *
   * @param policy of its one-shots: retry, deadline and scope count; tasks have their own
   */
  public SelfUpgradeBuilder handler(String name, TaskPolicy policy, TaskHandler code) {
    tasks.handler(name, policy, code);
    return this;
  }

  /**
   * Declares code that gets its payload as a value.
   *
   * @param type a record, or what else Jackson makes of JSON without being told how
   * @param policy of its one-shots: retry, deadline and scope count; tasks have their own
   */
  public <T> SelfUpgradeBuilder handler(
      String name, Class<T> type, TaskPolicy policy, TypedTaskHandler<T> code) {
    String call = "handler(\"" + name + "\", ...)";
    if (problems.given(call, type, "give the payload's type")
        && problems.given(call, code, "give the code that a run calls")) {
      tasks.handler(name, policy, DeclaredHandler.typed(type, code));
    }
    return this;
  }

  /** Names the platform that {@link SelfUpgrade#deployToCloud} asks. */
  public SelfUpgradeBuilder deployTo(DeployTarget platform) {
    problems.once("deployTo(...)", target);
    if (problems.given("deployTo(...)", platform, "give a platform, or leave the call out")) {
      requireName("deployTo(...)", platform);
      target = platform;
    }
    return this;
  }

  private void requireName(String call, DeployTarget platform) {
    String name = platform.name();
    if (name.isEmpty() || name.length() > LONGEST_NAME) {
      problems.add(
          call
              + " got a platform named \""
              + name
              + "\": expected 1 to "
              + LONGEST_NAME
              + " characters");
    }
  }

  /**
   * Names whom to ask for deliveries of webhooks that came while nobody could receive them.
   *
   * <p>The primary asks in the background when it first leads, and every hour by a task. What came
   * of it is logged as an event.
   */
  public SelfUpgradeBuilder missedDeliveries(MissedDeliveries sender) {
    problems.once("missedDeliveries(...)", missed);
    problems.given("missedDeliveries(...)", sender, "give whom to ask, or leave the call out");
    missed = sender;
    return this;
  }

  /** Lets the agent propose changes to its own source, see {@link SelfUpgrade#changes}. */
  public SelfUpgradeBuilder changesTo(ChangeTarget repository) {
    problems.once("changesTo(...)", changes);
    problems.given("changesTo(...)", repository, "give a repository, or leave the call out");
    changes = repository;
    return this;
  }

  /** Sets what the agent lets others see. */
  public SelfUpgradeBuilder observe(Consumer<ObserveBuilder> how) {
    if (problems.given("observe(...)", how, "describe it, or leave the call out")) {
      observe.describe(how);
    }
    return this;
  }

  /**
   * Adds a way on which people hear of upgrades, of bad health and of freezes.
   *
   * <p>For the news of bad health the primary looks at itself every 30 s: at the store, the lease,
   * its work, its log and the probes of {@link ObserveBuilder#probe}, not at those of upgrades nor
   * at critical paths. It asks the release source every 15 min at most, less often while that
   * fails.
   */
  public SelfUpgradeBuilder notifyBy(Notifier notifier) {
    if (problems.given("notifyBy(...)", notifier, "give a notifier, or leave the call out")) {
      observe.notifyBy(notifier);
    }
    return this;
  }

  /** Runs task handlers on the host's executor. Default: a small pool of the library's own. */
  public SelfUpgradeBuilder executor(Executor hosts) {
    problems.given("executor(...)", hosts, "give the host's executor, or leave the call out");
    executor = hosts;
    return this;
  }

  /**
   * Sets the time to live of the lease: how long a primary may be silent. Default 10 s.
   *
   * @param time from 300 ms to 1 h
   */
  public SelfUpgradeBuilder leaseTime(Duration time) {
    if (problems.given("leaseTime(...)", time, "give 300 ms to 1 h, or leave the call out")) {
      ttl = time;
      if (time.compareTo(SHORTEST_TTL) < 0 || time.compareTo(LONGEST_TTL) > 0) {
        problems.add("leaseTime(" + time + ") is not usable: expected 300 ms to 1 h");
      }
    }
    return this;
  }

  /** Sets the wall clock. Default: the system's, in UTC. */
  public SelfUpgradeBuilder clock(Clock wall) {
    problems.given("clock(...)", wall, "give a clock, or leave the call out");
    clock = wall;
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
    Problems found = new Problems();
    found.add(problems);
    Optional<AgentName> name = name(found);
    if (store == null) {
      found.add("the agent has no store: call store(...), such as store(PostgresStore.at(...))");
    }
    Optional<Identity> identity = identity(found);
    found.add(observe.problems(Optional.ofNullable(upgrades)));
    found.add(tasks.problems());
    List<TaskConfig> definitions = new ArrayList<>(tasks.definitions());
    if (upgrades != null) {
      found.add(upgrades.problems());
      definitions.add(upgrades.look(String.valueOf(agentName)));
    }
    if (memory != null) {
      found.add(memory.problems());
      definitions.addAll(List.of(MemoryBuilder.removal(), MemoryBuilder.tidying()));
    }
    if (missed != null) {
      definitions.add(CatchUp.definition());
    }
    found.add(TickEngine.validate(definitions));
    found.throwIfAny();
    AgentStore where = Objects.requireNonNull(store, "store");
    if (upgrades != null) {
      upgrades.join(where, name.orElseThrow(), identity.orElseThrow(), clock);
    }
    return new Agent(
        new Blueprint(
            name.orElseThrow(),
            identity.orElseThrow(),
            where,
            new Blueprint.Primary(local, Optional.ofNullable(work), whenIsolated, ttl),
            new Blueprint.Tasks(tasks.work(), Optional.ofNullable(executor)),
            new Blueprint.Capabilities(
                Optional.ofNullable(upgrades),
                Optional.ofNullable(memory),
                Optional.ofNullable(target),
                Optional.ofNullable(missed),
                Optional.ofNullable(changes),
                observe),
            clock));
  }

  private Optional<AgentName> name(Problems found) {
    return found.given("SelfUpgrade.builder(...)", agentName, "give the agent's name")
        ? found.of("SelfUpgrade.builder(...)", () -> new AgentName(agentName))
        : Optional.empty();
  }

  private Optional<Identity> identity(Problems found) {
    Optional<Optional<LauncherLink>> link = found.of("the launcher's environment", launcher);
    if (link.isEmpty()) {
      return Optional.empty();
    }
    if (local && link.get().isPresent()) {
      found.add(
          "role(LOCAL) does not go with the launcher, which keeps a primary running: start this"
              + " process without it, or leave role(...) out");
    }
    if (upgrades != null) {
      found.add(upgrades.installProblems(link.get().isPresent(), local));
    }
    Optional<Identity> identity =
        found.of("version(...)", () -> Identity.of(link.get(), version, host));
    if (upgrades != null
        && identity.map(Identity::version).filter(Version.UNVERSIONED::equals).isPresent()) {
      found.add(
          "upgrades(...) need a version to compare with, and "
              + Identity.described(host)
              + ": start from a slot, call version(...), or set Implementation-Version to a"
              + " semantic version in the jar's manifest");
    }
    return identity;
  }
}
