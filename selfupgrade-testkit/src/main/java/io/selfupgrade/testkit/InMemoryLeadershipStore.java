package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.LeadershipSession;
import io.selfupgrade.failover.LeadershipStore;
import io.selfupgrade.failover.Lease;
import io.selfupgrade.failover.SessionLock;
import io.selfupgrade.failover.Succession;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.UpgradeJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The leadership row in memory. */
final class InMemoryLeadershipStore implements LeadershipStore {

  private static final Duration EXPIRED = Duration.ofMillis(1);

  private final InMemoryState state;

  InMemoryLeadershipStore(InMemoryState state) {
    this.state = state;
  }

  @Override
  public Optional<Lease> read(AgentName agent) {
    return state.transact(() -> state.rows(agent).leader.map(leader -> leader.lease(state.now())));
  }

  @Override
  public Acquisition acquire(InstanceRecord candidate, TakeOver way, Duration ttl) {
    return state.transact(
        () -> {
          AgentRows rows = state.rows(candidate.agent());
          Instant now = state.now();
          Optional<Lease> lease = rows.leader.map(leader -> leader.lease(now));
          Optional<UpgradeRow> open = rows.openUpgrade();
          Succession.Situation situation =
              new Succession.Situation(
                  rows.confirmed,
                  open.map(row -> new Succession.OpenUpgrade(row.id, row.phase, row.candidate)));
          Succession.Decision decision = Succession.decide(lease, candidate, way, situation, ttl);
          if (!decision.granted()) {
            return new Acquisition.Denied(lease, decision.why());
          }
          if (lease.isEmpty()) {
            rows.confirmed = Optional.of(candidate.version());
          }
          Fence fence = rows.passLead(candidate.id(), now.plus(ttl));
          Optional<UpgradeRow> back = open.filter(row -> decision.goesBack());
          back.ifPresent(row -> row.moveBack(deathOfCandidate(row), now));
          return new Acquisition.Acquired(fence, back.map(row -> row.id));
        });
  }

  @Override
  public boolean renew(Fence fence, Duration ttl, Optional<SessionLock> lock) {
    return state.transact(
        () -> {
          Instant now = state.now();
          Optional<AgentRows> held =
              state.fenced(fence).filter(rows -> !rows.leader.orElseThrow().lease(now).expired());
          held.ifPresent(
              rows -> {
                rows.leader =
                    Optional.of(new AgentRows.Leader(fence, now.plus(ttl), lock.isPresent()));
                state.instance(fence.holder()).ifPresent(row -> row.heartbeatAt = now);
              });
          return held.isPresent();
        });
  }

  @Override
  public Optional<Fence> transfer(Fence fence, InstanceId to, Duration ttl) {
    return state.transact(
        () ->
            state
                .fenced(fence)
                .filter(rows -> rows.openUpgrade().isEmpty())
                .filter(rows -> mayLead(rows, to))
                .map(rows -> rows.passLead(to, state.now().plus(ttl))));
  }

  private static boolean mayLead(AgentRows rows, InstanceId instance) {
    return Optional.ofNullable(rows.instances.get(instance))
        .filter(row -> !row.stopped)
        .map(row -> row.record.version())
        .equals(rows.confirmed);
  }

  @Override
  public boolean release(Fence fence) {
    return state.transact(
        () -> {
          Optional<AgentRows> held = state.fenced(fence);
          held.ifPresent(
              rows ->
                  rows.leader =
                      Optional.of(new AgentRows.Leader(fence, state.now().minus(EXPIRED), false)));
          return held.isPresent();
        });
  }

  @Override
  public LeadershipSession openSession(AgentName agent) {
    return state.transact(
        () -> {
          InMemoryLeadershipSession session = new InMemoryLeadershipSession(state, this, agent);
          state.sessions().add(session);
          return session;
        });
  }

  /** Closes the sessions that were opened here, not those of other handles. */
  void closeSessions() {
    List<InMemoryLeadershipSession> own =
        state.transact(
            () -> state.sessions().stream().filter(session -> session.openedBy(this)).toList());
    own.forEach(InMemoryLeadershipSession::close);
  }

  private static UpgradeJournal.Ending deathOfCandidate(UpgradeRow row) {
    Reason reason =
        new Reason(
            ReasonCode.CANDIDATE_DIED,
            "the candidate "
                + row.candidate.map(Object::toString).orElse("")
                + " led no more: another instance took the lead back");
    return new UpgradeJournal.Ending(reason, true);
  }
}
