package io.selfupgrade.change;

import io.selfupgrade.agent.AgentName;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * A row of the journal of changes.
 *
 * @param id names the change everywhere
 * @param agent whose source it changes
 * @param brief what it is
 * @param state how far it has come
 * @param progress what has been made of it
 * @param note what was seen last, for people; may be empty
 * @param createdAt when it was begun, on the store's clock
 */
public record ChangeRecord(
    UUID id,
    AgentName agent,
    ChangeBrief brief,
    ChangeState state,
    ChangeProgress progress,
    String note,
    Instant createdAt) {

  /** Validates that all are there. */
  public ChangeRecord {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(agent, "agent");
    Objects.requireNonNull(brief, "brief");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(progress, "progress");
    Objects.requireNonNull(note, "note");
    Objects.requireNonNull(createdAt, "createdAt");
  }

  /** Returns the same, further on; what had been made stays. */
  public ChangeRecord noted(ChangeState next, ChangeProgress made, String seen) {
    return new ChangeRecord(id, agent, brief, next, progress.or(made), seen, createdAt);
  }
}
