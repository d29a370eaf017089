package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryFilter;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.MemoryUpkeep.Alike;
import io.selfupgrade.memory.MemoryUpkeep.AlikePage;
import io.selfupgrade.memory.MemoryUpkeep.Merge;
import io.selfupgrade.memory.MemoryUpkeep.Used;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.SetAside;
import io.selfupgrade.memory.Tier;
import io.selfupgrade.upgrade.UpgradePhase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * Obligations of {@link io.selfupgrade.memory.MemoryStore} on consolidation, and on what was
 * remembered by versions that were rolled back.
 */
abstract class MemoryUpkeepContract extends MemoryContract {

  @Test
  void usesAreAddedAndThoseOfMemoriesThatAreGoneAreNot() {
    Remembered one = remember(Memory.of("one"));
    Remembered two = remember(Memory.of("two"));
    Remembered gone = remember(Memory.of("gone"));
    memories().forget(mine(), gone.id());

    memories().used(mine(), Map.of(one.id(), 2, gone.id(), 3, UUID.randomUUID(), 1));
    memories().used(mine(), Map.of(one.id(), 1));
    memories().used(mine(), Map.of());

    List<UUID> ids = List.of(one.id(), two.id(), gone.id());
    assertThat(memories().uses(scene.agent, ids))
        .containsExactlyInAnyOrder(new Used(one, 3), new Used(two, 0));
  }

  @Test
  void usesThatAreCountedAtOnceAreAllCounted() {
    Remembered one = remember(Memory.of("one"));
    Remembered two = remember(Memory.of("two"));

    inThreads(
        index -> {
          memories().used(mine(), Map.of(one.id(), 1, two.id(), index));
          return index;
        });

    assertThat(memories().uses(scene.agent, List.of(one.id(), two.id())))
        .containsExactlyInAnyOrder(
            new Used(one, THREADS), new Used(two, THREADS * (THREADS - 1) / 2));
  }

  @Test
  void whatIsUsedOrImportantEnoughIsListedToBePromoted() {
    Remembered used = remember(Memory.of("used").tier(Tier.SHORT_TERM));
    Remembered hardly = remember(Memory.of("hardly used"));
    Remembered important = remember(Memory.of("important").importance(0.75));
    remember(Memory.of("unimportant").importance(0.7));
    Remembered already = remember(Memory.of("already").tier(Tier.LONG_TERM).importance(1));
    remember(Memory.of("brief").importance(1), Optional.of(SHORT));
    memories().used(mine(), Map.of(used.id(), 3, hardly.id(), 2, already.id(), 9));
    passShort();

    assertThat(memories().promotable(scene.agent, 3, 0.75, 10))
        .containsExactlyInAnyOrder(used.id(), important.id());
    assertThat(memories().promotable(scene.agent, 3, 0.75, 1)).hasSize(1);
    assertThat(memories().promotable(scene.agent, 4, 1, 10)).isEmpty();
  }

  @Test
  void pairsThatMeanNearlyTheSameAreFoundAPageAtATime() {
    List<UUID> ids = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ids.add(remember(Memory.of("here").embedding(at(0.99, 1 + i))).id());
    }
    ids.add(remember(Memory.of("there").embedding(at(-0.99, 5))).id());
    ids.add(remember(Memory.of("there").embedding(at(-0.99, 6))).id());
    remember(Memory.of("alone").embedding(at(0, 7)));
    remember(Memory.of("another tier").tier(Tier.LONG_TERM).embedding(at(0.99)));
    remember(Memory.of("another model").embedding(of(OTHER_MODEL, at(0.99))));
    remember(Memory.of("no vector"));
    remember(Memory.of("brief").embedding(at(0.99)), Optional.of(SHORT));
    remember(stranger(), Memory.of("theirs").embedding(at(0.99)), FOR_EVER);
    passShort();
    Set<List<UUID>> expected = new HashSet<>();
    expected.add(pair(ids.get(0), ids.get(1)));
    expected.add(pair(ids.get(0), ids.get(2)));
    expected.add(pair(ids.get(1), ids.get(2)));
    expected.add(pair(ids.get(3), ids.get(4)));

    for (int limit : List.of(100, 2, 1)) {
      assertThat(pairs(0.95, limit)).as("%s at a time", limit).isEqualTo(expected);
    }
    settleAll();
    assertThat(pairs(0.95, 2)).as("when they are in the index").isEqualTo(expected);
    assertThat(pairs(0.999, 2)).isEmpty();
  }

  private Set<List<UUID>> pairs(double cosine, int limit) {
    Set<List<UUID>> pairs = new HashSet<>();
    Optional<UUID> after = Optional.empty();
    int pages = 0;
    do {
      AlikePage page = memories().alike(scene.agent, MODEL, cosine, after, limit);
      for (Alike alike : page.pairs()) {
        assertThat(alike.cosine()).isCloseTo(0.98, ROUNDED);
        pairs.add(List.of(alike.first(), alike.second()));
      }
      after = page.next();
      pages++;
      assertThat(pages).as("pages").isLessThanOrEqualTo(20);
    } while (after.isPresent());
    return pairs;
  }

  /** Returns the one whose id comes first by its bytes, then the other. */
  private static List<UUID> pair(UUID one, UUID other) {
    return one.toString().compareTo(other.toString()) < 0
        ? List.of(one, other)
        : List.of(other, one);
  }

  @Test
  void severalAreMadeOne() {
    Remembered kept =
        remember(Memory.of("tea at four").externalId("tea").embedding(at(0.9)), Optional.of(LONG));
    Remembered one = remember(Memory.of("tea at 4").externalId("b").embedding(at(0.9)));
    Remembered two = remember(Memory.of("four o'clock tea").embedding(at(0.9)));
    memories().used(mine(), Map.of(kept.id(), 1, one.id(), 2, two.id(), 4));
    Memory as =
        Memory.of("tea is at four")
            .importance(0.75)
            .metadata(Json.of("{\"merged\": 3}"))
            .externalId("does not count");

    Merge merge = new Merge(kept, as.embedding(at(0.2)), List.of(one, two));
    assertThat(memories().merge(author(mine()), merge)).isTrue();

    Remembered merged = read(kept.id()).orElseThrow();
    assertThat(merged.memory()).isEqualTo(as.externalId("tea"));
    assertThat(read(one.id())).isEmpty();
    assertThat(read(two.id())).isEmpty();
    assertThat(found("tea")).containsExactly(merged);
    assertThat(recall(RecallQuery.of(wanted())).get(0).similarity().orElseThrow())
        .isCloseTo(0.2, ROUNDED);
    assertThat(memories().uses(scene.agent, List.of(kept.id(), one.id())))
        .containsExactly(new Used(merged, 7));
    assertThat(memories().merge(author(mine()), merge)).as("again").isFalse();
    assertThat(memories().uses(scene.agent, List.of(kept.id())).get(0).uses()).isEqualTo(7);
  }

  @Test
  void whatIsMergedKeepsItsVectorAsLongAsItSaysTheSame() {
    Remembered kept = remember(Memory.of("tea at four").embedding(at(0.9)));
    Remembered one = remember(Memory.of("tea at 4").embedding(at(0.9)));
    Remembered two = remember(Memory.of("four o'clock tea").embedding(at(0.9)));
    Memory as = kept.memory().importance(0.75);

    assertThat(memories().merge(author(mine()), new Merge(kept, as, List.of(one)))).isTrue();
    assertThat(recall(RecallQuery.of(wanted()))).hasSize(2);

    Remembered same = read(kept.id()).orElseThrow();
    Merge another = new Merge(same, as.content("tea"), List.of(two));
    assertThat(memories().merge(author(mine()), another)).isTrue();
    assertThat(recall(RecallQuery.of(wanted()))).isEmpty();
  }

  @Test
  void aMergeWritesNothingIfOneHasChangedOrIsGone() {
    Remembered kept = remember(Memory.of("kept fact").externalId("kept"));
    Remembered good = remember(Memory.of("good fact"));
    Remembered replaced = remember(Memory.of("old fact").externalId("replaced"));
    Remembered promoted = remember(Memory.of("promoted fact"));
    Remembered gone = remember(Memory.of("gone fact"));
    Remembered brief = remember(Memory.of("brief fact"), Optional.of(SHORT));
    Remembered theirs = remember(stranger(), Memory.of("their fact"), FOR_EVER);
    remember(Memory.of("new fact").externalId("replaced"));
    memories().promote(mine(), promoted.id(), Tier.LONG_TERM, FOR_EVER);
    memories().forget(mine(), gone.id());
    passShort();
    Set<Remembered> before = Set.copyOf(found("fact"));

    for (Remembered stale : List.of(replaced, promoted, gone, brief, theirs)) {
      Memory as = Memory.of("one fact");
      Merge ofStale = new Merge(stale, as, List.of(good));
      Merge withStale = new Merge(kept, as, List.of(good, stale));
      assertThat(memories().merge(author(mine()), ofStale)).as("%s", stale).isFalse();
      assertThat(memories().merge(author(mine()), withStale)).as("%s", stale).isFalse();
    }

    assertThat(Set.copyOf(found("fact"))).isEqualTo(before).hasSize(4);
  }

  @Test
  void ofSeveralMergesAtOnceOneIsDone() {
    Remembered kept = remember(Memory.of("kept"));
    Remembered gone = remember(Memory.of("gone"));
    memories().used(mine(), Map.of(gone.id(), 3));

    List<Boolean> done =
        inThreads(
            index ->
                memories()
                    .merge(
                        author(mine()), new Merge(kept, Memory.of("one " + index), List.of(gone))));

    assertThat(done).containsOnlyOnce(true);
    assertThat(memories().uses(scene.agent, List.of(kept.id())).get(0).uses()).isEqualTo(3);
  }

  @Test
  void whatCandidatesThatWereRolledBackRememberedIsSetAside() {
    Scene.Upgrading back = scene.upgradeIn(UpgradePhase.ROLLED_BACK);
    InstanceId restarted = scene.candidateOf(back.upgrade()).id();
    Scene.Upgrading confirmed = scene.upgradeIn(UpgradePhase.CONFIRMED, back.primary());
    Fence primary = confirmed.primary();
    Remembered good = remembered(confirmed.candidate(), "good fact");
    Remembered old = remembered(back.old().holder(), "old fact");
    Remembered bad = remembered(back.candidate(), "bad fact");
    Remembered worse = remembered(restarted, "worse fact");

    assertThat(memories().setAside(primary)).isEqualTo(2);

    assertThat(found("fact")).containsExactlyInAnyOrder(good, old);
    assertThat(found(wanted())).containsExactlyInAnyOrder(good, old);
    assertThat(memories().setAside(primary)).as("again").isZero();
    remembered(restarted, "late fact");
    assertThat(memories().setAside(primary)).as("what it remembered since").isOne();
    assertThat(memories().setAside(scene.agent))
        .extracting(SetAside::writer)
        .containsExactlyInAnyOrder(back.candidate(), restarted);
    assertThat(memories().setAside(scene.agent, restarted, 10)).hasSize(2).contains(worse);
    assertThat(memories().setAside(scene.agent, back.candidate(), 10)).containsExactly(bad);
    assertThat(memories().setAside(scene.agent, back.old().holder(), 10)).isEmpty();
    assertThat(memories().setAside(stranger().agent())).isEmpty();
  }

  @Test
  void theGroupsAreListedTheNewestFirst() {
    Scene.Upgrading back = scene.upgradeIn(UpgradePhase.ROLLED_BACK);
    InstanceId restarted = scene.candidateOf(back.upgrade()).id();
    Remembered first = remembered(restarted, "first");
    passShort();
    Remembered second = remembered(back.candidate(), "second");
    passShort();
    Remembered third = remembered(back.candidate(), "third");
    memories().setAside(back.primary());

    assertThat(memories().setAside(scene.agent))
        .containsExactly(
            new SetAside(back.candidate(), 7, 2, second.createdAt(), third.createdAt()),
            new SetAside(restarted, 7, 1, first.createdAt(), first.createdAt()));
    assertThat(memories().setAside(scene.agent, back.candidate(), 10))
        .containsExactly(third, second);
    assertThat(memories().setAside(scene.agent, back.candidate(), 1)).containsExactly(third);
  }

  @Test
  void whatIsSetAsideIsNotReturnedNorChanged() {
    Scene.Upgrading back = scene.upgradeIn(UpgradePhase.ROLLED_BACK);
    Remembered bad = remembered(back.candidate(), "bad fact");
    memories().setAside(back.primary());

    assertThat(read(bad.id())).isEmpty();
    assertThat(memories().find(mine(), List.of("bad fact"))).isEmpty();
    assertThat(found("bad")).isEmpty();
    assertThat(found(wanted())).isEmpty();
    assertThat(memories().forget(mine(), bad.id())).isFalse();
    assertThat(memories().forget(mine(), MemoryFilter.ALL, 10)).isZero();
    assertThat(memories().promote(mine(), bad.id(), Tier.LONG_TERM, FOR_EVER)).isFalse();
    assertThat(memories().retire(mine(), bad.id(), Duration.ZERO)).isFalse();
    assertThat(memories().promotable(scene.agent, 1, 0.1, 10)).isEmpty();
    assertThat(memories().uses(scene.agent, List.of(bad.id()))).isEmpty();
    assertThat(memories().stats(mine()).setAside()).isOne();
    assertThat(memories().stats(mine()).all()).isZero();
    assertThat(memories().setAside(scene.agent, back.candidate(), 10)).containsExactly(bad);

    Remembered anew = remember(Memory.of("good fact").externalId("bad fact"));

    assertThat(anew.id()).isEqualTo(bad.id());
    assertThat(found("fact")).containsExactly(anew);
    assertThat(memories().setAside(scene.agent)).isEmpty();
    assertThat(memories().setAside(back.primary())).as("it is another's now").isZero();
  }

  @Test
  void whatIsTakenBackIsNotSetAsideAgain() {
    Scene.Upgrading back = scene.upgradeIn(UpgradePhase.ROLLED_BACK);
    Remembered bad = remembered(back.candidate(), "bad fact");
    Remembered worse = remembered(back.candidate(), "worse fact");
    memories().setAside(back.primary());
    MemoryScope theirs = stranger();

    assertThat(memories().restore(theirs.agent(), back.candidate())).isZero();
    assertThat(memories().restore(scene.agent, back.candidate())).isEqualTo(2);

    assertThat(memories().restore(scene.agent, back.candidate())).isZero();
    assertThat(memories().setAside(back.primary())).isZero();
    assertThat(memories().setAside(scene.agent)).isEmpty();
    assertThat(found("fact")).containsExactlyInAnyOrder(bad, worse);
    assertThat(found(wanted())).containsExactlyInAnyOrder(bad, worse);
    assertThat(memories().promote(mine(), bad.id(), Tier.LONG_TERM, FOR_EVER)).isTrue();
    assertThat(memories().setAside(back.primary())).as("after a change").isZero();
  }

  @Test
  void whatIsDroppedIsGone() {
    Scene.Upgrading back = scene.upgradeIn(UpgradePhase.ROLLED_BACK);
    InstanceId restarted = scene.candidateOf(back.upgrade()).id();
    Remembered bad = remembered(back.candidate(), "bad fact");
    Remembered other = remembered(restarted, "other fact");
    assertThat(memories().drop(scene.agent, back.candidate())).as("not set aside yet").isZero();
    memories().setAside(back.primary());

    assertThat(memories().drop(stranger().agent(), back.candidate())).isZero();
    assertThat(memories().drop(scene.agent, back.candidate())).isOne();

    assertThat(memories().drop(scene.agent, back.candidate())).isZero();
    assertThat(memories().restore(scene.agent, back.candidate())).isZero();
    assertThat(memories().restore(scene.agent, restarted)).isOne();
    assertThat(contents(found("fact"))).containsExactly("other fact");
    assertThat(remember(Memory.of("anew").externalId("bad fact")).id()).isNotEqualTo(bad.id());
    assertThat(read(other.id())).contains(other);
  }

  private Remembered remembered(InstanceId writer, String fact) {
    MemoryStore.Author author = new MemoryStore.Author(mine(), writer, 7);
    Memory memory = Memory.of(fact).externalId(fact).embedding(at(0.5));
    return memories().remember(author, new MemoryStore.Entry(memory, FOR_EVER));
  }
}
