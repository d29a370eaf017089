package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.upgrade.DeliveryReceipt;
import io.selfupgrade.upgrade.DeliveryStore;
import io.selfupgrade.upgrade.Trigger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** The deliveries of webhooks, in memory. */
final class InMemoryDeliveryStore implements DeliveryStore {

  private final InMemoryState state;

  InMemoryDeliveryStore(InMemoryState state) {
    this.state = state;
  }

  @Override
  public DeliveryReceipt accept(AgentName agent, Hint hint, Rule rule) {
    return state.transact(() -> accept(state.rows(agent), hint, rule));
  }

  private DeliveryReceipt accept(AgentRows rows, Hint hint, Rule rule) {
    Optional<Row> same =
        rows.deliveries.stream()
            .filter(row -> row.hint.delivery().equals(hint.delivery()))
            .findFirst();
    if (same.isPresent()) {
      return new DeliveryReceipt.Known(same.get().request.id);
    }
    Optional<Row> sameBody =
        newestFirst(rows).stream()
            .filter(row -> row.hint.bodyDigest().equals(hint.bodyDigest()))
            .findFirst()
            .filter(row -> isUnderWay(row) || row.isYoungerThan(rule.repeatAfter(), state.now()));
    if (sameBody.isPresent()) {
      return new DeliveryReceipt.Joined(sameBody.get().request.id);
    }
    List<AgentRows.Request> waiting =
        rows.requests.stream()
            .filter(request -> request.answer == null && request.trigger == Trigger.WEBHOOK)
            .toList();
    if (waiting.size() >= MOST_WAITING) {
      return new DeliveryReceipt.Joined(waiting.get(0).id);
    }
    List<Row> recent =
        newestFirst(rows).stream()
            .filter(row -> row.isYoungerThan(rule.per(), state.now()))
            .toList();
    if (recent.size() >= rule.most()) {
      return tooMany(rows, recent.get(rule.most() - 1).acceptedAt.plus(rule.per()));
    }
    Row row = new Row(hint, new AgentRows.Request(Trigger.WEBHOOK), state.now());
    rows.requests.add(row.request);
    rows.deliveries.add(row);
    return new DeliveryReceipt.Queued(row.request.id);
  }

  private DeliveryReceipt tooMany(AgentRows rows, Instant roomAt) {
    return rows.requests.stream()
        .filter(request -> request.answer == null)
        .findFirst()
        .<DeliveryReceipt>map(request -> new DeliveryReceipt.Joined(request.id))
        .orElseGet(() -> new DeliveryReceipt.TurnedAway(Duration.between(state.now(), roomAt)));
  }

  private boolean isUnderWay(Row row) {
    return Optional.ofNullable(row.request.answer)
        .flatMap(state::upgrade)
        .map(upgrade -> !upgrade.phase.isFinal())
        .orElse(row.request.answer == null);
  }

  private static List<Row> newestFirst(AgentRows rows) {
    List<Row> sorted = new ArrayList<>(rows.deliveries);
    Collections.reverse(sorted);
    return sorted;
  }

  /** A delivery that is kept, with its request. */
  record Row(Hint hint, AgentRows.Request request, Instant acceptedAt) {
    private boolean isYoungerThan(Duration age, Instant now) {
      return acceptedAt.isAfter(now.minus(age));
    }
  }
}
