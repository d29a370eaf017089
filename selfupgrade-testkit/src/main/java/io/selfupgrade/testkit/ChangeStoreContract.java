package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.change.ChangeBrief;
import io.selfupgrade.change.ChangeProgress;
import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.change.ChangeState;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Obligations of {@link io.selfupgrade.change.ChangeStore}. */
abstract class ChangeStoreContract extends StoreContract {

  private static final String TARGET = "acme/bot";
  private static final String A = "a".repeat(40);
  private static final String B = "b".repeat(40);

  static ChangeBrief brief(String key) {
    return new ChangeBrief(TARGET, key, "d".repeat(64), "Greet in the evening");
  }

  @Test
  void whatWasBegunGoesOnUnderItsNameWhateverItsDigest() {
    Fence first = scene.lead();
    ChangeRecord begun = store.changes().begin(first, brief("greeting")).orElseThrow();
    Fence next = scene.takeOverFrom(first);
    ChangeBrief other = new ChangeBrief(TARGET, "greeting", "e".repeat(64), "Another");

    assertThat(store.changes().begin(next, other)).contains(begun);

    assertThat(begun.agent()).isEqualTo(scene.agent);
    assertThat(begun.brief()).isEqualTo(brief("greeting"));
    assertThat(begun.state()).isEqualTo(ChangeState.PROPOSED);
    assertThat(begun.progress()).isEqualTo(ChangeProgress.NONE);
    assertThat(begun.note()).isEmpty();
    assertThat(store.changes().find(scene.agent, TARGET, "greeting")).contains(begun);
    assertThat(store.changes().history(scene.agent, 10)).containsExactly(begun);
  }

  @Test
  void anotherKeyOrTargetIsAnotherChange() {
    Fence fence = scene.lead();
    ChangeRecord first = store.changes().begin(fence, brief("greeting")).orElseThrow();
    ChangeRecord second = store.changes().begin(fence, brief("farewell")).orElseThrow();
    ChangeBrief elsewhere = new ChangeBrief("acme/site", "greeting", "d".repeat(64), "Greet");
    ChangeRecord third = store.changes().begin(fence, elsewhere).orElseThrow();

    assertThat(store.changes().history(scene.agent, 10)).containsExactly(third, second, first);
    assertThat(store.changes().history(scene.agent, 1)).containsExactly(third);
    assertThat(store.changes().find(scene.agent, "acme/site", "greeting")).contains(third);
    assertThat(store.changes().find(scene.agent, "acme/site", "farewell")).isEmpty();
  }

  @Test
  void stepsAreKeptAndNoneIsReplaced() {
    Fence fence = scene.lead();
    UUID change = store.changes().begin(fence, brief("greeting")).orElseThrow().id();
    ChangeProgress none = ChangeProgress.NONE;

    assertThat(note(fence, change, ChangeState.PROPOSED, none.on(A), "on")).isTrue();
    assertThat(note(fence, change, ChangeState.PROPOSED, none.on(B).committed(B), "")).isTrue();
    assertThat(note(fence, change, ChangeState.WAITING, none.asked(7), "asked")).isTrue();
    assertThat(note(fence, change, ChangeState.FAILED, none.asked(8), "build failed")).isTrue();

    ChangeRecord row = store.changes().find(scene.agent, TARGET, "greeting").orElseThrow();
    assertThat(row.state()).isEqualTo(ChangeState.FAILED);
    assertThat(row.note()).isEqualTo("build failed");
    assertThat(row.progress())
        .isEqualTo(
            new ChangeProgress(Optional.of(A), Optional.of(B), Optional.of(7L), Optional.empty()));
  }

  @Test
  void oneThatHasEndedStaysAsItIs() {
    Fence fence = scene.lead();
    for (ChangeState end : ChangeState.values()) {
      if (end.isFinal()) {
        ChangeRecord begun = store.changes().begin(fence, brief(end.name())).orElseThrow();
        ChangeProgress merged = ChangeProgress.NONE.merged(A);
        assertThat(note(fence, begun.id(), end, merged, "end")).isTrue();

        assertThat(note(fence, begun.id(), ChangeState.WAITING, merged, "late")).isFalse();

        ChangeRecord row = store.changes().find(scene.agent, TARGET, end.name()).orElseThrow();
        assertThat(row).isEqualTo(begun.noted(end, merged, "end"));
        Optional<ChangeRecord> next = store.changes().begin(fence, brief(end.name()));
        assertThat(next.map(ChangeRecord::id).equals(Optional.of(begun.id())))
            .as("%s is the same when it is begun again", end)
            .isEqualTo(end != ChangeState.REFUSED);
      }
    }
  }

  @Test
  void whatWasRefusedIsBegunAnewAndTheNewestIsFound() {
    Fence fence = scene.lead();
    ChangeRecord refused = store.changes().begin(fence, brief("greeting")).orElseThrow();
    note(fence, refused.id(), ChangeState.REFUSED, ChangeProgress.NONE, "no");

    ChangeRecord anew = store.changes().begin(fence, brief("greeting")).orElseThrow();

    assertThat(anew.id()).isNotEqualTo(refused.id());
    assertThat(store.changes().find(scene.agent, TARGET, "greeting")).contains(anew);
    assertThat(store.changes().history(scene.agent, 10))
        .extracting(ChangeRecord::state)
        .containsExactly(ChangeState.PROPOSED, ChangeState.REFUSED);
  }

  @Test
  void severalThatBeginAtOnceBeginTheSame() {
    Fence fence = scene.lead();

    List<ChangeRecord> begun =
        inThreads(index -> store.changes().begin(fence, brief("greeting")).orElseThrow());

    assertThat(begun.stream().distinct()).hasSize(1);
    assertThat(store.changes().history(scene.agent, 10)).hasSize(1);
  }

  @Test
  void agentsKnowNothingOfEachOther() {
    Fence fence = scene.lead();
    ChangeRecord begun = store.changes().begin(fence, brief("greeting")).orElseThrow();
    Scene other = new Scene(store);
    Fence theirs = other.lead();

    ChangeRecord own = store.changes().begin(theirs, brief("greeting")).orElseThrow();

    assertThat(own.id()).isNotEqualTo(begun.id());
    assertThat(note(theirs, begun.id(), ChangeState.CLOSED, ChangeProgress.NONE, "")).isFalse();
    assertThat(store.changes().history(other.agent, 10)).containsExactly(own);
  }

  private boolean note(
      Fence fence, UUID change, ChangeState state, ChangeProgress made, String note) {
    return store.changes().note(fence, change, state, made, note);
  }
}
