package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.PolicyStore;
import io.selfupgrade.upgrade.SignedDocument;
import io.selfupgrade.upgrade.UpgradePhase;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;

/** What policies remember, in memory. */
final class InMemoryPolicyStore implements PolicyStore {

  private final InMemoryState state;

  InMemoryPolicyStore(InMemoryState state) {
    this.state = state;
  }

  @Override
  public Instant now() {
    return state.now();
  }

  @Override
  public Optional<SeenIndex> seen(AgentName agent, String channel) {
    return state.transact(() -> Optional.ofNullable(state.rows(agent).indexes.get(channel)));
  }

  @Override
  public void saw(AgentName agent, String channel, long serial) {
    state.transact(
        () ->
            state
                .rows(agent)
                .indexes
                .merge(
                    channel,
                    new SeenIndex(serial, state.now()),
                    (before, now) ->
                        new SeenIndex(Math.max(before.serial(), now.serial()), now.at())));
  }

  @Override
  public Optional<Version> floor(AgentName agent) {
    return state.transact(() -> state.rows(agent).floor);
  }

  @Override
  public boolean decide(UUID upgrade, String manifestSha256, Verdict verdict) {
    return state.change(
        () ->
            state
                .upgrade(upgrade)
                .filter(row -> row.phase == UpgradePhase.AWAITING_APPROVAL)
                .filter(row -> row.verdict.isEmpty())
                .filter(
                    row ->
                        row.target
                            .filter(target -> target.manifestSha256().equals(manifestSha256))
                            .isPresent()),
        row -> row.verdict = Optional.of(verdict));
  }

  @Override
  public Optional<Verdict> verdict(UUID upgrade) {
    return state.transact(() -> state.upgrade(upgrade).flatMap(row -> row.verdict));
  }

  @Override
  public UUID askRollback(AgentName agent, Version to, String by) {
    WantedRollback wish = new WantedRollback(UUID.randomUUID(), to, by);
    state.transact(() -> state.rows(agent).rollbacks.put(wish.id(), wish));
    return wish.id();
  }

  @Override
  public Optional<WantedRollback> waitingRollback(AgentName agent) {
    return state.transact(() -> state.rows(agent).rollbacks.values().stream().findFirst());
  }

  @Override
  public boolean answerRollback(Fence fence, UUID wish, UUID upgrade) {
    return state.transact(
        () ->
            state
                .fenced(fence, upgrade)
                .map(row -> state.rows(row.agent).rollbacks.remove(wish) != null)
                .orElse(false));
  }

  @Override
  public Map<String, String> revokedKeys(AgentName agent) {
    return state.transact(() -> Map.copyOf(state.rows(agent).revokedKeys));
  }

  @Override
  public void revoke(AgentName agent, Set<String> keys, Version by) {
    state.transact(
        () -> {
          keys.forEach(key -> state.rows(agent).revokedKeys.putIfAbsent(key, by.toString()));
          return keys;
        });
  }

  @Override
  public List<SignedDocument> keyChanges(AgentName agent) {
    return state.transact(() -> List.copyOf(state.rows(agent).keyChanges.values()));
  }

  @Override
  public void noteKeyChange(AgentName agent, SignedDocument manifest) {
    state.transact(
        () -> {
          state.rows(agent).keyChanges.putIfAbsent(ByteBuffer.wrap(manifest.document()), manifest);
          return manifest;
        });
  }

  @Override
  public OptionalLong freeConnections() {
    return state.transact(() -> state.freeConnections);
  }
}
