package io.selfupgrade.testkit;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.change.Change;
import io.selfupgrade.change.ChangeBrief;
import io.selfupgrade.change.ChangePolicy;
import io.selfupgrade.change.ChangeProgress;
import io.selfupgrade.change.ChangeRecord;
import io.selfupgrade.change.ChangeRefusal;
import io.selfupgrade.change.ChangeResult;
import io.selfupgrade.change.ChangeState;
import io.selfupgrade.change.ChangeTarget;
import io.selfupgrade.change.Proposer;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * A repository in memory that takes changes as pull requests, and a person who decides about them.
 *
 * <p>It has no files: what a change says is judged by the policy alone, and it merges nothing by
 * itself. It can be told to go away in the middle of a change.
 */
public final class InMemoryPullRequests implements ChangeTarget {

  private final ChangePolicy policy;
  private final Map<UUID, String> commits = new HashMap<>();
  private final Map<UUID, Long> pulls = new HashMap<>();
  private final Map<Long, ChangeState> decided = new HashMap<>();
  private int requests;
  private int cutAt = Integer.MAX_VALUE;
  private boolean cutAfterEffect;

  /** Makes one that takes what a policy allows. */
  public InMemoryPullRequests(ChangePolicy policy) {
    this.policy = Objects.requireNonNull(policy, "policy");
  }

  /**
   * Lets a person merge a pull request; who follows its change hears of it.
   *
   * @throws IllegalArgumentException if there is no such pull request, or it is decided
   */
  public synchronized void merge(long number) {
    decide(number, ChangeState.MERGED);
  }

  /**
   * Lets a person close a pull request without merging it.
   *
   * @throws IllegalArgumentException if there is no such pull request, or it is decided
   */
  public synchronized void reject(long number) {
    decide(number, ChangeState.CLOSED);
  }

  /** Goes away at a request, counted from the next one, which is 1. */
  synchronized void cut(int request, boolean afterEffect) {
    cutAt = requests + request;
    cutAfterEffect = afterEffect;
  }

  synchronized void restore() {
    cutAt = Integer.MAX_VALUE;
  }

  synchronized int requests() {
    return requests;
  }

  synchronized int commits() {
    return commits.size();
  }

  synchronized int pullRequests() {
    return pulls.size();
  }

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public synchronized ChangeResult propose(Change change, Proposer by) {
    Optional<ChangeResult.Refused> stopped = by.stopped();
    Optional<Fence> fence = by.fence().get();
    if (stopped.isPresent() || fence.isEmpty()) {
      return stopped.orElseGet(() -> notPrimary(Optional.empty()));
    }
    boolean secret =
        policy
            .check(change)
            .filter(refused -> refused.code() == ChangeRefusal.SECRET_FOUND)
            .isPresent();
    ChangeBrief brief = ChangeBrief.of(name(), change);
    ChangeBrief kept =
        secret ? new ChangeBrief(name(), brief.key(), brief.digest(), "(not kept)") : brief;
    Optional<ChangeRecord> begun = by.journal().begin(fence.get(), kept);
    if (begun.isEmpty()) {
      return notPrimary(Optional.empty());
    }
    if (!begun.get().brief().digest().equals(change.digest())) {
      return new ChangeResult.Refused(
          ChangeRefusal.KEY_TAKEN, "another change has the key " + change.key(), begun);
    }
    return ended(begun.get())
        .orElseGet(() -> guarded(new Row(by, fence.get(), begun.get()), Optional.of(change)));
  }

  @Override
  public synchronized ChangeResult follow(ChangeRecord change, Proposer by) {
    Optional<ChangeResult> ended = ended(change);
    if (ended.isPresent()) {
      return ended.get();
    }
    Optional<ChangeResult.Refused> stopped = by.stopped();
    Optional<Fence> fence = by.fence().get();
    return stopped.isPresent() || fence.isEmpty()
        ? stopped.orElseGet(() -> notPrimary(Optional.of(change)))
        : guarded(new Row(by, fence.get(), change), Optional.empty());
  }

  private ChangeResult guarded(Row row, Optional<Change> change) {
    try {
      return steps(row, change);
    } catch (Away away) {
      return row.troubled("the place does not answer");
    } catch (Stopped stopped) {
      return stopped.result;
    }
  }

  private ChangeResult steps(Row row, Optional<Change> change) {
    UUID id = row.record.id();
    if (row.record.progress().commit().isEmpty()) {
      Optional<ChangeResult.Refused> refused = change.flatMap(policy::check);
      if (refused.isPresent() || change.isEmpty()) {
        return refused.map(row::refuse).orElseGet(row::incomplete);
      }
      String made = made(row, commits, id, () -> String.format("%040x", commits.size() + 1));
      row.note(ChangeState.PROPOSED, ChangeProgress.NONE.committed(made), "");
    }
    if (row.record.progress().pullRequest().isEmpty()) {
      long number = made(row, pulls, id, () -> pulls.size() + 1L);
      row.note(ChangeState.WAITING, ChangeProgress.NONE.asked(number), "");
    }
    long number = row.record.progress().pullRequest().orElseThrow();
    ChangeState state = answer(() -> decided.getOrDefault(number, ChangeState.READY));
    ChangeProgress merged =
        state == ChangeState.MERGED
            ? ChangeProgress.NONE.merged(row.record.progress().commit().orElseThrow())
            : ChangeProgress.NONE;
    row.note(state, merged, state == ChangeState.READY ? "a person decides about it" : "");
    return ended(row.record).orElseGet(() -> new ChangeResult.Open(row.record));
  }

  /** Looks for what a change has here, and makes it if it is not there. */
  private <T> T made(Row row, Map<UUID, T> here, UUID id, Supplier<T> make) {
    Optional<T> there = answer(() -> Optional.ofNullable(here.get(id)));
    if (there.isPresent()) {
      return there.get();
    }
    row.requireLead();
    return answer(
        () -> {
          T made = make.get();
          here.put(id, made);
          return made;
        });
  }

  private <T> T answer(Supplier<T> request) {
    requests++;
    if (requests > cutAt || (requests == cutAt && !cutAfterEffect)) {
      throw new Away();
    }
    T answer = request.get();
    if (requests == cutAt) {
      throw new Away();
    }
    return answer;
  }

  private void decide(long number, ChangeState state) {
    if (!pulls.containsValue(number) || decided.putIfAbsent(number, state) != null) {
      throw new IllegalArgumentException("pull request " + number + " is not open");
    }
  }

  private static Optional<ChangeResult> ended(ChangeRecord record) {
    return switch (record.state()) {
      case MERGED -> Optional.of(new ChangeResult.Merged(record));
      case CLOSED -> Optional.of(new ChangeResult.Closed(record));
      case REFUSED -> Optional.of(refused(record));
      default -> Optional.empty();
    };
  }

  private static ChangeResult.Refused refused(ChangeRecord record) {
    String[] parts = record.note().split(": ", 2);
    return new ChangeResult.Refused(ChangeRefusal.valueOf(parts[0]), parts[1], Optional.of(record));
  }

  private static ChangeResult.Refused notPrimary(Optional<ChangeRecord> record) {
    return new ChangeResult.Refused(
        ChangeRefusal.NOT_PRIMARY, "whoever leads now goes on with it", record);
  }

  /** The journal's row of a change, by the right that the call began with. */
  private static final class Row {
    private final Proposer by;
    private final Fence fence;
    private ChangeRecord record;

    Row(Proposer by, Fence fence, ChangeRecord record) {
      this.by = by;
      this.fence = fence;
      this.record = record;
    }

    void note(ChangeState state, ChangeProgress made, String note) {
      if (!by.journal().note(fence, record.id(), state, made, note)) {
        throw new Stopped(notPrimary(Optional.of(record)));
      }
      record = record.noted(state, made, note);
    }

    ChangeResult refuse(ChangeResult.Refused refused) {
      note(ChangeState.REFUSED, ChangeProgress.NONE, refused.code() + ": " + refused.message());
      return refused(record);
    }

    ChangeResult troubled(String why) {
      if (by.journal().note(fence, record.id(), record.state(), ChangeProgress.NONE, why)) {
        record = record.noted(record.state(), ChangeProgress.NONE, why);
      }
      return new ChangeResult.Troubled(record, why, true);
    }

    ChangeResult incomplete() {
      return new ChangeResult.Refused(
          ChangeRefusal.INCOMPLETE, "propose it again, with its files", Optional.of(record));
    }

    void requireLead() {
      by.stopped()
          .ifPresent(
              no -> {
                throw new Stopped(no);
              });
      if (!by.fence().get().equals(Optional.of(fence))) {
        throw new Stopped(notPrimary(Optional.of(record)));
      }
    }
  }

  /** The place does not answer. */
  private static final class Away extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** The call may do nothing more. */
  private static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient ChangeResult result;

    Stopped(ChangeResult result) {
      this.result = result;
    }
  }
}
