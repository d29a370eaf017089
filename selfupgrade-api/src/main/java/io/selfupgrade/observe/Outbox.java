package io.selfupgrade.observe;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * Notifications on their way: one row for each event and notifier.
 *
 * <p>Anybody files; only a primary delivers: that of the agent, or, where a store notices that an
 * agent is down, that of another agent with a notifier of the same name.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #file} writes one row for each notifier; a pair of event and notifier that is there
 *       already is left as it is.
 *   <li>{@link #claim} gives out rows that wait and are due, oldest first, counts the attempt, and
 *       keeps them from the next claim for the given time, after which they are due again.
 *   <li>{@link #settle} ends a row or puts it off; a row that has ended stays as it is.
 *   <li>Writes that take a {@link Fence} change nothing when it does not hold.
 * </ol>
 */
public interface Outbox {

  /**
   * Files a notification for each of the notifiers.
   *
   * @return how many rows are new
   */
  int file(Notification notification, Collection<String> notifiers, LogEvent.Stamp by);

  /**
   * Claims what is due, for the agent and, where the store notices that, of agents that are down.
   *
   * @param most how many at most
   * @param hold how long nobody else gets them
   */
  List<Parcel> claim(Fence fence, int most, Duration hold);

  /** Notes how an attempt ended; false if the fence does not hold or the row has ended. */
  boolean settle(Fence fence, UUID parcel, Settlement how);

  /** Returns the agent's rows, newest first. */
  List<Parcel> newest(AgentName agent, int limit);

  /**
   * A notification on its way to one notifier.
   *
   * @param id the row
   * @param notification what is told
   * @param notifier by whom
   * @param state how it stands
   * @param attempts how often it was tried
   * @param filedAt when it was filed, on the store's clock
   * @param age how long ago that is
   */
  record Parcel(
      UUID id,
      Notification notification,
      String notifier,
      State state,
      int attempts,
      Instant filedAt,
      Duration age) {
    /** Validates the parts. */
    public Parcel {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(notification, "notification");
      Objects.requireNonNull(notifier, "notifier");
      Objects.requireNonNull(state, "state");
      Objects.requireNonNull(filedAt, "filedAt");
      Objects.requireNonNull(age, "age");
    }
  }

  /** How a parcel stands. */
  enum State {
    /** Is to be delivered. */
    WAITING,
    /** Has arrived. */
    DELIVERED,
    /** Will not be tried again. */
    GIVEN_UP
  }

  /**
   * How an attempt ended.
   *
   * @param state what the parcel becomes
   * @param pause when it is due again, if it waits
   * @param note what happened, without secrets
   */
  record Settlement(State state, Optional<Duration> pause, String note) {
    /**
     * Validates the parts.
     *
     * @throws IllegalArgumentException if a parcel that waits has no pause, or one that ended has
     */
    public Settlement {
      Objects.requireNonNull(note, "note");
      if ((state == State.WAITING) != pause.isPresent()) {
        throw new IllegalArgumentException(
            "pause " + pause + " of a parcel that is " + state + ": expected one only if it waits");
      }
    }

    /** It has arrived. */
    public static Settlement delivered() {
      return new Settlement(State.DELIVERED, Optional.empty(), "");
    }

    /** It is tried again after the pause. */
    public static Settlement later(Duration pause, String why) {
      return new Settlement(State.WAITING, Optional.of(pause), why);
    }

    /** It is not tried again. */
    public static Settlement givenUp(String why) {
      return new Settlement(State.GIVEN_UP, Optional.empty(), why);
    }
  }
}
