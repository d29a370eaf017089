package io.selfupgrade.launcher;

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/** One effect of the launcher; after a kill before or after any of them the next one goes on. */
sealed interface Action {
  /** Remembers a final decision, before anything of it is carried out. */
  record Decide(Request request) implements Action {}

  /** Writes the candidate's record. */
  record Save(Candidate candidate, JournalEvent event, String detail) implements Action {}

  /** Points {@code current} to the candidate's version. */
  record PointTo(Candidate candidate) implements Action {}

  /** Writes another role into a living child's record. */
  record Assign(UUID instance, Role role) implements Action {}

  /** Removes the candidate's record: its decision is carried out. */
  record EndTrial(Candidate candidate) implements Action {}

  /** Starts an instance of the role: that one, or any. */
  record Start(Role role, Optional<UUID> instance) implements Action {
    Start(Role role) {
      this(role, Optional.empty());
    }
  }

  /** Asks an instance to end and kills it a margin after the time that it needs to drain. */
  record Drain(UUID instance, String why) implements Action {}

  /** Asks an instance to end and kills it after this time. */
  record Stop(UUID instance, Duration killAfter, String why) implements Action {}

  /** Ends the launcher. */
  record Finish(String why) implements Action {}
}
