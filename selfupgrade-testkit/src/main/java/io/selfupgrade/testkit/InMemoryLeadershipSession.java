package io.selfupgrade.testkit;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.failover.LeadershipSession;
import io.selfupgrade.failover.SessionLock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** A session in memory: locks that end with it, and wake-ups. */
final class InMemoryLeadershipSession implements LeadershipSession {

  private final InMemoryState state;
  private final InMemoryLeadershipStore owner;
  private final AgentName agent;
  private final SessionLock identity;
  private final Set<Long> locks = new HashSet<>();
  private boolean signalled;
  private boolean closed;

  /** Called inside a transaction. */
  InMemoryLeadershipSession(InMemoryState state, InMemoryLeadershipStore owner, AgentName agent) {
    this.state = state;
    this.owner = owner;
    this.agent = agent;
    this.identity = new SessionLock(state.nextBackend(), state.now());
  }

  @Override
  public Optional<SessionLock> tryLock(long epoch) {
    return state.transact(
        () -> {
          requireOpen("tryLock of epoch " + epoch);
          return take(epoch) ? Optional.of(identity) : Optional.empty();
        });
  }

  @Override
  public boolean awaitLock(long epoch, Duration slice) {
    return awaitUntil("awaitLock of epoch " + epoch, slice, () -> take(epoch));
  }

  @Override
  public void unlock(long epoch) {
    state.transact(
        () -> {
          requireOpen("unlock of epoch " + epoch);
          locks.remove(epoch);
          state.wake();
        });
  }

  @Override
  public boolean await(Duration longest) {
    return awaitUntil(
        "await",
        longest,
        () -> {
          boolean woken = signalled;
          signalled = false;
          return woken;
        });
  }

  @Override
  public void signal() {
    state.transact(
        () -> {
          requireOpen("signal");
          signal(state, agent);
        });
  }

  /** Wakes all sessions of an agent, inside a transaction. */
  static void signal(InMemoryState state, AgentName agent) {
    state.sessions().stream()
        .filter(session -> session.agent.equals(agent))
        .forEach(session -> session.signalled = true);
    state.wake();
  }

  @Override
  public void close() {
    state.transact(
        () -> {
          closed = true;
          locks.clear();
          state.sessions().remove(this);
          state.wake();
        });
  }

  boolean openedBy(InMemoryLeadershipStore store) {
    return owner == store;
  }

  private boolean take(long epoch) {
    boolean taken =
        state.sessions().stream()
            .anyMatch(
                session ->
                    session != this
                        && session.agent.equals(agent)
                        && session.locks.contains(epoch));
    if (!taken) {
      locks.add(epoch);
    }
    return !taken;
  }

  private boolean awaitUntil(String operation, Duration longest, BooleanSupplier condition) {
    return state.transact(
        () -> {
          try {
            return state.await(
                longest,
                () -> {
                  requireOpen(operation);
                  return condition.getAsBoolean();
                });
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AdapterException(
                "LeadershipSession", operation + " of " + agent + ": interrupted", true, e);
          }
        });
  }

  private void requireOpen(String operation) {
    if (closed) {
      throw new AdapterException(
          "LeadershipSession",
          operation + " of " + agent + ": the session is closed; open a new one",
          true,
          null);
    }
  }
}
