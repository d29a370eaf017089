package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.failover.InstanceStatus;
import io.selfupgrade.failover.InstanceStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** The instances in memory. */
final class InMemoryInstanceStore implements InstanceStore {

  private final InMemoryState state;

  InMemoryInstanceStore(InMemoryState state) {
    this.state = state;
  }

  @Override
  public void register(InstanceRecord instance) {
    state.transact(
        () ->
            state
                    .rows(instance.agent())
                    .instances
                    .computeIfAbsent(
                        instance.id(), id -> new AgentRows.Instance(instance, state.now()))
                    .heartbeatAt =
                state.now());
  }

  @Override
  public boolean heartbeat(InstanceId instance) {
    return state.transact(
        () -> {
          Optional<AgentRows.Instance> row = state.instance(instance);
          row.ifPresent(found -> found.heartbeatAt = state.now());
          return row.isPresent();
        });
  }

  @Override
  public boolean ready(Fence fence) {
    return state.transact(
        () -> {
          Optional<AgentRows.Instance> row =
              state.fenced(fence).flatMap(rows -> state.instance(fence.holder()));
          row.ifPresent(found -> found.epoch = fence.epoch());
          return row.isPresent();
        });
  }

  @Override
  public void stopped(InstanceId instance) {
    state.transact(() -> state.instance(instance).ifPresent(row -> row.stopped = true));
  }

  @Override
  public Optional<InstanceStatus> find(InstanceId instance) {
    return state.transact(() -> state.instance(instance).map(row -> row.status(state.now())));
  }

  @Override
  public List<InstanceStatus> living(AgentName agent) {
    return state.transact(
        () -> {
          List<InstanceStatus> living = new ArrayList<>();
          for (AgentRows.Instance row : state.rows(agent).instances.values()) {
            if (!row.stopped) {
              living.add(row.status(state.now()));
            }
          }
          Collections.reverse(living);
          return List.copyOf(living);
        });
  }
}
