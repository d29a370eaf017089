package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.DeploymentStore;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The journal of deployments, in memory. */
final class InMemoryDeploymentStore implements DeploymentStore {

  private final InMemoryState state;

  InMemoryDeploymentStore(InMemoryState state) {
    this.state = state;
  }

  @Override
  public Optional<Deployment> begin(Fence fence, Version version, String target) {
    return state.transact(
        () ->
            state
                .fenced(fence)
                .map(rows -> begin(rows.deployments, fence.agent(), version, target)));
  }

  private Deployment begin(List<Entry> rows, AgentName agent, Version version, String target) {
    Optional<Entry> begun = rows.stream().filter(entry -> entry.state() == State.BEGUN).findFirst();
    if (begun
        .filter(entry -> entry.deployment().version().equals(version))
        .filter(entry -> entry.target().equals(target))
        .isPresent()) {
      return begun.get().deployment();
    }
    supersede(rows);
    Deployment added = new Deployment(UUID.randomUUID(), agent, version);
    rows.add(0, new Entry(added, target, State.BEGUN, "", state.now()));
    return added;
  }

  @Override
  public Optional<Entry> begin(Fence fence, Deployment deployment, String target) {
    return state.transact(
        () ->
            state
                .fenced(fence)
                .filter(rows -> deployment.agent().equals(fence.agent()))
                .map(rows -> begin(rows.deployments, deployment, target)));
  }

  private Entry begin(List<Entry> rows, Deployment deployment, String target) {
    Optional<Entry> known =
        rows.stream().filter(entry -> entry.deployment().id().equals(deployment.id())).findFirst();
    return known.orElseGet(
        () -> {
          supersede(rows);
          rows.add(0, new Entry(deployment, target, State.BEGUN, "", state.now()));
          return rows.get(0);
        });
  }

  private static void supersede(List<Entry> rows) {
    rows.replaceAll(
        entry -> entry.state() == State.BEGUN ? settled(entry, State.SUPERSEDED, "") : entry);
  }

  @Override
  public boolean settle(Fence fence, UUID deployment, State end, String note) {
    return state.transact(
        () -> {
          Optional<Entry> begun =
              state.fenced(fence).stream()
                  .flatMap(rows -> rows.deployments.stream())
                  .filter(entry -> entry.state() == State.BEGUN)
                  .filter(entry -> entry.deployment().id().equals(deployment))
                  .findFirst();
          begun.ifPresent(
              entry ->
                  state
                      .rows(fence.agent())
                      .deployments
                      .replaceAll(row -> row.equals(entry) ? settled(row, end, note) : row));
          return begun.isPresent();
        });
  }

  @Override
  public Optional<Entry> find(AgentName agent, UUID deployment) {
    return state.transact(
        () ->
            state.rows(agent).deployments.stream()
                .filter(entry -> entry.deployment().id().equals(deployment))
                .findFirst());
  }

  @Override
  public List<Entry> history(AgentName agent, int limit) {
    return state.transact(() -> state.rows(agent).deployments.stream().limit(limit).toList());
  }

  private static Entry settled(Entry entry, State end, String note) {
    return new Entry(entry.deployment(), entry.target(), end, note, entry.createdAt());
  }
}
