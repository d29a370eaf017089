package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.upgrade.SourceStore;
import io.selfupgrade.upgrade.SourceStore.Copy;
import io.selfupgrade.upgrade.SourceStore.Look;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Obligations of {@link SourceStore}. */
abstract class SourceStoreContract extends StoreContract {

  private final String key = "a test/" + UUID.randomUUID();

  @Test
  void oneOfManyAsksAndTheOthersUseItsAnswer() {
    List<Look> looks = inThreads(index -> sources().look(key, LONG, LONG));

    List<Look> asking = looks.stream().filter(look -> look instanceof Look.Ask).toList();
    assertThat(asking).hasSize(1);
    assertThat(looks).filteredOn(look -> look instanceof Look.Wait).hasSize(THREADS - 1);
    Look.Ask ask = (Look.Ask) asking.get(0);
    assertThat(ask.known()).isEmpty();
    assertThat(sources().keep(key, ask.claim(), copy("v1", "answer"))).isTrue();
    assertFresh("v1", "answer");
  }

  @Test
  void copyThatIsOldIsAskedForByItsValidator() {
    keep("v1", "answer");
    passShort();

    Look.Ask ask = ask();

    assertThat(ask.known().orElseThrow().validator()).isEqualTo("v1");
    assertThat(text(ask.known().orElseThrow())).isEqualTo("answer");
    assertThat(sources().unchanged(key, ask.claim())).isTrue();
    assertFresh("v1", "answer");
  }

  @Test
  void whoLostTheRightToAskChangesNothing() {
    Look.Ask slow = (Look.Ask) sources().look(key, LONG, SHORT);
    passShort();
    Look.Ask next = ask();

    assertThat(sources().keep(key, slow.claim(), copy("old", "old"))).isFalse();
    assertThat(sources().unchanged(key, slow.claim())).isFalse();
    sources().giveUp(key, slow.claim());

    assertThat(sources().look(key, LONG, LONG)).isInstanceOf(Look.Wait.class);
    assertThat(sources().keep(key, next.claim(), copy("new", "new"))).isTrue();
    assertThat(sources().keep(key, next.claim(), copy("again", "again"))).isFalse();
    assertFresh("new", "new");
  }

  @Test
  void whoGivesUpLetsSomebodyElseAsk() {
    keep("v1", "answer");
    passShort();
    Look.Ask failing = ask();

    sources().giveUp(key, failing.claim());

    assertThat(ask().known().orElseThrow().validator()).isEqualTo("v1");
  }

  @Test
  void whoAsksForNoTimeHoldsNobodyUpAndTakesNoTurn() {
    assertThat(sources().look(key, LONG, Duration.ZERO)).isInstanceOf(Look.Ask.class);
    Look.Ask turn = (Look.Ask) sources().look(key, Duration.ZERO, LONG);
    assertThat(sources().look(key, LONG, Duration.ZERO)).isInstanceOf(Look.Wait.class);
    assertThat(sources().keep(key, turn.claim(), copy("", "answer"))).isTrue();

    assertFresh("", "answer");
    Look.Ask anew = (Look.Ask) sources().look(key, Duration.ZERO, LONG);
    assertThat(text(anew.known().orElseThrow())).isEqualTo("answer");
  }

  @Test
  void newsLetTheNextOneAskAndWhatIsUnderWayIsNotKept() {
    keep("v1", "answer");
    sources().expire(key);
    Look.Ask before = ask();
    sources().expire(key);

    assertThat(sources().keep(key, before.claim(), copy("v2", "from before"))).isFalse();
    Look.Ask after = ask();
    assertThat(after.known().orElseThrow().validator()).isEqualTo("v1");
    assertThat(sources().keep(key, after.claim(), copy("v3", "from after"))).isTrue();
    sources().expire("unknown " + key);
    assertFresh("v3", "from after");
  }

  @Test
  void bytesAreKeptAsTheyAre() {
    byte[] bytes = new byte[SourceStore.MAX_BYTES];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    Look.Ask ask = ask();
    sources().keep(key, ask.claim(), new Copy("", bytes));

    Look look = secondStore().sources().look(key, LONG, LONG);

    assertThat(((Look.Fresh) look).copy().body()).isEqualTo(bytes);
    assertThat(((Look.Fresh) look).copy().validator()).isEmpty();
    assertThatThrownBy(() -> new Copy("", new byte[SourceStore.MAX_BYTES + 1]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void firstValueOfAPinStaysWhoeverComesAtTheSameTime() {
    List<String> pinned = inThreads(index -> sources().pin(key, "value " + index));

    assertThat(pinned.stream().distinct()).hasSize(1);
    assertThat(sources().pin(key, "another")).isEqualTo(pinned.get(0));
    assertThat(secondStore().sources().pinned(key)).contains(pinned.get(0));
    assertThat(sources().pinned(key + "/other")).isEmpty();
    assertThat(sources().pin(key + "/other", "value")).isEqualTo("value");
  }

  private void keep(String validator, String body) {
    Look.Ask ask = (Look.Ask) sources().look(key, SHORT, LONG);
    assertThat(sources().keep(key, ask.claim(), copy(validator, body))).isTrue();
  }

  private Look.Ask ask() {
    return (Look.Ask) sources().look(key, SHORT, LONG);
  }

  private void assertFresh(String validator, String body) {
    Look look = sources().look(key, LONG, LONG);
    assertThat(look).isInstanceOf(Look.Fresh.class);
    assertThat(((Look.Fresh) look).copy().validator()).isEqualTo(validator);
    assertThat(text(((Look.Fresh) look).copy())).isEqualTo(body);
  }

  private SourceStore sources() {
    return store.sources();
  }

  private static String text(Copy copy) {
    return new String(copy.body(), StandardCharsets.UTF_8);
  }

  private static Copy copy(String validator, String body) {
    return new Copy(validator, body.getBytes(StandardCharsets.UTF_8));
  }
}
