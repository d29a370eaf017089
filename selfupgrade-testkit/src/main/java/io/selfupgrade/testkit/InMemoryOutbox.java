package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Outbox;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.UUID;

/** Notifications in memory. */
final class InMemoryOutbox implements Outbox {

  private final InMemoryState state;

  InMemoryOutbox(InMemoryState state) {
    this.state = state;
  }

  @Override
  public int file(Notification notification, Collection<String> notifiers, LogEvent.Stamp by) {
    return state.transact(
        () -> {
          List<Row> rows = state.rows(notification.agent()).notifications;
          int added = 0;
          for (String notifier : notifiers) {
            if (rows.stream().noneMatch(row -> row.is(notification.key(), notifier))) {
              rows.add(new Row(notification, notifier, state.now()));
              added++;
            }
          }
          return added;
        });
  }

  @Override
  public List<Parcel> claim(Fence fence, int most, Duration hold) {
    return state.transact(
        () -> {
          Instant now = state.now();
          List<Row> due =
              state.fenced(fence).stream()
                  .flatMap(rows -> rows.notifications.stream())
                  .filter(row -> row.state == State.WAITING && !row.dueAt.isAfter(now))
                  .limit(most)
                  .toList();
          due.forEach(row -> row.claim(now.plus(hold)));
          return due.stream().map(row -> row.parcel(now)).toList();
        });
  }

  @Override
  public boolean settle(Fence fence, UUID parcel, Settlement how) {
    return state.change(
        () ->
            state
                .fenced(fence)
                .flatMap(
                    rows ->
                        rows.notifications.stream()
                            .filter(row -> row.id.equals(parcel) && row.state == State.WAITING)
                            .findFirst()),
        row -> row.settle(how, state.now()));
  }

  @Override
  public List<Parcel> newest(AgentName agent, int limit) {
    return state.transact(
        () -> {
          List<Row> rows = new ArrayList<>(state.rows(agent).notifications);
          Collections.reverse(rows);
          Instant now = state.now();
          return rows.stream().limit(limit).map(row -> row.parcel(now)).toList();
        });
  }

  /** One row of the outbox. */
  static final class Row {
    private final UUID id = UUID.randomUUID();
    private final Notification notification;
    private final String notifier;
    private final Instant filedAt;
    private State state = State.WAITING;
    private int attempts;
    private Instant dueAt;

    Row(Notification notification, String notifier, Instant now) {
      this.notification = notification;
      this.notifier = notifier;
      this.filedAt = now;
      this.dueAt = now;
    }

    boolean endedBefore(Instant cutoff) {
      return state != State.WAITING && filedAt.isBefore(cutoff);
    }

    private boolean is(String key, String name) {
      return notification.key().equals(key) && notifier.equals(name);
    }

    private void claim(Instant until) {
      attempts++;
      dueAt = until;
    }

    private void settle(Settlement how, Instant now) {
      state = how.state();
      dueAt = now.plus(how.pause().orElse(Duration.ZERO));
    }

    private Parcel parcel(Instant now) {
      return new Parcel(
          id, notification, notifier, state, attempts, filedAt, Duration.between(filedAt, now));
    }
  }
}
