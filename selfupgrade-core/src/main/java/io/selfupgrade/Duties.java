package io.selfupgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.failover.Elector;
import io.selfupgrade.core.failover.Promotion;
import io.selfupgrade.core.failover.Tenure;
import io.selfupgrade.core.failover.WorkRunner;
import io.selfupgrade.core.schedule.TickEngine;
import io.selfupgrade.core.upgrade.PrimarySide;
import io.selfupgrade.core.upgrade.UpgradeEngine;
import io.selfupgrade.failover.Drain;
import io.selfupgrade.failover.InstanceStatus;
import io.selfupgrade.failover.WhenIsolated;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.UpgradeJournal;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a primary takes up and lays down, in its order, on one thread of its own.
 *
 * <p>Up: what an open upgrade asks for, ticks, the host's work, ready. Down: ticks, the host's
 * work.
 */
final class Duties implements Tenure, PrimarySide, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SelfUpgrade.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration FIRST_WORK_PAUSE = Duration.ofSeconds(1);
  private static final Duration BEFORE_PASSING_ON = Duration.ofSeconds(5);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final Duration BEYOND_DRAIN = Duration.ofSeconds(5);

  private final Blueprint blueprint;
  private final Optional<WorkRunner> work;
  private final ExecutorService duty;
  private final ReentrantLock turn = new ReentrantLock();
  private @Nullable Elector elector;
  private @Nullable TickEngine ticks;
  private Optional<UpgradeEngine> upgrades = Optional.empty();
  private volatile @Nullable Future<?> takingUp;
  private @Nullable Thread leave;
  private Duration workPause = FIRST_WORK_PAUSE;
  private volatile Optional<String> workFailure = Optional.empty();
  private volatile boolean stopping;

  Duties(Blueprint blueprint) {
    this.blueprint = blueprint;
    this.work = blueprint.primary().work().map(WorkRunner::new);
    this.duty =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, "selfupgrade-" + blueprint.agent() + "-duty");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Joins the parts; called once, before any of them starts. */
  void join(Elector election, TickEngine tickEngine, Optional<UpgradeEngine> upgradeEngine) {
    elector = election;
    ticks = tickEngine;
    upgrades = upgradeEngine;
  }

  /** Sets how the agent is ended from within; called once, before it starts. */
  void leaving(Runnable stop) {
    leave = new Thread(stop, "selfupgrade-" + blueprint.agent() + "-leave");
  }

  /** Goes through a promotion that does not hold: nobody waits for it yet. */
  void rehearse(Fence nobody) {
    promoted(new Promotion(nobody, Promotion.Way.TRANSFERRED, Optional.empty()));
  }

  /** Declares the tasks again and plans them, because a restore has set them back. */
  void planAnew(Fence fence) {
    run(
        () -> {
          if (elector().leads(fence)) {
            ticks().closeAdmission();
            ticks().promoted(fence, Optional.empty());
          }
        });
  }

  @Override
  public void promoted(Promotion promotion) {
    takingUp = submit(() -> takeUp(promotion.fence(), promotion.attestedDead(), true));
  }

  @Override
  public void unsure(boolean unsure) {
    ticks().unsure(unsure);
  }

  @Override
  public void demoted(boolean replaced) {
    ticks().unsure(true);
    cancelTakingUp();
    run(() -> layDown(replaced));
  }

  @Override
  public void replaced() {
    run(() -> stopWork(Drain.Reason.LEASE_LOST, Duration.ZERO));
  }

  @Override
  public void signalled() {
    ticks().wake();
    upgrades.ifPresent(UpgradeEngine::wake);
  }

  /** Returns why the host's work does not run although it should. */
  Optional<String> workFailure() {
    return workFailure;
  }

  @Override
  public Optional<Fence> fence() {
    return elector().fence();
  }

  @Override
  public Lock turn() {
    return turn;
  }

  @Override
  public void closeAdmission() {
    ticks().closeAdmission();
  }

  @Override
  public void drain(Duration longest) {
    drain(Drain.Reason.HAND_OVER, longest);
  }

  @Override
  public void given(Fence fence) {
    elector().given(fence);
  }

  @Override
  public void resume() {
    fence().ifPresent(fence -> takingUp = submit(() -> takeUp(fence, Optional.empty(), false)));
  }

  @Override
  public void taken(Fence fence) {
    elector().taken(fence);
  }

  @Override
  public synchronized void leave() {
    if (leave != null && leave.getState() == Thread.State.NEW) {
      LOG.info("another version serves: this agent of {} ends", blueprint.identity().version());
      leave.start();
    }
  }

  @Override
  public boolean attestedDead(InstanceId instance) {
    return elector().attestedDead(instance);
  }

  /**
   * Lays everything down because this process ends; blocks until it is done or the time is over.
   */
  void stop(Duration longest) {
    stopping = true;
    cancelTakingUp();
    drain(Drain.Reason.STOPPING, longest);
  }

  @Override
  public void close() {
    duty.shutdownNow();
  }

  private void drain(Drain.Reason reason, Duration longest) {
    Future<?> done =
        submit(
            () -> {
              long end = System.nanoTime() + longest.toNanos();
              ticks().drain(longest);
              stopWork(reason, Duration.ofNanos(Math.max(0, end - System.nanoTime())));
            });
    try {
      done.get(longest.plus(BEYOND_DRAIN).toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      LOG.error("draining failed; what was not drained is fenced by the epoch", e.getCause());
    } catch (TimeoutException e) {
      LOG.warn("draining did not end within {}; what still runs is fenced by the epoch", longest);
    }
  }

  private void takeUp(Fence fence, Optional<InstanceId> attestedDead, boolean fresh) {
    Duration pause = FIRST_PAUSE;
    while (!stopping && elector().leads(fence)) {
      try {
        takeUpOnce(fence, attestedDead, fresh);
        return;
      } catch (AdapterException e) {
        LOG.warn("epoch {} is not ready yet, next try in {}", fence.epoch(), pause, e);
        pause = sleep(pause);
      } catch (InterruptedException e) {
        LOG.debug("taking up epoch {} was called off", fence.epoch(), e);
        return;
      }
    }
  }

  private void takeUpOnce(Fence fence, Optional<InstanceId> attestedDead, boolean fresh)
      throws InterruptedException {
    if (fresh && upgrades.isPresent()) {
      upgrades.get().beforeWork(fence);
      if (!elector().leads(fence)) {
        return;
      }
    } else if (fresh) {
      adopt(fence);
    }
    // The work first: others wait for it, and handlers may build on it.
    Optional<Exception> failure = tryWork(fence);
    ticks().unsure(false);
    ticks().promoted(fence, attestedDead);
    if (failure.isPresent()) {
      upgrades.ifPresent(UpgradeEngine::wake);
      if (!tryWorkAgain(fence, failure.get())) {
        return;
      }
    }
    if (fresh) {
      upgrades.ifPresent(engine -> engine.workStarted(fence));
    }
    blueprint.store().instances().ready(fence);
    if (fresh && upgrades.isPresent()) {
      upgrades.get().afterWork(fence);
    }
    LOG.info("ready at epoch {}", fence.epoch());
  }

  private void adopt(Fence fence) {
    UpgradeJournal journal = blueprint.store().journal();
    Version own = blueprint.identity().version();
    if (blueprint.identity().link().isEmpty()
        && !journal.confirmedVersion(blueprint.agent()).equals(Optional.of(own))) {
      journal.adopt(fence, own);
    }
  }

  private Optional<Exception> tryWork(Fence fence) throws InterruptedException {
    return work.isEmpty() || !elector().leads(fence)
        ? Optional.empty()
        : work.get().start(new Leading(fence, elector()));
  }

  /** Starts the host's work again and again while leading; false if that was to no avail. */
  private boolean tryWorkAgain(Fence fence, Exception first) throws InterruptedException {
    Optional<Exception> failure = Optional.of(first);
    boolean again = false;
    while (failure.isPresent()) {
      workFailure = failure.map(String::valueOf);
      if (upgrades.isPresent() && upgrades.get().workFailed(fence, failure.get())) {
        LOG.error("PrimaryWork.start failed on a version on trial", failure.get());
        return false;
      }
      if (again && passOn(fence)) {
        return false;
      }
      again = true;
      LOG.error("PrimaryWork.start failed, next try in {}", workPause, failure.get());
      workPause = sleep(workPause);
      if (Thread.interrupted()) {
        throw new InterruptedException("called off between two tries to start the host's work");
      }
      if (!elector().leads(fence)) {
        return false;
      }
      failure = tryWork(fence);
    }
    workPause = FIRST_WORK_PAUSE;
    workFailure = Optional.empty();
    return true;
  }

  /** Gives the lead to a standby, which may succeed where this process fails; true if it did. */
  private boolean passOn(Fence fence) {
    AgentStore store = blueprint.store();
    Duration ttl = blueprint.primary().ttl();
    Optional<InstanceStatus> standby =
        store.instances().living(fence.agent()).stream()
            .filter(one -> !one.record().id().equals(fence.holder()))
            .filter(one -> one.record().version().equals(blueprint.identity().version()))
            .filter(one -> one.aliveWithin(ttl))
            .findFirst();
    if (standby.isEmpty()) {
      return false;
    }
    InstanceId next = standby.get().record().id();
    ticks().drain(BEFORE_PASSING_ON);
    if (store.leadership().transfer(fence, next, ttl).isEmpty()) {
      ticks().promoted(fence, Optional.empty());
      return false;
    }
    LOG.error("PrimaryWork.start failed twice: the lead goes to the standby {}", next);
    elector().given(fence);
    workFailure = Optional.empty();
    return true;
  }

  private void layDown(boolean replaced) {
    ticks().demoted();
    if (replaced || blueprint.primary().whenIsolated() == WhenIsolated.STOP) {
      stopWork(Drain.Reason.LEASE_LOST, Duration.ZERO);
    }
  }

  private void stopWork(Drain.Reason reason, Duration remaining) {
    workFailure = Optional.empty();
    work.ifPresent(runner -> runner.stop(new Drain(reason, remaining)));
  }

  private void cancelTakingUp() {
    Future<?> current = takingUp;
    if (current != null) {
      current.cancel(true);
    }
  }

  private void run(Runnable task) {
    try {
      duty.execute(() -> runLogged(task));
    } catch (RejectedExecutionException e) {
      LOG.debug("the agent is closed already", e);
    }
  }

  private Future<?> submit(Runnable task) {
    try {
      return duty.submit(() -> runLogged(task));
    } catch (RejectedExecutionException e) {
      LOG.debug("the agent is closed already", e);
      return CompletableFuture.completedFuture(null);
    }
  }

  private void runLogged(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      // Listener boundary: the election goes on whatever a change of duties met.
      if (stopping) {
        LOG.debug("a change of duties met the end of this agent", e);
      } else {
        LOG.error("a change of duties failed", e);
      }
    }
  }

  private static Duration sleep(Duration pause) {
    try {
      TimeUnit.MILLISECONDS.sleep(pause.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
  }

  private Elector elector() {
    return Objects.requireNonNull(elector, "joined before it is started");
  }

  private TickEngine ticks() {
    return Objects.requireNonNull(ticks, "joined before it is started");
  }
}
