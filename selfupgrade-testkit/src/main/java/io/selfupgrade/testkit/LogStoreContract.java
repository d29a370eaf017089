package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.LogLevel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Obligations of {@link io.selfupgrade.observe.LogStore}. */
abstract class LogStoreContract extends StoreContract {

  private static final Instant T0 = Instant.parse("2030-01-01T00:00:00.123456Z");

  @Test
  void anEventIsKeptAsItWasGiven() {
    List<LogEvent> events = new ArrayList<>();
    for (LogLevel level : LogLevel.values()) {
      events.add(
          event(
              level,
              "quotes \" ' \\ { } , NULL and \u00e4\ud83d\ude00 and\nlines",
              level.ordinal()));
    }

    assertThat(store.logs().append(events)).isEqualTo(events.size());

    Collections.reverse(events);
    assertThat(store.logs().newest(scene.agent, 10)).isEqualTo(events);
  }

  @Test
  void theSameEventsMayBeAppendedAgain() {
    List<LogEvent> first = events(0, 5);
    List<LogEvent> more = new ArrayList<>(first);
    more.addAll(events(5, 3));
    store.logs().append(first);

    assertThat(store.logs().append(first)).isZero();
    assertThat(store.logs().append(more)).isEqualTo(3);

    assertThat(store.logs().newest(scene.agent, 100)).hasSize(8);
  }

  @Test
  void severalMayAppendTheSameEventsAtOnce() {
    List<LogEvent> same = events(0, 200);

    List<Integer> written =
        inThreads(
            index -> {
              int sum = 0;
              for (int from = 0; from < same.size(); from += 20) {
                sum += store.logs().append(same.subList(from, from + 20));
              }
              return sum;
            });

    assertThat(written.stream().mapToInt(Integer::intValue).sum()).isEqualTo(same.size());
    assertThat(store.logs().newest(scene.agent, 1000)).hasSize(same.size());
  }

  @Test
  void newestReturnsTheAgentsOwnEventsOnly() {
    store.logs().append(events(0, 5));
    Scene other = new Scene(store);

    assertThat(store.logs().newest(other.agent, 10)).isEmpty();
    assertThat(store.logs().newest(scene.agent, 2))
        .extracting(LogEvent::createdAt)
        .containsExactly(T0.plusSeconds(4), T0.plusSeconds(3));
  }

  @Test
  void noEventsAreNoTrouble() {
    assertThat(store.logs().append(List.of())).isZero();
  }

  private List<LogEvent> events(int from, int count) {
    List<LogEvent> events = new ArrayList<>();
    for (int i = from; i < from + count; i++) {
      events.add(event(LogLevel.INFO, "event " + i, i));
    }
    return events;
  }

  private LogEvent event(LogLevel level, String message, int second) {
    return new LogEvent(
        UUID.randomUUID(),
        scene.agent,
        new LogEvent.Stamp(InstanceId.random(), second),
        T0.plusSeconds(second),
        level,
        message,
        Json.of("{\"n\": " + second + "}"));
  }
}
