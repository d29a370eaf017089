package io.selfupgrade.testkit;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.control.Command;
import io.selfupgrade.control.CommandStore;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Commands in memory. */
final class InMemoryCommandStore implements CommandStore {

  private static final Set<UpgradePhase> GOOD =
      EnumSet.of(UpgradePhase.CONFIRMED, UpgradePhase.UP_TO_DATE);
  private static final Set<UpgradePhase> UNDECIDED =
      EnumSet.of(UpgradePhase.ABORTED, UpgradePhase.ROLLED_BACK);
  private static final int LONGEST_NOTE = 500;

  private final InMemoryState state;

  InMemoryCommandStore(InMemoryState state) {
    this.state = state;
  }

  @Override
  public Filed file(AgentName agent, Command.Wish wish) {
    return state.transact(
        () -> {
          AgentRows rows = known(agent);
          String what = wish.kind() + " " + wish.version().orElse("");
          Optional<Key> key = key(rows, wish.key(), what);
          if (key.isPresent()) {
            return new Filed(key.get().command, false);
          }
          Optional<Row> same =
              rows.commands.stream().filter(row -> row.waitsFor(wish, state.now())).findFirst();
          Row row = same.orElseGet(() -> add(rows, new Row(wish, state.now())));
          rows.controlKeys.put(wish.key(), new Key(what, row.id));
          return new Filed(row.id, same.isEmpty());
        });
  }

  @Override
  public Filed fileUpgradeAndDeploy(AgentName agent, String key) {
    Command.Wish wish =
        new Command.Wish(key, Command.DEPLOY, Optional.empty(), CommandStore.AFTER_UPGRADE);
    return state.transact(
        () -> {
          AgentRows rows = known(agent);
          Optional<Key> known = key(rows, key, "UPGRADE_AND_DEPLOY");
          if (known.isPresent()) {
            return new Filed(known.get().command, false);
          }
          Row row = add(rows, new Row(wish, state.now()));
          AgentRows.Request request = new AgentRows.Request(Trigger.MANUAL);
          rows.requests.add(request);
          row.after = Optional.of(request);
          rows.controlKeys.put(key, new Key("UPGRADE_AND_DEPLOY", row.id));
          return new Filed(row.id, true);
        });
  }

  private AgentRows known(AgentName agent) {
    AgentRows rows = state.rows(agent);
    if (rows.confirmed.isEmpty()) {
      throw refused("no agent " + agent + ": expected the name of one that has been started once");
    }
    return rows;
  }

  private static Optional<Key> key(AgentRows rows, String key, String wish) {
    Optional<Key> known = Optional.ofNullable(rows.controlKeys.get(key));
    if (known.filter(one -> !one.wish.equals(wish)).isPresent()) {
      throw refused("key " + key + " was used for another wish: expected a new key for " + wish);
    }
    return known;
  }

  private static AdapterException refused(String why) {
    return new AdapterException("CommandStore", "filing a command failed: " + why, false, null);
  }

  private static Row add(AgentRows rows, Row row) {
    rows.commands.add(row);
    return row;
  }

  @Override
  public Optional<Command> take(Fence fence) {
    return state.transact(
        () -> {
          Instant now = state.now();
          List<Row> open =
              state.fenced(fence).stream()
                  .flatMap(rows -> rows.commands.stream())
                  .filter(row -> !row.state.isFinal())
                  .toList();
          open.forEach(row -> endIfOver(row, now));
          return open.stream()
              .filter(row -> !row.state.isFinal() && isReady(row, now))
              .findFirst()
              .map(row -> row.take(fence.holder(), now));
        });
  }

  private void endIfOver(Row row, Instant now) {
    Optional<UpgradePhase> before = before(row);
    if (row.state == State.WAITING && !now.isBefore(row.expiresAt)) {
      row.giveUp(State.EXPIRED, "its time to live is over");
    } else if (row.attempts > MOST_ATTEMPTS) {
      row.giveUp(State.FAILED, "given up after " + row.attempts + " attempts");
    } else if (before.filter(phase -> phase.isFinal() && !GOOD.contains(phase)).isPresent()) {
      row.giveUp(State.REFUSED, "the upgrade before it ended " + before.orElseThrow());
    }
  }

  private boolean isReady(Row row, Instant now) {
    return !now.isBefore(row.heldUntil)
        && (row.after.isEmpty() || before(row).filter(GOOD::contains).isPresent());
  }

  /**
   * Returns how the upgrade before it ended, which goes on in the next one if it is tried again.
   */
  private Optional<UpgradePhase> before(Row row) {
    Optional<UpgradeRow> first =
        row.after.flatMap(request -> Optional.ofNullable(request.answer)).flatMap(state::upgrade);
    if (first.isEmpty()) {
      return Optional.empty();
    }
    List<UpgradeRow> since = new ArrayList<>();
    for (UpgradeRow upgrade : state.rows(first.get().agent).upgrades) {
      since.add(0, upgrade);
      if (upgrade.equals(first.get())) {
        break;
      }
    }
    return since.stream()
        .filter(upgrade -> !goesOnInTheNext(upgrade.record(state.now())))
        .findFirst()
        .map(upgrade -> upgrade.phase);
  }

  private static boolean goesOnInTheNext(UpgradeRecord upgrade) {
    boolean superseded =
        upgrade.decision().reason().map(Reason::code).equals(Optional.of(ReasonCode.SUPERSEDED));
    return UNDECIDED.contains(upgrade.phase()) && (upgrade.decision().retryable() || superseded);
  }

  @Override
  public boolean putBack(Fence fence, UUID command, Duration pause, String why) {
    return state.change(
        () -> taken(fence, command), row -> row.putBack(state.now().plus(pause), why));
  }

  private Optional<Row> taken(Fence fence, UUID command) {
    return state.fenced(fence).stream()
        .flatMap(rows -> rows.commands.stream())
        .filter(row -> row.id.equals(command) && row.state == State.TAKEN)
        .findFirst();
  }

  @Override
  public boolean settle(Fence fence, UUID command, State end, String note) {
    return state.change(() -> taken(fence, command), row -> row.end(end, note));
  }

  @Override
  public List<Entry> newest(AgentName agent, int limit) {
    return state.transact(
        () -> {
          List<Row> rows = new ArrayList<>(state.rows(agent).commands);
          Collections.reverse(rows);
          return rows.stream().limit(limit).map(Row::entry).toList();
        });
  }

  /** A key, the wish that it names, and what became of that. */
  record Key(String wish, UUID command) {}

  /** A command. */
  static final class Row {
    final UUID id = UUID.randomUUID();
    private final Command.Wish wish;
    private final Instant filedAt;
    private final Instant expiresAt;
    private Optional<AgentRows.Request> after = Optional.empty();
    private State state = State.WAITING;
    private int attempts;
    private Optional<InstanceId> takenBy = Optional.empty();
    private Instant heldUntil = Instant.MIN;
    private String note = "";

    Row(Command.Wish wish, Instant now) {
      this.wish = wish;
      this.filedAt = now;
      this.expiresAt = now.plus(wish.within());
    }

    private boolean waitsFor(Command.Wish other, Instant now) {
      return state == State.WAITING
          && after.isEmpty()
          && expiresAt.isAfter(now)
          && wish.kind().equals(other.kind())
          && wish.version().equals(other.version());
    }

    private Command take(InstanceId by, Instant now) {
      Optional<InstanceId> before = takenBy;
      boolean over =
          state == State.TAKEN && (!now.isBefore(expiresAt) || attempts >= MOST_ATTEMPTS);
      state = State.TAKEN;
      attempts++;
      takenBy = Optional.of(by);
      return new Command(id, wish.kind(), wish.version(), attempts, before, filedAt, over);
    }

    private void putBack(Instant until, String why) {
      end(State.WAITING, why);
      attempts--;
      takenBy = Optional.empty();
      heldUntil = until;
    }

    private void giveUp(State end, String why) {
      end(end, note.isEmpty() ? why : why + "; before that: " + note);
    }

    private void end(State next, String why) {
      state = next;
      note = why.substring(0, Math.min(LONGEST_NOTE, why.length()));
    }

    private Entry entry() {
      return new Entry(id, wish.kind(), state, attempts, note, filedAt);
    }
  }
}
