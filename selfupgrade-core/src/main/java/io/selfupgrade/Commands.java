package io.selfupgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.control.Command;
import io.selfupgrade.control.CommandStore;
import io.selfupgrade.control.CommandStore.State;
import io.selfupgrade.upgrade.DeployResult;
import io.selfupgrade.upgrade.ReasonCode;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out what the agent is told from beside it, while it leads: one command after another, on
 * a thread of its own.
 *
 * <p>A restart is settled by the process that takes this one's place, or here if it came to
 * nothing; a deployment goes by the command's id, so that a second attempt is not a second one.
 */
final class Commands implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SelfUpgrade.class);
  private static final Duration IDLE = Duration.ofSeconds(5);
  private static final Duration BEFORE_NEXT_ATTEMPT = Duration.ofSeconds(15);

  /** How long a deployment waits that the platform did not answer; the last one again and again. */
  private static final List<Duration> PAUSES =
      List.of(
          Duration.ofSeconds(15),
          Duration.ofMinutes(1),
          Duration.ofMinutes(5),
          Duration.ofMinutes(15));

  /** What is in the way of a deployment and passes by itself. */
  private static final Set<ReasonCode> PASSING =
      EnumSet.of(ReasonCode.NOT_PRIMARY, ReasonCode.UPGRADE_OPEN);

  private static final int MOST_FAILURES = 100;
  private static final Duration LONGEST_RESTART = Duration.ofMinutes(10);
  private static final Duration JOIN = Duration.ofSeconds(2);

  private final Blueprint blueprint;
  private final Effects effects;
  private final Supplier<Optional<Fence>> fence;
  private final Thread thread;
  private final Map<UUID, Integer> failures = new HashMap<>();
  private boolean woken;
  private boolean closed;
  private boolean started;
  private @Nullable Restarting restarting;

  /** What commands lead to. */
  interface Effects {
    /**
     * Begins a restart; returns at once.
     *
     * @param givenUp is told why, if it comes to nothing
     * @throws IllegalStateException if this process cannot be started again
     */
    void restart(Consumer<String> givenUp);

    /**
     * Deploys the confirmed version.
     *
     * @param id of the deployment
     * @param version refused if another one is the confirmed one
     * @throws IllegalStateException if no platform is configured
     */
    DeployResult deploy(UUID id, Optional<String> version);

    /** Returns what came of a deployment; empty if it was not begun. */
    Optional<DeployResult> deployed(UUID id);
  }

  /** A restart that was begun and has not ended yet. */
  private record Restarting(UUID command, long sinceNanos, Optional<String> givenUp) {}

  Commands(Blueprint blueprint, Supplier<Optional<Fence>> fence, Effects effects) {
    this.blueprint = blueprint;
    this.effects = effects;
    this.fence = fence;
    this.thread = new Thread(this::run, "selfupgrade-" + blueprint.agent() + "-command");
    thread.setDaemon(true);
  }

  synchronized void start() {
    started = true;
    thread.start();
  }

  /** Looks soon. */
  synchronized void wake() {
    woken = true;
    notifyAll();
  }

  private void run() {
    Duration pause = IDLE;
    try {
      while (await(pause)) {
        pause = look();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Duration look() {
    Optional<Fence> held = fence.get();
    if (held.isEmpty()) {
      return IDLE;
    }
    try {
      if (!restartIsOver(held.get())) {
        return IDLE;
      }
      Optional<Command> command = store().take(held.get());
      return command.isEmpty() ? IDLE : carryOut(held.get(), command.get());
    } catch (AdapterException e) {
      LOG.debug("the store is away; commands wait", e);
    } catch (RuntimeException e) {
      // This thread outlives whatever a store, a launcher's file or a platform throws.
      LOG.error("carrying out a command failed", e);
    }
    return BEFORE_NEXT_ATTEMPT;
  }

  private Duration carryOut(Fence held, Command command) {
    LOG.info("command {} {}, attempt {}", command.kind(), command.id(), command.attempt());
    return switch (command.kind()) {
      case Command.RESTART -> restart(held, command);
      case Command.DEPLOY -> deploy(held, command);
      default ->
          settle(
              held,
              command.id(),
              State.REFUSED,
              "version "
                  + blueprint.identity().version()
                  + " knows no command "
                  + command.kind()
                  + ": expected RESTART or DEPLOY");
    };
  }

  private Duration restart(Fence held, Command command) {
    if (command.takenBefore().filter(before -> !before.equals(held.holder())).isPresent()) {
      String note = held.holder() + " leads in the place of " + command.takenBefore().get();
      return settle(held, command.id(), State.DONE, note);
    }
    if (command.over()) {
      return settle(held, command.id(), State.FAILED, "no process has taken this one's place");
    }
    begin(command.id());
    try {
      effects.restart(why -> gaveUp(command.id(), why));
      return IDLE;
    } catch (IllegalStateException e) {
      end();
      return settle(held, command.id(), State.REFUSED, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      end();
      throw e;
    }
  }

  private Duration deploy(Fence held, Command command) {
    UUID id = command.id();
    DeployResult result;
    try {
      if (command.over()) {
        Optional<DeployResult> end = effects.deployed(id);
        return end.isPresent()
            ? settle(held, id, end.get())
            : settle(held, id, State.FAILED, "it was taken, and the platform was not asked");
      }
      result = effects.deploy(id, command.version());
    } catch (IllegalStateException e) {
      return settle(held, id, State.REFUSED, String.valueOf(e.getMessage()));
    }
    if (result instanceof DeployResult.Refused refused
        && PASSING.contains(refused.reason().code())) {
      return putBack(held, id, PAUSES.get(0), result.summary());
    }
    if (result instanceof DeployResult.Failed failed && failed.retryable()) {
      int before = Math.min(failures.getOrDefault(id, 0), PAUSES.size() - 1);
      if (failures.size() >= MOST_FAILURES) {
        failures.clear();
      }
      failures.put(id, before + 1);
      return putBack(held, id, PAUSES.get(before), failed.why());
    }
    return settle(held, id, result);
  }

  private Duration settle(Fence held, UUID command, DeployResult result) {
    State end = State.FAILED;
    if (result instanceof DeployResult.Dispatched) {
      end = State.DONE;
    } else if (result instanceof DeployResult.Refused) {
      end = State.REFUSED;
    }
    return settle(held, command, end, result.summary());
  }

  /** Lets it wait, and others before it; its time to live says for how long. */
  private Duration putBack(Fence held, UUID command, Duration pause, String why) {
    if (store().putBack(held, command, pause, why)) {
      LOG.info("command {} waits for {}: {}", command, pause, why);
    }
    return Duration.ZERO;
  }

  /** What cannot be settled comes again, and is found done by its id. */
  private Duration settle(Fence held, UUID command, State end, String note) {
    failures.remove(command);
    if (store().settle(held, command, end, note)) {
      LOG.info("command {} is {}: {}", command, end, note);
    }
    return Duration.ZERO;
  }

  /** Settles a restart that came to nothing; while one is under way no other command is taken. */
  private boolean restartIsOver(Fence held) {
    Restarting now = restarting();
    if (now == null) {
      return true;
    }
    boolean tooLong = System.nanoTime() - now.sinceNanos > LONGEST_RESTART.toNanos();
    if (now.givenUp.isEmpty() && !tooLong) {
      return false;
    }
    String why = now.givenUp.orElse("the launcher did nothing within " + LONGEST_RESTART);
    settle(held, now.command, State.FAILED, "the restart was given up: " + why);
    end();
    return true;
  }

  private synchronized void begin(UUID command) {
    restarting = new Restarting(command, System.nanoTime(), Optional.empty());
  }

  private synchronized void end() {
    restarting = null;
  }

  private synchronized @Nullable Restarting restarting() {
    return restarting;
  }

  private synchronized void gaveUp(UUID command, String why) {
    restarting = new Restarting(command, System.nanoTime(), Optional.of(why));
    wake();
  }

  private CommandStore store() {
    return blueprint.store().commands();
  }

  private synchronized boolean await(Duration longest) throws InterruptedException {
    long end = System.nanoTime() + longest.toNanos();
    long left = longest.toMillis();
    while (!closed && !woken && left > 0) {
      wait(left);
      left = (end - System.nanoTime()) / 1_000_000;
    }
    woken = false;
    return !closed;
  }

  /** Ends the thread; waits 2 s at most. Idempotent. */
  @Override
  public void close() {
    boolean was;
    synchronized (this) {
      was = started;
      closed = true;
      notifyAll();
    }
    if (was && !Thread.currentThread().equals(thread)) {
      thread.interrupt();
      try {
        thread.join(JOIN.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
