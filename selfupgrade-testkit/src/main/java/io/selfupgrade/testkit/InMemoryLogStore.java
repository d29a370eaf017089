package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.observe.LogEvent;
import io.selfupgrade.observe.LogStore;
import java.util.Comparator;
import java.util.List;

/** Logs in memory. */
final class InMemoryLogStore implements LogStore {

  private final InMemoryState state;

  InMemoryLogStore(InMemoryState state) {
    this.state = state;
  }

  @Override
  public int append(List<LogEvent> events) {
    return state.transact(
        () -> {
          int added = 0;
          for (LogEvent event : events) {
            if (state.rows(event.agent()).logs.putIfAbsent(event.id(), event) == null) {
              added++;
            }
          }
          return added;
        });
  }

  @Override
  public List<LogEvent> newest(AgentName agent, int limit) {
    return state.transact(
        () ->
            state.rows(agent).logs.values().stream()
                .sorted(Comparator.comparing(LogEvent::createdAt).reversed())
                .limit(limit)
                .toList());
  }
}
