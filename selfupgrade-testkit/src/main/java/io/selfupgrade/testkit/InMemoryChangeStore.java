package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.change.ChangeBrief;
import io.selfupgrade.change.ChangeProgress;
import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.change.ChangeState;
import io.selfupgrade.change.ChangeStore;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The journal of changes, in memory; newest first. */
final class InMemoryChangeStore implements ChangeStore {

  private final InMemoryState state;

  InMemoryChangeStore(InMemoryState state) {
    this.state = state;
  }

  @Override
  public Optional<ChangeRecord> begin(Fence fence, ChangeBrief brief) {
    return state.transact(
        () -> state.fenced(fence).map(rows -> begin(rows.changes, fence.agent(), brief)));
  }

  private ChangeRecord begin(List<ChangeRecord> rows, AgentName agent, ChangeBrief brief) {
    return rows.stream()
        .filter(row -> isOf(row, brief.target(), brief.key()))
        .filter(row -> row.state() != ChangeState.REFUSED)
        .findFirst()
        .orElseGet(
            () -> {
              ChangeRecord added =
                  new ChangeRecord(
                      UUID.randomUUID(),
                      agent,
                      brief,
                      ChangeState.PROPOSED,
                      ChangeProgress.NONE,
                      "",
                      state.now());
              rows.add(0, added);
              return added;
            });
  }

  @Override
  public boolean note(
      Fence fence, UUID change, ChangeState next, ChangeProgress made, String note) {
    return state.change(
        () ->
            state.fenced(fence).stream()
                .flatMap(rows -> rows.changes.stream())
                .filter(row -> row.id().equals(change) && !row.state().isFinal())
                .findFirst(),
        found ->
            state
                .rows(fence.agent())
                .changes
                .replaceAll(row -> row.equals(found) ? row.noted(next, made, note) : row));
  }

  @Override
  public Optional<ChangeRecord> find(AgentName agent, String target, String key) {
    return state.transact(
        () -> state.rows(agent).changes.stream().filter(row -> isOf(row, target, key)).findFirst());
  }

  @Override
  public List<ChangeRecord> history(AgentName agent, int limit) {
    return state.transact(() -> state.rows(agent).changes.stream().limit(limit).toList());
  }

  private static boolean isOf(ChangeRecord row, String target, String key) {
    return row.brief().target().equals(target) && row.brief().key().equals(key);
  }
}
