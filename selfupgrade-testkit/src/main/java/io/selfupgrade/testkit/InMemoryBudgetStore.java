package io.selfupgrade.testkit;

import io.selfupgrade.observe.Budget;
import io.selfupgrade.observe.BudgetStore;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Measures what a test says that there is. */
final class InMemoryBudgetStore implements BudgetStore {

  private static final Duration KEPT = Duration.ofDays(60);

  private final InMemoryState state;

  InMemoryBudgetStore(InMemoryState state) {
    this.state = state;
  }

  @Override
  public Measurement measure() {
    return state.transact(
        () -> {
          Instant now = state.now();
          Room room = state.room;
          room.points.values().removeIf(point -> point.at().isBefore(now.minus(KEPT)));
          List<Point> earlier =
              room.points.values().stream().filter(point -> point.at().isBefore(now)).toList();
          room.points.putIfAbsent(now.truncatedTo(ChronoUnit.HOURS), new Point(now, room.bytes));
          return new Measurement(
              now,
              room.bytes,
              Map.of("memories", room.bytes),
              room.connections,
              earlier,
              room.plan);
        });
  }

  /** What there is. */
  static final class Room {
    private final Map<Instant, Point> points = new TreeMap<>();
    long bytes = 1;
    Budget.Connections connections = new Budget.Connections(1, 100);
    Plan plan = Plan.UNKNOWN;
  }
}
