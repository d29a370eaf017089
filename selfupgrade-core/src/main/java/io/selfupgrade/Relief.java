package io.selfupgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.core.local.LauncherLink;
import io.selfupgrade.failover.InstanceStatus;
import io.selfupgrade.observe.LogLevel;
import io.selfupgrade.store.AgentStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a fresh process of the same version take this one's place, on a thread of its own.
 *
 * <p>The lead goes by name to an instance that is up already; what fails before leaves everything
 * as it was.
 */
final class Relief implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SelfUpgrade.class);
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final Duration AFTER_TROUBLE = Duration.ofMillis(250);
  private static final Duration LONGEST_END = Duration.ofSeconds(2);

  private final Blueprint blueprint;
  private final Duties duties;
  private final Events events;
  private @Nullable Thread thread;
  private final List<Consumer<String>> asked = new ArrayList<>();
  private boolean underWay;
  private boolean closed;

  /** Where it is told that a restart came to nothing. */
  @FunctionalInterface
  interface Events {
    void log(LogLevel level, String message, Map<String, ?> context);
  }

  Relief(Blueprint blueprint, Duties duties, Events events) {
    this.blueprint = blueprint;
    this.duties = duties;
    this.events = events;
  }

  /**
   * Asks to be relieved, or to be started again where that is not possible; returns at once.
   *
   * @param givenUp is told why, if it comes to nothing
   * @throws IllegalStateException if no launcher started this process
   */
  synchronized void ask(Consumer<String> givenUp) {
    LauncherLink link =
        blueprint
            .identity()
            .link()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "this process was not started by the launcher, so nothing would start it"
                            + " again: start it with launcher.jar run HOME, or restart it from"
                            + " outside"));
    asked.add(givenUp);
    if (closed || underWay) {
      LOG.info("this process is closed or about to be relieved already: no other restart begins");
      return;
    }
    Optional<Fence> fence = duties.fence().filter(held -> blueprint.hasRoomForTwo());
    if (fence.isEmpty() || link.candidate().isPresent()) {
      link.askForRestart();
      return;
    }
    underWay = true;
    thread =
        new Thread(
            () -> relieve(link, fence.get()), "selfupgrade-" + blueprint.agent() + "-restart");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    Thread running;
    synchronized (this) {
      closed = true;
      running = thread;
    }
    if (running == null || Thread.currentThread().equals(running)) {
      return;
    }
    running.interrupt();
    try {
      running.join(LONGEST_END.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void relieve(LauncherLink link, Fence fence) {
    InstanceId next = InstanceId.random();
    try {
      link.askForRelief(next);
      Optional<String> trouble = awaitUp(link, next);
      if (trouble.isPresent()) {
        goOn(link, trouble.get());
      } else {
        takeTurn(link, fence, next);
      }
    } catch (InterruptedException e) {
      LOG.debug("the agent is closed while it waits for its relief", e);
    } catch (AdapterException e) {
      goOnIfPossible(link, e);
    }
  }

  /** An upgrade may hand the lead over at the same moment: what it has decided by then stays. */
  private void takeTurn(LauncherLink link, Fence fence, InstanceId next)
      throws InterruptedException {
    duties.turn().lockInterruptibly();
    try {
      if (link.candidate().isPresent() || !duties.fence().equals(Optional.of(fence))) {
        leave(link);
      } else if (handOver(fence, next)) {
        LOG.info("{} leads in the place of this process, which ends", next);
        leave(link);
      } else {
        goOn(link, "the lead could not be given to " + next);
      }
    } finally {
      duties.turn().unlock();
    }
  }

  /** Waits until an instance is up and known to the store; returns what is in the way. */
  private Optional<String> awaitUp(LauncherLink link, InstanceId next) throws InterruptedException {
    Duration longest = blueprint.times().ready();
    long end = System.nanoTime() + longest.toNanos();
    String seen = "it is not registered";
    while (System.nanoTime() - end < 0) {
      if (link.attestsDeath(next)) {
        return Optional.of("the new process has ended: see run/" + next + "/out.log");
      }
      if (link.isReady(next)) {
        try {
          Optional<InstanceStatus> up = registered(next);
          if (up.isPresent()) {
            return wrongVersion(up.get());
          }
        } catch (AdapterException e) {
          seen = String.valueOf(e.getMessage());
        }
      }
      TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
    }
    String what = link.isReady(next) ? seen : "see run/" + next + "/out.log";
    return Optional.of("the new process was not up within " + longest + ": " + what);
  }

  private Optional<InstanceStatus> registered(InstanceId next) {
    return blueprint.store().instances().living(blueprint.agent()).stream()
        .filter(one -> one.record().id().equals(next))
        .filter(one -> one.aliveWithin(blueprint.primary().ttl()))
        .findFirst();
  }

  private Optional<String> wrongVersion(InstanceStatus up) {
    return up.record().version().equals(blueprint.identity().version())
        ? Optional.empty()
        : Optional.of("the launcher has started " + up.record().version() + " instead");
  }

  private boolean handOver(Fence fence, InstanceId next) throws InterruptedException {
    boolean given = false;
    try {
      duties.closeAdmission();
      duties.drain(blueprint.times().drain());
      given = transfer(fence, next);
    } finally {
      if (given) {
        duties.given(fence);
      } else {
        duties.resume();
      }
    }
    return given;
  }

  /** Transfers the lease; after an answer that was lost it is read until it tells who leads. */
  private boolean transfer(Fence fence, InstanceId next) throws InterruptedException {
    AgentStore store = blueprint.store();
    try {
      return store.leadership().transfer(fence, next, blueprint.primary().ttl()).isPresent();
    } catch (AdapterException e) {
      LOG.warn("whether {} leads is not known yet: the answer was lost", next, e);
    }
    while (true) {
      try {
        return store
            .leadership()
            .read(fence.agent())
            .filter(lease -> lease.fence().holder().equals(next))
            .isPresent();
      } catch (AdapterException e) {
        TimeUnit.NANOSECONDS.sleep(AFTER_TROUBLE.toNanos());
      }
    }
  }

  /** Lets the launcher end this process; tried until it knows. */
  private static void leave(LauncherLink link) throws InterruptedException {
    while (true) {
      try {
        link.askForRestart();
        return;
      } catch (AdapterException e) {
        LOG.warn("the launcher cannot be told yet to start this process again", e);
        TimeUnit.NANOSECONDS.sleep(AFTER_TROUBLE.toNanos());
      }
    }
  }

  private void goOnIfPossible(LauncherLink link, AdapterException trouble) {
    try {
      goOn(link, String.valueOf(trouble.getMessage()));
    } catch (AdapterException e) {
      LOG.error("the launcher could not be told that the restart was given up", e);
      end(String.valueOf(trouble.getMessage()));
    }
  }

  private void goOn(LauncherLink link, String why) {
    link.withdrawRestart();
    end(why);
  }

  /** From then on another restart may be asked for. */
  private void end(String why) {
    List<Consumer<String>> told;
    synchronized (this) {
      underWay = false;
      told = List.copyOf(asked);
      asked.clear();
    }
    told.forEach(one -> one.accept(why));
    LOG.error("the restart was given up, this process goes on: {}", why);
    events.log(
        LogLevel.ERROR, "the restart was given up, this process goes on", Map.of("why", why));
  }
}
