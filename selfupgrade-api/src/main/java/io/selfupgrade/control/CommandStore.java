package io.selfupgrade.control;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * Commands for agents: a row that waits, the primary that takes it, its end.
 *
 * <p>Whoever files one is authenticated by whoever lets it file; a webhook's body never leads to
 * one.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #file} keeps one command for a key, and one for all wishes that are the same while
 *       it waits; it wakes the primary. A key that comes with another wish is refused, and so is an
 *       agent that never was started.
 *   <li>{@link #fileUpgradeAndDeploy} files the request for an upgrade and the command to deploy in
 *       one transaction; the command can be taken from the good end of that upgrade on, and is
 *       settled {@link State#REFUSED} at its bad end. One that is tried again without a person, or
 *       that a newer release superseded, is no end: the agent's next upgrade takes its place.
 *   <li>{@link #take} returns the oldest command that may be carried out, and counts the attempt;
 *       one that was taken and not settled comes again, to whoever leads then, {@link
 *       #MOST_ATTEMPTS} times.
 *   <li>A command that waits longer than its time to live is settled {@link State#EXPIRED}. One
 *       that was taken within it may have been carried out: it comes again as {@link Command#over},
 *       and so does one after its last attempt; who takes it then and does not settle it either
 *       leaves it to be settled {@link State#FAILED}.
 *   <li>{@link #putBack} lets a command wait again: it is not taken before its pause is over, by
 *       whoever leads, the others are, and the attempt does not count.
 *   <li>{@link #settle} ends a command once; one that has ended stays as it is.
 *   <li>Writes that take a {@link Fence} change nothing when it does not hold.
 * </ol>
 */
public interface CommandStore {

  /** How often a command is taken before it is given up. */
  int MOST_ATTEMPTS = 5;

  /** How long a command waits at most for the end of the upgrade that it follows. */
  Duration AFTER_UPGRADE = Duration.ofDays(4);

  /**
   * Files a command, once for its key; any instance may, and whoever else may write.
   *
   * @throws io.selfupgrade.agent.AdapterException if the key was used for another wish, or no such
   *     agent was ever started; neither is retryable
   */
  Filed file(AgentName agent, Command.Wish wish);

  /**
   * Asks for an upgrade, and for a deployment after its good end, once for the key.
   *
   * @param key 1 to 100 printable ASCII characters
   * @throws io.selfupgrade.agent.AdapterException as {@link #file}
   */
  Filed fileUpgradeAndDeploy(AgentName agent, String key);

  /** Takes the next command, if there is one; empty also if the fence does not hold. */
  Optional<Command> take(Fence fence);

  /**
   * Puts back a command that was taken and cannot be carried out at the moment.
   *
   * @param pause how long it is left alone
   * @param why without secrets; told with its end if it is not carried out in time
   * @return false if the fence does not hold, or the command is not taken
   */
  boolean putBack(Fence fence, UUID command, Duration pause, String why);

  /**
   * Ends a command that was taken.
   *
   * @param end {@link State#DONE}, {@link State#REFUSED} or {@link State#FAILED}
   * @param note what came of it, without secrets; what exceeds 500 characters is cut
   * @return false if the fence does not hold or the command has ended
   */
  boolean settle(Fence fence, UUID command, State end, String note);

  /** Returns the agent's commands, newest first. */
  List<Entry> newest(AgentName agent, int limit);

  /** How far a command has come. */
  enum State {
    /** Nobody has taken it yet. */
    WAITING,
    /** It is being carried out, or was when its taker died. */
    TAKEN,
    /** It was carried out. */
    DONE,
    /** It cannot be carried out; the note says why. */
    REFUSED,
    /** It was tried and did not succeed. */
    FAILED,
    /** Nobody took it in time. */
    EXPIRED,
    /** There is no need for it any more. */
    WITHDRAWN;

    /** Tells whether the command has ended. */
    public boolean isFinal() {
      return this != WAITING && this != TAKEN;
    }
  }

  /**
   * What a wish has become.
   *
   * @param command the command
   * @param fresh whether this call has filed it
   */
  record Filed(UUID command, boolean fresh) {
    /** Validates that the id is there. */
    public Filed {
      Objects.requireNonNull(command, "command");
    }
  }

  /**
   * A row.
   *
   * @param id the command
   * @param kind what is to be done
   * @param state how far it has come
   * @param attempts how often it was taken and not put back
   * @param note what came of it, or why it waits again
   * @param filedAt when it was filed, on the store's clock
   */
  record Entry(UUID id, String kind, State state, int attempts, String note, Instant filedAt) {
    /** Validates that all are there. */
    public Entry {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(kind, "kind");
      Objects.requireNonNull(state, "state");
      Objects.requireNonNull(note, "note");
      Objects.requireNonNull(filedAt, "filedAt");
    }
  }
}
