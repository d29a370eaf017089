package io.selfupgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.core.failover.Elector;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.core.schedule.TickEngine;
import io.selfupgrade.core.upgrade.UpgradeEngine;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.store.AgentStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The start, the connection and the end of an agent's parts, each in its order. */
final class Life implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SelfUpgrade.class);
  private static final Duration FOR_CALLERS = Duration.ofSeconds(2);
  private static final Duration FOR_MAIN = Duration.ofSeconds(2);

  private final Blueprint blueprint;
  private final InstanceRecord self;
  private final Parts parts;
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook;
  private final Relief relief;
  private volatile boolean connected;
  private volatile boolean awaited;

  /** What is started and stopped. */
  record Parts(
      StoreDoor door,
      Observation observation,
      Duties duties,
      TickEngine ticks,
      Optional<UpgradeEngine> upgrades,
      Elector elector,
      Commands commands) {}

  Life(Blueprint blueprint, InstanceRecord self, Parts parts) {
    this.blueprint = blueprint;
    this.self = self;
    this.parts = parts;
    this.relief = new Relief(blueprint, parts.duties(), parts.observation().engine()::logEvent);
    this.hook = new Thread(this::stopOnSignal, "selfupgrade-" + blueprint.agent() + "-hook");
  }

  void start() {
    if (!started.compareAndSet(false, true)) {
      throw new IllegalStateException("this agent was started before: build another");
    }
    blueprint.identity().link().ifPresent(LauncherLink::takeLock);
    try {
      connect();
    } catch (AdapterException e) {
      if (!e.retryable()) {
        giveUp();
        throw e;
      }
      LOG.warn("starting without the store, which is tried again: {}", e.getMessage());
    } catch (ConfigurationException e) {
      giveUp();
      throw e;
    }
    Runtime.getRuntime().addShutdownHook(hook);
    parts.observation().start();
    if (!blueprint.local()) {
      parts.elector().start();
      parts.upgrades().ifPresent(UpgradeEngine::start);
      parts.commands().start();
    }
  }

  /** Opens the store and registers this instance; repeated until it succeeds once. */
  void connect() {
    if (connected) {
      return;
    }
    AgentStore store = blueprint.store();
    parts.door().open();
    if (blueprint.local()) {
      return;
    }
    parts.upgrades().ifPresent(UpgradeEngine::lookForTrial);
    InstanceRecord now = parts.upgrades().map(UpgradeEngine::self).orElse(self);
    if (now.launched()) {
      store.instances().register(now);
      rehearse(now);
    } else {
      // Nobody else says when it is ready: it may be handed over to as soon as it is registered.
      rehearse(now);
      store.instances().register(now);
    }
    blueprint.identity().link().ifPresent(link -> link.announceReady(self.trial(), drainTime()));
    connected = true;
    if (now.trial().isEmpty()) {
      parts.ticks().serve(now.id()); // A candidate runs nothing before it leads.
    }
  }

  private boolean isRelief() {
    return blueprint.identity().link().filter(LauncherLink::isRelief).isPresent();
  }

  private void rehearse(InstanceRecord now) {
    if (now.trial().isPresent() || isRelief()) {
      parts.elector().prepare();
      List<Consumer<Fence>> walked = List.of(parts.duties()::rehearse, parts.ticks()::rehearse);
      new Rehearsal(blueprint.store(), now, walked).walk();
    }
  }

  boolean started() {
    return started.get();
  }

  boolean connected() {
    return blueprint.local() ? parts.door().isOpen() : connected;
  }

  /**
   * Refuses what only a started agent can do.
   *
   * @throws IllegalStateException if it was not started
   */
  void requireStarted() {
    if (!started.get()) {
      throw new IllegalStateException("this agent was not started: call start() first");
    }
  }

  void awaitStop() throws InterruptedException {
    requireStarted();
    awaited = true;
    stopped.await();
  }

  void restart(Consumer<String> givenUp) {
    relief.ask(givenUp);
  }

  void stop() {
    if (started.get()) {
      blueprint.identity().link().ifPresent(LauncherLink::announceStopping);
      stopOnce();
    }
  }

  @Override
  public void close() {
    if (started.get()) {
      stopOnce();
    } else {
      parts.duties().close();
      parts.observation().engine().close();
      parts.door().close();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      LOG.debug("the JVM is shutting down: its hook waits for this close", e);
    }
    closed.countDown();
  }

  private void giveUp() {
    stopping.set(true);
    parts.duties().close();
    parts.observation().engine().close();
    parts.door().close();
    blueprint.identity().link().ifPresent(LauncherLink::close);
    stopped.countDown();
  }

  private void stopOnSignal() {
    stopOnce();
    if (awaited) {
      try {
        closed.await(FOR_MAIN.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void stopOnce() {
    if (!stopping.compareAndSet(false, true)) {
      awaitStopped();
      return;
    }
    try {
      relief.close();
      parts.commands().close();
      letCallersGo();
      parts.upgrades().ifPresent(UpgradeEngine::close);
      if (!blueprint.local()) {
        parts.ticks().retire();
        parts.duties().stop(drainTime());
        parts.elector().close();
        parts.ticks().close();
        signOff();
      }
      parts.duties().close();
      parts.observation().engine().close();
      parts.door().close();
      blueprint.identity().link().ifPresent(LauncherLink::close);
    } finally {
      stopped.countDown();
    }
  }

  /** Gives those who wait for an outcome the time to get it: it may be in the journal already. */
  private void letCallersGo() {
    long end = System.nanoTime() + FOR_CALLERS.toNanos();
    while (parts.upgrades().map(UpgradeEngine::hasWaitingCallers).orElse(false)
        && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
    }
  }

  private void signOff() {
    if (!connected) {
      return;
    }
    try {
      blueprint.store().instances().stopped(self.id());
    } catch (AdapterException e) {
      LOG.debug("the store is away at the stop: this instance's heartbeat ends by itself", e);
    }
  }

  private void awaitStopped() {
    try {
      stopped.await(drainTime().plusSeconds(10).toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Duration drainTime() {
    return blueprint.times().drain();
  }
}
