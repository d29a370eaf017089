package io.selfupgrade.github;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.change.ChangeProgress;
import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.change.ChangeRefusal;
import io.selfupgrade.change.ChangeResult;
import io.selfupgrade.change.ChangeState;
import io.selfupgrade.change.Proposer;
import java.util.Optional;
import java.util.function.Consumer;

/** The journal's row of a change, as one call takes it further by the right that it began with. */
final class ChangeRow {

  private final Proposer by;
  private final Fence fence;
  private final Consumer<ChangeRecord> progress;
  private ChangeRecord record;

  ChangeRow(Proposer by, Fence fence, Consumer<ChangeRecord> progress, ChangeRecord record) {
    this.by = by;
    this.fence = fence;
    this.progress = progress;
    this.record = record;
  }

  ChangeRecord record() {
    return record;
  }

  /** Returns what has been made of it. */
  ChangeProgress made() {
    return record.progress();
  }

  String branch() {
    return ChangeWords.branch(record);
  }

  Proposer.Author author() {
    return by.author();
  }

  /** Tells what GitHub's trouble means for it, and notes that. */
  ChangeResult troubled(GitHubException trouble) {
    String why = String.valueOf(trouble.getMessage());
    ChangeState state = trouble.retryable() ? record.state() : ChangeState.FAILED;
    if (by.journal().note(fence, record.id(), state, ChangeProgress.NONE, why)) {
      record = record.noted(state, ChangeProgress.NONE, why);
      return new ChangeResult.Troubled(record, why, trouble.retryable());
    }
    // What another instance has finished, with its branch, is no trouble.
    return endedByOther()
        .orElseGet(() -> new ChangeResult.Troubled(record, why, trouble.retryable()));
  }

  void noteIfNew(ChangeObstacle obstacle) {
    if (record.state() != obstacle.state() || !record.note().equals(obstacle.note())) {
      note(obstacle.state(), ChangeProgress.NONE, obstacle.note());
    }
  }

  void note(ChangeState state, ChangeProgress made, String note) {
    if (!by.journal().note(fence, record.id(), state, made, note)) {
      throw endedByOther().map(ChangeHalt::new).orElseGet(this::lost);
    }
    record = record.noted(state, made, note);
    progress.accept(record);
  }

  /** Ends the run unless it may still have an effect; to be asked right before each. */
  void requireLead() {
    by.stopped()
        .ifPresent(
            no -> {
              throw new ChangeHalt(
                  new ChangeResult.Refused(no.code(), no.message(), Optional.of(record)));
            });
    if (!by.fence().get().equals(Optional.of(fence))) {
      throw lost();
    }
  }

  private ChangeHalt lost() {
    return new ChangeHalt(
        new ChangeResult.Refused(
            ChangeRefusal.NOT_PRIMARY,
            "the lead was lost meanwhile, or the change has ended in other hands: whoever leads now"
                + " goes on with it",
            Optional.of(record)));
  }

  /** Returns how another instance has ended the change, if one has. */
  private Optional<ChangeResult> endedByOther() {
    return by.journal()
        .find(record.agent(), record.brief().target(), record.brief().key())
        .filter(row -> row.id().equals(record.id()))
        .flatMap(ChangeRow::ended);
  }

  /** Tells how a change has ended, if it has. */
  static Optional<ChangeResult> ended(ChangeRecord record) {
    return switch (record.state()) {
      case MERGED -> Optional.of(new ChangeResult.Merged(record));
      case CLOSED -> Optional.of(new ChangeResult.Closed(record));
      case REFUSED -> Optional.of(refusal(record));
      default -> Optional.empty();
    };
  }

  private static ChangeResult refusal(ChangeRecord record) {
    String[] parts = record.note().split(": ", 2);
    for (ChangeRefusal code : ChangeRefusal.values()) {
      if (parts.length == 2 && parts[0].equals(code.name())) {
        return new ChangeResult.Refused(code, parts[1], Optional.of(record));
      }
    }
    return new ChangeResult.Refused(ChangeRefusal.UNKNOWN, record.note(), Optional.of(record));
  }
}
