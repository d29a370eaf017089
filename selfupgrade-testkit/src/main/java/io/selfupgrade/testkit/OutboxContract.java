package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Outbox.Parcel;
import io.selfupgrade.observe.Outbox.Settlement;
import io.selfupgrade.observe.Outbox.State;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Obligations of {@link io.selfupgrade.observe.Outbox}. */
abstract class OutboxContract extends StoreContract {

  private static final LogEvent.Stamp BY = new LogEvent.Stamp(InstanceId.random(), 7);

  @Test
  void anEventIsFiledOnceForEachNotifier() {
    assertThat(file("a", "slack", "log")).isEqualTo(2);
    assertThat(file("a", "slack", "log", "pager")).isEqualTo(1);
    assertThat(file("b", "slack")).isEqualTo(1);

    assertThat(store.outbox().newest(scene.agent, 10))
        .hasSize(4)
        .allSatisfy(
            parcel -> {
              assertThat(parcel.state()).isEqualTo(State.WAITING);
              assertThat(parcel.attempts()).isZero();
            });
    assertThat(store.outbox().newest(scene.agent, 1).get(0).notification()).isEqualTo(news("b"));
    assertThat(store.outbox().newest(new Scene(store).agent, 10)).isEmpty();
  }

  @Test
  void whatIsDueIsGivenOutOldestFirstAndCounted() {
    Fence fence = scene.lead();
    file("a", "slack");
    stores().passTime(SHORT);
    file("b", "slack");

    List<Parcel> first = store.outbox().claim(fence, 1, LONG);
    List<Parcel> second = store.outbox().claim(fence, 5, LONG);

    assertThat(first).extracting(parcel -> parcel.notification().key()).containsExactly("a");
    assertThat(first.get(0).attempts()).isEqualTo(1);
    assertThat(first.get(0).notifier()).isEqualTo("slack");
    assertThat(second).extracting(parcel -> parcel.notification().key()).containsExactly("b");
    assertThat(store.outbox().claim(fence, 5, LONG)).isEmpty();
  }

  @Test
  void whatWasClaimedAndNotSettledIsDueAgain() {
    Fence fence = scene.lead();
    file("a", "slack");
    store.outbox().claim(fence, 5, SHORT);

    passShort();

    List<Parcel> again = store.outbox().claim(fence, 5, LONG);
    assertThat(again).extracting(Parcel::attempts).containsExactly(2);
    assertThat(again.get(0).age()).isGreaterThanOrEqualTo(SHORT);
  }

  @Test
  void aParcelThatIsPutOffIsDueAfterItsPause() {
    Fence fence = scene.lead();
    file("a", "slack");
    Parcel parcel = claimed(fence);

    assertThat(store.outbox().settle(fence, parcel.id(), Settlement.later(LONG, "busy"))).isTrue();
    assertThat(store.outbox().claim(fence, 5, LONG)).isEmpty();
    assertThat(store.outbox().settle(fence, parcel.id(), Settlement.later(SHORT, "busy"))).isTrue();
    passShort();

    assertThat(store.outbox().claim(fence, 5, LONG)).hasSize(1);
  }

  @Test
  void aParcelThatHasEndedStaysAsItIs() {
    Fence fence = scene.lead();
    file("a", "slack");
    Parcel parcel = claimed(fence);

    assertThat(store.outbox().settle(fence, parcel.id(), Settlement.delivered())).isTrue();

    assertThat(store.outbox().settle(fence, parcel.id(), Settlement.later(SHORT, "no"))).isFalse();
    assertThat(store.outbox().settle(fence, parcel.id(), Settlement.givenUp("no"))).isFalse();
    assertThat(file("a", "slack")).isZero();
    passShort();
    assertThat(store.outbox().claim(fence, 5, LONG)).isEmpty();
    assertThat(store.outbox().newest(scene.agent, 5))
        .extracting(Parcel::state)
        .containsExactly(State.DELIVERED);
  }

  @Test
  void severalThatClaimAtOnceGetDifferentParcels() {
    Fence fence = scene.lead();
    for (int i = 0; i < 40; i++) {
      file("event " + i, "slack");
    }

    List<List<Parcel>> claims =
        inThreads(
            index ->
                Stream.generate(() -> store.outbox().claim(fence, 5, LONG))
                    .limit(8)
                    .flatMap(List::stream)
                    .toList());

    assertThat(claims.stream().flatMap(List::stream).map(Parcel::id))
        .hasSizeLessThanOrEqualTo(40)
        .doesNotHaveDuplicates();
  }

  private Parcel claimed(Fence fence) {
    List<Parcel> claimed = store.outbox().claim(fence, 5, Duration.ofHours(1));
    assertThat(claimed).hasSize(1);
    return claimed.get(0);
  }

  private int file(String key, String... notifiers) {
    return store.outbox().file(news(key), List.of(notifiers), BY);
  }

  private Notification news(String key) {
    return new Notification(
        scene.agent, key, Notification.Kind.UPGRADE, "title of " + key, "two\nlines");
  }
}
