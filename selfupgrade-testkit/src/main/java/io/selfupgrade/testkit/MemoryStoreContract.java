package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryStats;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Obligations of {@link MemoryStore} on what is kept, and how long. */
abstract class MemoryStoreContract extends MemoryContract {

  @Test
  void whatIsRememberedIsReadWithoutItsVector() {
    Memory memory =
        Memory.of("Anna likes it short, don't say 'sir'")
            .tier(Tier.LONG_TERM)
            .metadata(Json.of("{\"chat\": 7}"))
            .importance(0.75)
            .externalId("chat/7#1");

    Remembered kept = remember(memory.embedding(wanted()), Optional.of(LONG));

    assertThat(kept.memory()).isEqualTo(memory);
    assertThat(kept.expiresAt()).contains(kept.createdAt().plus(LONG));
    assertThat(secondStore().memories().get(mine(), kept.id())).contains(kept);
    assertThat(memories().find(mine(), List.of("chat/7#1", "not there"))).containsExactly(kept);
    assertThat(read(UUID.randomUUID())).isEmpty();
    assertThat(memories().find(mine(), List.of())).isEmpty();
  }

  @Test
  void anExternalIdThatIsThereIsReplacedAndLivesAnew() {
    Memory memory = Memory.of("the meeting is on Monday").externalId("m");
    Remembered first = remember(memory.embedding(wanted()), Optional.of(SHORT));
    passShort();

    Remembered second = remember(Memory.of("it moved to Friday").externalId("m"));

    assertThat(second.id()).isEqualTo(first.id());
    assertThat(second.createdAt()).isAfter(first.createdAt());
    assertThat(second.expiresAt()).isEmpty();
    assertThat(read(first.id())).contains(second);
    assertThat(found("meeting")).isEmpty();
    assertThat(found("friday")).containsExactly(second);
    assertThat(found(wanted())).as("the old vector").isEmpty();
    Remembered third = remember(memory.embedding(wanted()), FOR_EVER);
    assertThat(third.id()).isEqualTo(first.id());
    assertThat(found(wanted())).as("the new vector").containsExactly(third);
  }

  @Test
  void ofSeveralAtOnceWithTheSameExternalIdOneRemains() {
    List<UUID> ids = inThreads(index -> remember(Memory.of("number").externalId("same")).id());

    assertThat(new HashSet<>(ids)).hasSize(1);
    assertThat(found("number")).hasSize(1);
  }

  @Test
  void ofABatchTheLastOneWithAnIdCounts() {
    Remembered known = remember(Memory.of("known").externalId("id-3"));
    List<Memory> batch = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      batch.add(Memory.of("fact " + i).externalId("id-" + i % 400).embedding(at(0.5)));
    }
    batch.add(Memory.of("no id"));
    batch.add(Memory.of("no id"));

    rememberAll(batch);

    assertThat(memories().stats(mine()).all()).isEqualTo(402);
    assertThat(contents(memories().find(mine(), List.of("id-0", "id-199", "id-200"))))
        .containsExactlyInAnyOrder("fact 800", "fact 999", "fact 600");
    assertThat(read(known.id()).orElseThrow().memory().content()).isEqualTo("fact 803");
    assertThat(found("known")).isEmpty();
    rememberAll(List.of());
    assertThat(memories().stats(mine()).all()).isEqualTo(402);
  }

  @Test
  void aBatchIsStoredAsAWholeOrNotAtAll() {
    Remembered known = remember(Memory.of("known").externalId("known"));
    List<Memory> batch = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      batch.add(Memory.of("fact " + i));
    }
    batch.add(Memory.of("replaced").externalId("known"));
    batch.add(Memory.of("shared").forAll());

    assertThatThrownBy(() -> rememberAll(batch)).isInstanceOf(IllegalArgumentException.class);

    assertThat(memories().stats(mine()).all()).isOne();
    assertThat(read(known.id())).contains(known);
  }

  @Test
  void whatHasExpiredIsNotReturnedNorChanged() {
    Memory memory = Memory.of("brief news").externalId("b").embedding(wanted());
    Remembered brief = remember(memory, Optional.of(SHORT));
    Remembered lasting = remember(Memory.of("lasting news"), Optional.of(LONG));
    Remembered eternal = remember(Memory.of("eternal news"));
    passShort();

    assertThat(read(brief.id())).isEmpty();
    assertThat(memories().find(mine(), List.of("b"))).isEmpty();
    assertThat(found("news")).containsExactlyInAnyOrder(lasting, eternal);
    assertThat(found(wanted())).isEmpty();
    assertThat(memories().forget(mine(), brief.id())).isFalse();
    assertThat(memories().promote(mine(), brief.id(), Tier.LONG_TERM, FOR_EVER)).isFalse();
    assertThat(memories().retire(mine(), brief.id(), LONG)).isFalse();
    assertThat(read(brief.id())).isEmpty();
  }

  @Test
  void expiredOnesAreRemovedInBoundedBatchesTheLongestDeadFirst() {
    List<UUID> ids = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Duration life = SHORT.minusMillis(10L * (5 - i));
      ids.add(remember(Memory.of("brief").externalId("b" + i), Optional.of(life)).id());
    }
    Remembered lasting = remember(Memory.of("lasting"), Optional.of(LONG));
    passShort();
    assertThat(memories().stats(mine()).expired()).isEqualTo(5);

    assertThat(memories().removeExpired(scene.agent, 3)).isEqualTo(3);
    assertThat(remember(Memory.of("again").externalId("b4")).id())
        .as("a row that is still there keeps its id")
        .isEqualTo(ids.get(4));
    assertThat(remember(Memory.of("again").externalId("b0")).id())
        .as("the longest dead is gone")
        .isNotEqualTo(ids.get(0));
    assertThat(memories().removeExpired(scene.agent, 3)).isOne();
    assertThat(memories().removeExpired(scene.agent, 3)).isZero();

    assertThat(memories().stats(mine()).expired()).isZero();
    assertThat(read(lasting.id())).contains(lasting);
  }

  @Test
  void aChangeOfTierLeavesTheRestAsItIs() {
    Memory memory = Memory.of("a fact").externalId("a").metadata(Json.of("{\"a\": 1}"));
    Remembered kept = remember(memory.embedding(wanted()), Optional.of(LONG));

    assertThat(memories().promote(mine(), kept.id(), Tier.LONG_TERM, FOR_EVER)).isTrue();

    Remembered promoted = read(kept.id()).orElseThrow();
    assertThat(promoted)
        .isEqualTo(
            new Remembered(
                kept.id(), memory.tier(Tier.LONG_TERM), kept.createdAt(), Optional.empty()));
    assertThat(found(wanted())).containsExactly(promoted);
    passShort(); // The new life begins now, not when the memory was made.
    assertThat(memories().promote(mine(), kept.id(), Tier.SHORT_TERM, Optional.of(LONG))).isTrue();
    assertThat(read(kept.id()).orElseThrow().expiresAt().orElseThrow())
        .isAfter(kept.createdAt().plus(LONG));
    assertThat(memories().promote(mine(), UUID.randomUUID(), Tier.WORKING, FOR_EVER)).isFalse();
  }

  @Test
  void whatIsRetiredEndsThenAndIsAsItWasUntilThen() {
    Memory memory = Memory.of("a fact").externalId("a").metadata(Json.of("{\"a\": 1}"));
    Remembered kept = remember(memory.embedding(wanted()), FOR_EVER);

    assertThat(memories().retire(mine(), kept.id(), LONG)).isTrue();

    Remembered retired = read(kept.id()).orElseThrow();
    assertThat(retired.expiresAt().orElseThrow())
        .isBetween(kept.createdAt().plus(LONG), kept.createdAt().plus(LONG.multipliedBy(2)));
    assertThat(retired)
        .isEqualTo(new Remembered(kept.id(), memory, kept.createdAt(), retired.expiresAt()));
    assertThat(found(wanted())).containsExactly(retired);
    assertThat(memories().retire(mine(), kept.id(), Duration.ZERO)).isTrue();
    assertThat(read(kept.id())).isEmpty();
    assertThat(memories().retire(mine(), UUID.randomUUID(), LONG)).isFalse();
  }

  @Test
  void whatIsForgottenIsGone() {
    Remembered kept = remember(Memory.of("forget me").externalId("a").embedding(wanted()));

    assertThat(memories().forget(mine(), kept.id())).isTrue();

    assertThat(memories().forget(mine(), kept.id())).isFalse();
    assertThat(read(kept.id())).isEmpty();
    assertThat(found("forget")).isEmpty();
    assertThat(found(wanted())).isEmpty();
    assertThat(remember(Memory.of("again").externalId("a")).id()).isNotEqualTo(kept.id());
  }

  @Test
  void theCallersIdsAreListedByTheirCodePointsAPageAtATime() {
    List<String> ids = List.of("f_%/1", "f_%/Z", "f_%/a", "f_%/\uff5e", "f_%/\ud83d\ude00");
    for (String id : List.of(ids.get(4), ids.get(1), ids.get(3), ids.get(0), ids.get(2))) {
      remember(Memory.of("fact").externalId(id));
    }
    remember(Memory.of("another").externalId("fx!/1"));
    remember(Memory.of("none"));

    List<String> listed = new ArrayList<>();
    Optional<String> after = Optional.empty();
    for (int page = 0; page < 3; page++) {
      List<String> some = memories().externalIds(mine(), "f_%/", after, 2);
      assertThat(some).hasSizeLessThanOrEqualTo(2);
      listed.addAll(some);
      after = some.isEmpty() ? after : Optional.of(some.get(some.size() - 1));
    }

    assertThat(listed).containsExactlyElementsOf(ids);
    assertThat(memories().externalIds(mine(), "", Optional.empty(), 10)).hasSize(6);
    assertThat(memories().externalIds(mine(), "", Optional.of("f_%/\ud83d\ude00"), 10))
        .containsExactly("fx!/1");
  }

  @Test
  void statsCountTheAgentsOwn() {
    assertThat(memories().stats(mine()).bytesPerMemory()).isZero();
    remember(Memory.of("a").tier(Tier.LONG_TERM).embedding(wanted()));
    remember(Memory.of("b").tier(Tier.LONG_TERM).embedding(of(OTHER_MODEL, wanted())));
    remember(Memory.of("c").tier(Tier.SHORT_TERM));
    remember(Memory.of("d"), Optional.of(SHORT));
    passShort();

    MemoryStats stats = memories().stats(mine());

    assertThat(stats.living())
        .containsOnly(
            Map.entry(Tier.LONG_TERM, 2L),
            Map.entry(Tier.SHORT_TERM, 1L),
            Map.entry(Tier.WORKING, 0L));
    assertThat(stats.expired()).isOne();
    assertThat(stats.setAside()).isZero();
    assertThat(stats.bytesPerMemory()).isPositive();
    assertThat(stats.vectors().search()).isNotEqualTo(MemoryStats.Search.NONE);
    assertThat(stats.vectors().byModel()).isEqualTo(Map.of(MODEL, 1L, OTHER_MODEL, 1L));
    assertThat(Set.copyOf(stats.living().keySet())).isEqualTo(Set.of(Tier.values()));
  }
}
