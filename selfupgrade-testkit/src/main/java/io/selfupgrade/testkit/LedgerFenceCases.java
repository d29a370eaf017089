package io.selfupgrade.testkit;

import static io.selfupgrade.upgrade.DeploymentStore.State.DISPATCHED;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.change.ChangeProgress;
import io.selfupgrade.change.ChangeState;
import io.selfupgrade.control.Command;
import io.selfupgrade.control.CommandStore.State;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.observe.Retention;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.FenceContract.Call;
import io.selfupgrade.testkit.FenceContract.Case;
import io.selfupgrade.upgrade.UpgradePhase;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The writes with a fence of the journals of deployments and changes, and of control. */
final class LedgerFenceCases {

  private LedgerFenceCases() {}

  /** Begins what the cases go on with. */
  static void prepare(AgentStore store, Scene.Upgrading upgrading) {
    store.deployments().begin(upgrading.primary(), StoreContract.V1, "deploy.yml");
    store.changes().begin(upgrading.primary(), ChangeStoreContract.brief("greeting"));
    store.commands().file(agent(upgrading), Command.Wish.restart("taken"));
    store.commands().take(upgrading.primary());
    store.commands().file(agent(upgrading), Command.Wish.deploy("waiting"));
    store
        .memories()
        .remember(
            new MemoryStore.Author(MemoryScope.of(agent(upgrading)), upgrading.candidate(), 2),
            new MemoryStore.Entry(Memory.of("what the candidate learned"), Optional.empty()));
  }

  static List<Case> of(AgentStore store) {
    return List.of(
        ledger(
            "DeploymentStore.begin/3",
            (f, u) -> store.deployments().begin(f, StoreContract.V2, "another.yml")),
        ledger(
            "DeploymentStore.begin/3",
            (f, u) -> store.deployments().begin(f, Scene.deployment(f), "x")),
        ledger(
            "DeploymentStore.settle/4",
            (f, u) -> store.deployments().settle(f, deployment(store, u), DISPATCHED, "run 1")),
        ledger(
            "ChangeStore.begin/2",
            (f, u) -> store.changes().begin(f, ChangeStoreContract.brief("another"))),
        ledger(
            "ChangeStore.note/5",
            (f, u) ->
                store
                    .changes()
                    .note(f, change(store, u), ChangeState.WAITING, ChangeProgress.NONE, "")),
        new Case(
            "MemoryStore.setAside/1",
            UpgradePhase.ROLLED_BACK,
            (f, u) -> store.memories().setAside(f)),
        ledger("CommandStore.take/1", (f, u) -> store.commands().take(f)),
        ledger(
            "CommandStore.putBack/4",
            (f, u) -> store.commands().putBack(f, command(store, u), StoreContract.LONG, "away")),
        ledger(
            "CommandStore.settle/4",
            (f, u) -> store.commands().settle(f, command(store, u), State.DONE, "done")),
        ledger(
            "JobStore.declare/2",
            (f, u) ->
                store.jobs().declare(f, new JobStore.Watch(List.of("slack"), Retention.DEFAULT))));
  }

  private static UUID command(AgentStore store, Scene.Upgrading upgrading) {
    return store.commands().newest(agent(upgrading), 2).get(1).id();
  }

  private static UUID deployment(AgentStore store, Scene.Upgrading upgrading) {
    return store.deployments().history(agent(upgrading), 1).get(0).deployment().id();
  }

  private static UUID change(AgentStore store, Scene.Upgrading upgrading) {
    return store.changes().history(agent(upgrading), 1).get(0).id();
  }

  private static AgentName agent(Scene.Upgrading upgrading) {
    return upgrading.primary().agent();
  }

  private static Case ledger(String method, Call call) {
    return new Case(method, UpgradePhase.ABORTED, call);
  }
}
