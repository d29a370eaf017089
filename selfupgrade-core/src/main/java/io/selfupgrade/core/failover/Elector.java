package io.selfupgrade.core.failover;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.failover.SessionLock;
import io.selfupgrade.store.AgentStore;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes part in the election of an agent's primary, from {@link #start} to {@link #close}.
 *
 * <p>Two threads: one renews, follows and takes over; the other watches the local deadline, so that
 * the lead is laid down in time even while a call to the store hangs. Thread-safe.
 */
public final class Elector implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Elector.class);
  private static final Duration JOIN = Duration.ofSeconds(5);

  private final AgentStore store;
  private final ElectionSettings settings;
  private final Tenure tenure;
  private final LocalDeadline deadline;
  private final Follower follower;
  private final SessionHolder session;
  private final Thread elector;
  private final Thread watch;

  private final Object state = new Object();
  private volatile @Nullable Fence fence;
  private volatile boolean unsure;
  private volatile boolean isolated;
  private volatile boolean closed;
  private Optional<SessionLock> lock = Optional.empty();
  private long lockedEpoch;

  /**
   * Prepares the election; starts nothing.
   *
   * @param store an open store, or one that will be opened by {@code connect}
   * @param settings who takes part
   * @param tenure what follows a change of leadership
   * @param connect opens the store and registers what has to be; repeated until it does not throw
   * @param nanoTime the monotonic clock
   */
  public Elector(
      AgentStore store,
      ElectionSettings settings,
      Tenure tenure,
      Runnable connect,
      LongSupplier nanoTime) {
    this.store = store;
    this.settings = settings;
    this.tenure = tenure;
    this.deadline = new LocalDeadline(settings.ttl(), nanoTime);
    this.session = new SessionHolder(store, settings.self().agent());
    this.follower = new Follower(store, settings, session);
    String name = "selfupgrade-" + settings.self().agent();
    this.elector = new Thread(() -> run(connect), name + "-lease");
    this.watch = new Thread(this::watch, name + "-lease-watch");
    elector.setDaemon(true);
    watch.setDaemon(true);
  }

  /** Opens and tries what a take-over by name is heard through; before the start, or never. */
  public void prepare() {
    session.prepare();
  }

  /** Starts taking part; called once. */
  public void start() {
    elector.start();
    watch.start();
  }

  /** Returns this instance's fence while it leads and can prove it; no I/O. */
  public Optional<Fence> fence() {
    Fence held = fence;
    return held == null || unsure || deadline.passed() ? Optional.empty() : Optional.of(held);
  }

  /** Tells whether this instance leads at that epoch, as far as it can know; no I/O. */
  public boolean leads(Fence claimed) {
    return claimed.equals(fence) && !deadline.passed();
  }

  /** Tells that this instance has handed the lead of that fence over. */
  public void given(Fence old) {
    synchronized (state) {
      if (old.equals(fence)) {
        fence = null;
      }
    }
  }

  /** Tells that this instance has taken the lead back. */
  public void taken(Fence back) {
    begin(new Promotion(back, Promotion.Way.TAKEN_BACK, Optional.empty()), deadline.now());
  }

  /** Stops taking part and ends the lease at once; the next may take it. Idempotent. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(elector);
    LockSupport.unpark(watch);
    session.close();
    join(elector);
    join(watch);
    Fence held;
    synchronized (state) {
      held = fence;
      fence = null;
    }
    if (held != null) {
      release(held);
    }
  }

  private void release(Fence held) {
    try {
      store.leadership().release(held);
    } catch (AdapterException e) {
      LOG.warn("the store is away at the stop: the lease ends by itself", e);
    }
  }

  private void run(Runnable connect) {
    connectUntilDone(connect);
    while (!closed) {
      try {
        Fence held = fence;
        if (held == null) {
          follow();
        } else {
          lead(held);
        }
      } catch (AdapterException e) {
        session.discard();
        LOG.debug("store away, following again soon", e);
        pause(settings.third().dividedBy(4));
      }
    }
  }

  private void connectUntilDone(Runnable connect) {
    Duration pause = Duration.ofMillis(100);
    while (!closed) {
      try {
        connect.run();
        return;
      } catch (AdapterException e) {
        LOG.warn("{} is not reachable yet, next try in {}", "store", pause, e);
        pause(pause);
        pause = pause.compareTo(Duration.ofSeconds(3)) < 0 ? pause.multipliedBy(2) : pause;
      }
    }
  }

  private void lead(Fence held) {
    if (lock.isPresent() && lockedEpoch != held.epoch()) {
      lock = Optional.empty();
      session.unlock(lockedEpoch);
    }
    long sent = deadline.now();
    boolean kept;
    try {
      kept = store.leadership().renew(held, settings.ttl(), lock);
    } catch (AdapterException e) {
      doubt(held, e);
      return;
    }
    if (!kept) {
      stepDown(held, true, "another instance leads");
      return;
    }
    renewed(held, sent);
    if (lock.isEmpty()) {
      lock = session.tryLock(held.epoch());
      lockedEpoch = held.epoch();
      if (lock.isPresent()) {
        return;
      }
    }
    listenUntil(sent + settings.third().toNanos(), held);
  }

  private void listenUntil(long endNanos, Fence held) {
    long remaining = endNanos - deadline.now();
    while (!closed && remaining > 0 && held.equals(fence)) {
      if (session.await(Duration.ofNanos(remaining))) {
        tenure.signalled();
      }
      remaining = endNanos - deadline.now();
    }
  }

  private void renewed(Fence held, long sent) {
    synchronized (state) {
      if (!held.equals(fence)) {
        return;
      }
      deadline.renewedAt(sent);
      if (unsure) {
        unsure = false;
        LOG.info("leads again for certain at epoch {}", held.epoch());
        tenure.unsure(false);
      }
    }
  }

  private void doubt(Fence held, AdapterException trouble) {
    session.discard();
    lock = Optional.empty();
    synchronized (state) {
      if (held.equals(fence) && !unsure) {
        unsure = true;
        LOG.warn(
            "the lead at epoch {} cannot be renewed; no new work until it can, laid down in {} ms",
            held.epoch(),
            Math.max(0, deadline.remainingNanos() / 1_000_000),
            trouble);
        tenure.unsure(true);
      }
    }
    pause(settings.ttl().dividedBy(20));
  }

  private void follow() {
    if (lock.isPresent()) {
      lock = Optional.empty();
      session.unlock(lockedEpoch);
    }
    Optional<Follower.Lead> lead = follower.next(deadline::now, tenure);
    if (lead.isPresent()) {
      begin(lead.get().promotion(), lead.get().sentNanos());
    } else if (isolated && follower.seesAnotherHolder()) {
      isolated = false;
      tenure.replaced();
    }
  }

  private void begin(Promotion promotion, long sentNanos) {
    synchronized (state) {
      fence = promotion.fence();
      unsure = false;
      isolated = false;
      deadline.renewedAt(sentNanos);
      LOG.info("leads at epoch {} ({})", promotion.fence().epoch(), promotion.way());
      tenure.promoted(promotion);
    }
    LockSupport.unpark(watch);
  }

  private void stepDown(Fence held, boolean replaced, String why) {
    synchronized (state) {
      if (!held.equals(fence)) {
        return;
      }
      fence = null;
      unsure = false;
      isolated = !replaced;
      LOG.warn("laid the lead of epoch {} down: {}", held.epoch(), why);
      tenure.demoted(replaced);
    }
  }

  private void watch() {
    while (!closed) {
      Fence held = fence;
      if (held == null) {
        LockSupport.parkNanos(settings.third().toNanos());
      } else if (deadline.passed()) {
        stepDown(held, false, "the store did not renew it in time");
      } else {
        LockSupport.parkNanos(Math.max(1, deadline.remainingNanos()));
      }
    }
  }

  private void pause(Duration time) {
    if (!closed) {
      LockSupport.parkNanos(time.toNanos());
    }
  }

  /** Returns whether the launcher attests that an instance is dead; no database needed. */
  public boolean attestedDead(InstanceId instance) {
    return settings.attestedDead().test(instance);
  }

  private static void join(Thread thread) {
    if (thread == Thread.currentThread() || !thread.isAlive()) {
      return;
    }
    try {
      thread.join(JOIN.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
