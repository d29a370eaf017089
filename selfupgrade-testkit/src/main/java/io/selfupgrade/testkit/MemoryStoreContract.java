package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Obligations of {@link MemoryStore}. */
abstract class MemoryStoreContract extends StoreContract {

  private static final Optional<Duration> FOR_EVER = Optional.empty();

  @Test
  void whatIsRememberedIsRead() {
    Memory memory =
        Memory.of("Anna likes it short, don't say 'sir'")
            .tier(Tier.LONG_TERM)
            .metadata(Json.of("{\"chat\": 7}"))
            .importance(0.75)
            .externalId("chat/7#1");

    Remembered kept = remember(memory, Optional.of(LONG));

    assertThat(kept.memory()).isEqualTo(memory);
    assertThat(kept.expiresAt()).contains(kept.createdAt().plus(LONG));
    assertThat(secondStore().memories().get(mine(), kept.id())).contains(kept);
    assertThat(store.memories().get(mine(), UUID.randomUUID())).isEmpty();
  }

  @Test
  void anAgentSeesItsOwnOnly() {
    AgentName stranger = new Scene(store).agent;
    MemoryScope theirs = MemoryScope.of(stranger);
    Remembered kept = remember(Memory.of("the door code is 4711").externalId("a"), FOR_EVER);

    assertThat(store.memories().get(theirs, kept.id())).isEmpty();
    assertThat(store.memories().recall(theirs, RecallQuery.of("door code"))).isEmpty();
    assertThat(store.memories().forget(theirs, kept.id())).isFalse();
    assertThat(store.memories().removeExpired(stranger, 10)).isZero();
    Remembered others =
        store
            .memories()
            .remember(
                author(stranger),
                new MemoryStore.Entry(Memory.of("mine").externalId("a"), FOR_EVER));
    assertThat(others.id()).isNotEqualTo(kept.id());
    assertThat(store.memories().get(mine(), kept.id())).contains(kept);
  }

  @Test
  void anExternalIdThatIsThereIsReplacedAndLivesAnew() {
    Remembered first =
        remember(Memory.of("the meeting is on Monday").externalId("m"), Optional.of(SHORT));
    passShort();

    Remembered second = remember(Memory.of("it moved to Friday").externalId("m"), FOR_EVER);

    assertThat(second.id()).isEqualTo(first.id());
    assertThat(store.memories().get(mine(), first.id())).contains(second);
    assertThat(recalled("meeting")).isEmpty();
    assertThat(recalled("friday")).containsExactly(second);
  }

  @Test
  void ofSeveralAtOnceWithTheSameExternalIdOneRemains() {
    List<UUID> ids =
        inThreads(
            index -> remember(Memory.of("number " + index).externalId("same"), FOR_EVER).id());

    assertThat(new HashSet<>(ids)).hasSize(1);
    assertThat(recalled("number")).hasSize(1);
  }

  @Test
  void whatHasExpiredIsNotReturned() {
    Remembered brief = remember(Memory.of("brief news"), Optional.of(SHORT));
    Remembered lasting = remember(Memory.of("lasting news"), Optional.of(LONG));
    Remembered eternal = remember(Memory.of("eternal news"), FOR_EVER);
    passShort();

    assertThat(store.memories().get(mine(), brief.id())).isEmpty();
    assertThat(store.memories().forget(mine(), brief.id())).isFalse();
    assertThat(recalled("news")).containsExactlyInAnyOrder(lasting, eternal);
  }

  @Test
  void expiredOnesAreRemovedInBoundedBatches() {
    for (int i = 0; i < 5; i++) {
      remember(Memory.of("brief " + i), Optional.of(SHORT));
    }
    Remembered lasting = remember(Memory.of("lasting"), Optional.of(LONG));
    passShort();
    assertThat(store.memories().stats(mine()).expired()).isEqualTo(5);

    assertThat(store.memories().removeExpired(scene.agent, 3)).isEqualTo(3);
    assertThat(store.memories().removeExpired(scene.agent, 3)).isEqualTo(2);
    assertThat(store.memories().removeExpired(scene.agent, 3)).isZero();

    assertThat(store.memories().stats(mine()).expired()).isZero();
    assertThat(store.memories().get(mine(), lasting.id())).contains(lasting);
  }

  @Test
  void moreWordsComeFirstThenMoreImportanceThenTheNewer() {
    Remembered one = remember(Memory.of("red apples, they say"), FOR_EVER);
    Remembered both = remember(Memory.of("APPLES are green or red."), FOR_EVER);
    passShort();
    Remembered newer = remember(Memory.of("a red bicycle"), FOR_EVER);
    Remembered important = remember(Memory.of("green tea").importance(0.9), FOR_EVER);
    remember(Memory.of("nothing of the kind"), FOR_EVER);

    List<Recalled> hits = store.memories().recall(mine(), RecallQuery.of("Red, green; red!"));

    assertThat(hits).extracting(Recalled::remembered).containsExactly(both, important, newer, one);
    assertThat(hits.get(0).score()).isEqualTo(1);
    assertThat(hits.get(0).words()).containsExactlyInAnyOrder("red", "green");
    assertThat(hits.get(1).score()).isEqualTo(0.5);
    assertThat(hits.get(1).words()).containsExactly("green");
  }

  @Test
  void aQueryKeepsToItsTiersAndItsLimit() {
    for (Tier tier : Tier.values()) {
      for (int i = 0; i < 3; i++) {
        remember(Memory.of("word").tier(tier), FOR_EVER);
      }
    }
    RecallQuery query = RecallQuery.of("word");

    assertThat(store.memories().recall(mine(), query)).hasSize(9);
    assertThat(store.memories().recall(mine(), query.limit(2))).hasSize(2);
    assertThat(store.memories().recall(mine(), query.in(Tier.WORKING)))
        .hasSize(3)
        .allMatch(hit -> hit.remembered().memory().tier() == Tier.WORKING);
    assertThat(store.memories().stats(mine()).living())
        .containsOnlyKeys(Tier.values())
        .containsValues(3L, 3L, 3L);
  }

  @Test
  void aQueryWithoutWordsOrWithSyntaxIsJustAQuery() {
    Remembered kept = remember(Memory.of("cats and dogs"), FOR_EVER);

    assertThat(recalled("...")).isEmpty();
    assertThat(recalled("cats & !dogs | ('")).containsExactly(kept);
  }

  @Test
  void whatIsForgottenIsGone() {
    Remembered kept = remember(Memory.of("forget me"), FOR_EVER);

    assertThat(store.memories().forget(mine(), kept.id())).isTrue();

    assertThat(store.memories().forget(mine(), kept.id())).isFalse();
    assertThat(store.memories().get(mine(), kept.id())).isEmpty();
    assertThat(recalled("forget")).isEmpty();
  }

  private MemoryScope mine() {
    return MemoryScope.of(scene.agent);
  }

  private Remembered remember(Memory memory, Optional<Duration> life) {
    return store.memories().remember(author(scene.agent), new MemoryStore.Entry(memory, life));
  }

  private static MemoryStore.Author author(AgentName agent) {
    return new MemoryStore.Author(MemoryScope.of(agent), InstanceId.random(), 0);
  }

  private List<Remembered> recalled(String text) {
    return store.memories().recall(mine(), RecallQuery.of(text)).stream()
        .map(Recalled::remembered)
        .toList();
  }
}
