package io.selfupgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.core.failover.Elector;
import io.selfupgrade.core.failover.Promotion;
import io.selfupgrade.core.failover.Tenure;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.observe.ObserveEngine;
import io.selfupgrade.core.observe.Surroundings;
import io.selfupgrade.core.schedule.TickEngine;
import io.selfupgrade.observe.AgentMetrics;
import io.selfupgrade.observe.HealthReport;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.UpgradeListener;
import io.selfupgrade.upgrade.UpgradeOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Joins what an agent lets others see with the rest of it. */
final class Observation implements Surroundings, UpgradeListener {

  private final Optional<LauncherLink> link;
  private final boolean local;
  private final ObserveEngine engine;
  private final StoreDoor door;
  private final BooleanSupplier connected;
  private final Runnable connect;
  private @Nullable Elector elector;
  private @Nullable TickEngine ticks;
  private @Nullable Duties duties;
  private Runnable upgradeEnds = () -> {};
  private volatile Optional<Long> startedNanos = Optional.empty();

  Observation(Blueprint blueprint, StoreDoor door, BooleanSupplier connected, Runnable connect) {
    this.door = door;
    this.link = blueprint.identity().link();
    this.connected = connected;
    this.connect = connect;
    this.local = blueprint.local();
    this.engine =
        new ObserveEngine(
            blueprint.store(),
            blueprint.self(),
            blueprint.observe().build(link.map(LauncherLink::root), blueprint.upgrades()),
            this,
            blueprint.clock());
  }

  /** Joins the parts; called once, before any of them starts. */
  void join(Elector election, TickEngine tickEngine, Duties allDuties, Runnable whenUpgradeEnds) {
    elector = election;
    ticks = tickEngine;
    duties = allDuties;
    upgradeEnds = whenUpgradeEnds;
  }

  ObserveEngine engine() {
    return engine;
  }

  void start() {
    startedNanos = Optional.of(System.nanoTime());
    if (local) {
      engine.startWriting();
    } else {
      engine.start();
    }
  }

  /** Returns a health report; an interrupted caller gets none. */
  HealthReport health() {
    try {
      return engine.healthCheck();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the agent's health was asked for", e);
    }
  }

  /**
   * Returns the same tenure, whose changes are counted.
   *
   * @param woken is run when there may be something to do for a primary
   */
  Tenure counting(Tenure tenure, Runnable woken) {
    return new Tenure() {
      @Override
      public void promoted(Promotion promotion) {
        tenure.promoted(promotion);
        engine.promoted();
        woken.run();
      }

      @Override
      public void unsure(boolean unsure) {
        tenure.unsure(unsure);
      }

      @Override
      public void demoted(boolean replaced) {
        tenure.demoted(replaced);
        engine.demoted();
      }

      @Override
      public void replaced() {
        tenure.replaced();
      }

      @Override
      public void signalled() {
        tenure.signalled();
        woken.run();
      }
    };
  }

  @Override
  public void on(UUID upgrade, StepRecord step) {
    // Only ends are news.
  }

  @Override
  public void ended(UUID upgrade, UpgradeOutcome outcome) {
    engine.upgradeEnded(outcome.name());
    upgradeEnds.run();
  }

  @Override
  public Optional<Duration> uptime() {
    return startedNanos.map(start -> Duration.ofNanos(System.nanoTime() - start));
  }

  @Override
  public boolean opened() {
    return door.isOpen();
  }

  @Override
  public boolean connected() {
    return connected.getAsBoolean();
  }

  /** Where there is an election, its thread connects. */
  @Override
  public void connect() {
    if (local) {
      connect.run();
    }
  }

  @Override
  public boolean local() {
    return local;
  }

  @Override
  public Optional<Fence> fence() {
    return Objects.requireNonNull(elector, "joined before it is started").fence();
  }

  @Override
  public Optional<String> frozenHere() {
    return link.filter(LauncherLink::frozen)
        .map(found -> "the file frozen in " + found.root() + " is there, or cannot be looked at");
  }

  @Override
  public Optional<Instant> frozenHereSince() {
    return link.flatMap(LauncherLink::frozenSince);
  }

  @Override
  public Optional<String> workFailure() {
    return Objects.requireNonNull(duties, "joined before it is started").workFailure();
  }

  @Override
  public List<String> late() {
    return Objects.requireNonNull(ticks, "joined before it is started").late();
  }

  @Override
  public void watchTicks(Fence fence) {
    Objects.requireNonNull(ticks, "joined before it is started").watch(fence);
  }

  @Override
  public AgentMetrics.Ticks ticks() {
    return Objects.requireNonNull(ticks, "joined before it is started").counts();
  }
}
