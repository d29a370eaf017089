package io.selfupgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.change.Change;
import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.change.ChangeRefusal;
import io.selfupgrade.change.ChangeResult;
import io.selfupgrade.change.ChangeTarget;
import io.selfupgrade.change.Changes;
import io.selfupgrade.change.Proposer;
import io.selfupgrade.store.AgentStore;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/** Gives changes to the target, with the right of this instance to propose them. */
final class ChangesDoor implements Changes {

  private final Blueprint blueprint;
  private final StoreDoor door;
  private final Supplier<Optional<Fence>> fence;
  private final ChangeTarget target;

  private ChangesDoor(
      Blueprint blueprint, StoreDoor door, Supplier<Optional<Fence>> fence, ChangeTarget target) {
    this.blueprint = blueprint;
    this.door = door;
    this.fence = fence;
    this.target = target;
  }

  /** Makes the door, if a target is configured. */
  static Optional<ChangesDoor> of(
      Blueprint blueprint, StoreDoor door, Supplier<Optional<Fence>> fence) {
    return blueprint
        .capabilities()
        .changes()
        .map(target -> new ChangesDoor(blueprint, door, fence, target));
  }

  /** One call at a time, because a target is called by one thread at a time. */
  @Override
  public synchronized ChangeResult propose(Change change) {
    Objects.requireNonNull(change, "change");
    return target.propose(change, proposer());
  }

  @Override
  public synchronized ChangeResult follow(String key) {
    Proposer proposer = proposer();
    return proposer
        .journal()
        .find(blueprint.agent(), target.name(), Objects.requireNonNull(key, "key"))
        .map(record -> target.follow(record, proposer))
        .orElseGet(
            () ->
                new ChangeResult.Refused(
                    ChangeRefusal.UNKNOWN,
                    "no change of that key was proposed to " + target.name() + ": see history()"));
  }

  @Override
  public List<ChangeRecord> history(int limit) {
    return door.opened().changes().history(blueprint.agent(), limit);
  }

  private Proposer proposer() {
    AgentStore store = door.opened();
    return new Proposer(
        new Proposer.Author(
            blueprint.agent(), blueprint.identity().version(), blueprint.identity().instance()),
        store.changes(),
        fence,
        () -> blueprint.frozen(store));
  }
}
