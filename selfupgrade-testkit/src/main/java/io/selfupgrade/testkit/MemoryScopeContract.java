package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryFilter;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Obligations of {@link io.selfupgrade.memory.MemoryStore} on whose memories are whose. */
abstract class MemoryScopeContract extends MemoryContract {

  @Test
  void anAgentSeesItsOwnOnly() {
    MemoryScope theirs = stranger();
    Remembered kept =
        remember(
            Memory.of("the door code is 4711")
                .externalId("a")
                .importance(1)
                .embedding(of(OTHER_MODEL, wanted())));

    assertThat(memories().get(theirs, kept.id())).isEmpty();
    assertThat(memories().find(theirs, List.of("a"))).isEmpty();
    assertThat(memories().externalIds(theirs, "", Optional.empty(), 10)).isEmpty();
    assertThat(found(theirs, RecallQuery.of("door code"))).isEmpty();
    assertThat(found(theirs, RecallQuery.of(of(OTHER_MODEL, wanted())))).isEmpty();
    assertThat(memories().stats(theirs).all()).isZero();
    assertThat(memories().stats(theirs).vectors().byModel()).isEmpty();
    assertThat(memories().unembedded(theirs.agent(), MODEL, 10)).isEmpty();
    assertThat(memories().promotable(theirs.agent(), 1, 0.5, 10)).isEmpty();
    assertThat(memories().uses(theirs.agent(), List.of(kept.id()))).isEmpty();
    assertThat(found("door code")).containsExactly(kept);
  }

  @Test
  void anAgentChangesItsOwnOnly() {
    MemoryScope theirs = stranger();
    Remembered kept = remember(Memory.of("the door code is 4711").externalId("a"));
    Remembered brief = remember(Memory.of("brief").externalId("b"), Optional.of(SHORT));
    passShort();

    assertThat(memories().forget(theirs, kept.id())).isFalse();
    assertThat(memories().forget(theirs, MemoryFilter.ALL, 10)).isZero();
    assertThat(memories().promote(theirs, kept.id(), Tier.LONG_TERM, FOR_EVER)).isFalse();
    assertThat(memories().retire(theirs, kept.id(), Duration.ZERO)).isFalse();
    assertThat(memories().removeExpired(theirs.agent(), 10)).isZero();
    memories().used(theirs, Map.of(kept.id(), 5));
    Remembered others = remember(theirs, Memory.of("mine").externalId("a"), FOR_EVER);

    assertThat(others.id()).isNotEqualTo(kept.id());
    assertThat(read(kept.id())).contains(kept);
    assertThat(memories().uses(scene.agent, List.of(kept.id())).get(0).uses()).isZero();
    assertThat(remember(Memory.of("brief").externalId("b")).id()).isEqualTo(brief.id());
  }

  @Test
  void whatIsSharedIsSeenByAllOfTheNamespaceAndByNobodyElse() {
    AgentName namespace = new Scene(store).agent;
    MemoryScope one = sharing(mine(), namespace);
    MemoryScope other = sharing(stranger(), namespace);
    Memory memory = Memory.of("the office is closed").externalId("office").forAll();
    Remembered shared = remember(one, memory.embedding(wanted()), FOR_EVER);
    assertThat(shared.memory()).isEqualTo(memory);

    for (MemoryScope scope : List.of(one, other)) {
      assertThat(memories().get(scope, shared.id())).contains(shared);
      assertThat(memories().find(scope, List.of("office"))).containsExactly(shared);
      assertThat(found(scope, RecallQuery.of("office"))).containsExactly(shared);
      assertThat(found(scope, RecallQuery.of(wanted()))).containsExactly(shared);
    }
    AgentName elsewhere = new Scene(store).agent;
    for (MemoryScope scope :
        List.of(mine(), MemoryScope.of(namespace), sharing(stranger(), elsewhere))) {
      assertThat(memories().get(scope, shared.id())).isEmpty();
      assertThat(memories().find(scope, List.of("office"))).isEmpty();
      assertThat(found(scope, RecallQuery.of("office"))).isEmpty();
      assertThat(found(scope, RecallQuery.of(wanted()))).isEmpty();
      assertThat(memories().forget(scope, shared.id())).isFalse();
    }
    Remembered again = remember(other, memory.content("it is open"), FOR_EVER);
    assertThat(again.id()).isEqualTo(shared.id());
    assertThat(memories().get(one, shared.id())).contains(again);
    assertThat(memories().forget(other, shared.id())).isTrue();
    assertThat(memories().get(one, shared.id())).isEmpty();
  }

  @Test
  void anAgentOfTheNamespacesNameKeepsItsOwn() {
    MemoryScope namesake = stranger();
    MemoryScope sharing = sharing(mine(), namesake.agent());
    Remembered theirs = remember(namesake, Memory.of("secret").externalId("a"), FOR_EVER);

    Remembered shared = remember(sharing, Memory.of("secret").externalId("a").forAll(), FOR_EVER);

    assertThat(shared.id()).isNotEqualTo(theirs.id());
    assertThat(memories().get(sharing, theirs.id())).isEmpty();
    assertThat(found(sharing, RecallQuery.of("secret"))).containsExactly(shared);
    assertThat(found(namesake, RecallQuery.of("secret"))).containsExactly(theirs);
    assertThat(memories().forget(namesake, MemoryFilter.ALL, 10)).isOne();
    assertThat(memories().get(sharing, shared.id())).contains(shared);
  }

  @Test
  void whatIsSharedIsNobodysOwn() {
    MemoryScope sharing = sharing(mine(), new Scene(store).agent);
    Remembered shared =
        remember(
            sharing, Memory.of("shared").externalId("a").importance(1).forAll(), Optional.of(LONG));
    assertThat(memories().stats(sharing).all()).isZero();
    assertThat(memories().externalIds(sharing, "", Optional.empty(), 10)).isEmpty();
    assertThat(memories().unembedded(scene.agent, MODEL, 10)).isEmpty();
    assertThat(memories().promotable(scene.agent, 1, 0.5, 10)).isEmpty();
    assertThat(memories().uses(scene.agent, List.of(shared.id()))).isEmpty();
    assertThat(memories().forget(sharing, MemoryFilter.ALL, 10)).isZero();

    Remembered own = remember(sharing, Memory.of("own").externalId("a"), FOR_EVER);

    assertThat(own.id()).isNotEqualTo(shared.id());
    assertThat(memories().find(sharing, List.of("a"))).containsExactly(own);
    assertThat(found(sharing, RecallQuery.of("own shared"))).containsExactlyInAnyOrder(own, shared);
    assertThat(memories().forget(sharing, own.id())).isTrue();
    assertThat(memories().find(sharing, List.of("a"))).containsExactly(shared);
  }

  @Test
  void aSharedMemoryNeedsANamespace() {
    assertThatThrownBy(() -> remember(Memory.of("shared").forAll()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(scene.agent.toString());
    assertThat(found("shared")).isEmpty();
  }
}
