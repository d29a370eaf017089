package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.DeploymentStore.Entry;
import io.selfupgrade.upgrade.DeploymentStore.State;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Obligations of {@link io.selfupgrade.upgrade.DeploymentStore}. */
abstract class DeploymentStoreContract extends StoreContract {

  private static final String TARGET = "deploy.yml";

  @Test
  void whatWasBegunAndNotSettledGoesOnUnderItsName() {
    Fence first = scene.lead();
    Deployment begun = store.deployments().begin(first, V1, TARGET).orElseThrow();
    Fence next = scene.takeOverFrom(first);

    assertThat(store.deployments().begin(next, V1, TARGET)).contains(begun);

    assertThat(begun.agent()).isEqualTo(scene.agent);
    assertThat(begun.version()).isEqualTo(V1);
    assertThat(store.deployments().history(scene.agent, 10))
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.deployment()).isEqualTo(begun);
              assertThat(entry.state()).isEqualTo(State.BEGUN);
              assertThat(entry.target()).isEqualTo(TARGET);
              assertThat(entry.note()).isEmpty();
            });
  }

  @Test
  void anotherVersionOrTargetSupersedesIt() {
    Fence fence = scene.lead();
    Deployment first = store.deployments().begin(fence, V1, TARGET).orElseThrow();
    Deployment second = store.deployments().begin(fence, V2, TARGET).orElseThrow();
    Deployment third = store.deployments().begin(fence, V2, "other.yml").orElseThrow();

    assertThat(List.of(first.id(), second.id(), third.id())).doesNotHaveDuplicates();
    assertThat(store.deployments().history(scene.agent, 10))
        .extracting(Entry::state)
        .containsExactly(State.BEGUN, State.SUPERSEDED, State.SUPERSEDED);
    assertThat(store.deployments().settle(fence, first.id(), State.DISPATCHED, "late")).isFalse();
  }

  @Test
  void oneThatHasEndedStaysAsItIsAndTheNextIsAnother() {
    Fence fence = scene.lead();
    Deployment first = store.deployments().begin(fence, V1, TARGET).orElseThrow();

    assertThat(store.deployments().settle(fence, first.id(), State.DISPATCHED, "run 7")).isTrue();

    assertThat(store.deployments().settle(fence, first.id(), State.FAILED, "no")).isFalse();
    Deployment second = store.deployments().begin(fence, V1, TARGET).orElseThrow();
    assertThat(second.id()).isNotEqualTo(first.id());
    assertThat(store.deployments().history(scene.agent, 10))
        .extracting(Entry::note)
        .containsExactly("", "run 7");
    assertThat(store.deployments().history(scene.agent, 1))
        .extracting(Entry::deployment)
        .containsExactly(second);
  }

  @Test
  void oneThatIsNamedIsBegunOnceAndFoundAsItIs() {
    Fence fence = scene.lead();
    assertThat(store.deployments().begin(fence, V1, TARGET)).isPresent();
    Deployment named = new Deployment(UUID.randomUUID(), scene.agent, V2);

    Entry begun = store.deployments().begin(fence, named, TARGET).orElseThrow();

    assertThat(begun.deployment()).isEqualTo(named);
    assertThat(begun.state()).isEqualTo(State.BEGUN);
    assertThat(store.deployments().begin(fence, named, TARGET)).contains(begun);
    assertThat(store.deployments().settle(fence, named.id(), State.DISPATCHED, "run 7")).isTrue();
    Fence next = scene.takeOverFrom(fence);
    assertThat(store.deployments().begin(next, named, TARGET))
        .hasValueSatisfying(
            found -> {
              assertThat(found.state()).isEqualTo(State.DISPATCHED);
              assertThat(found.note()).isEqualTo("run 7");
            });
    assertThat(store.deployments().history(scene.agent, 10))
        .extracting(Entry::state)
        .containsExactly(State.DISPATCHED, State.SUPERSEDED);
  }

  @Test
  void eachIsFoundByItsNameHoweverManyCameAfterIt() {
    Fence fence = scene.lead();
    Deployment first = store.deployments().begin(fence, V1, TARGET).orElseThrow();
    assertThat(store.deployments().begin(fence, V2, TARGET)).isPresent();

    assertThat(store.deployments().find(scene.agent, first.id()))
        .hasValueSatisfying(
            found -> {
              assertThat(found.deployment()).isEqualTo(first);
              assertThat(found.state()).isEqualTo(State.SUPERSEDED);
            });
    assertThat(store.deployments().find(scene.agent, UUID.randomUUID())).isEmpty();
    assertThat(store.deployments().find(new Scene(store).agent, first.id())).isEmpty();
  }

  @Test
  void oneOfAnotherAgentIsNotBegun() {
    Deployment others = new Deployment(UUID.randomUUID(), new Scene(store).agent, V2);

    assertThat(store.deployments().begin(scene.lead(), others, TARGET)).isEmpty();

    assertThat(store.deployments().history(others.agent(), 10)).isEmpty();
  }

  @Test
  void severalThatBeginAtOnceBeginTheSame() {
    Fence fence = scene.lead();

    List<Deployment> begun =
        inThreads(index -> store.deployments().begin(fence, V1, TARGET).orElseThrow());

    assertThat(begun.stream().distinct()).hasSize(1);
    assertThat(store.deployments().history(scene.agent, 10)).hasSize(1);
  }
}
