package io.selfupgrade.observe;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.UUID;

/**
 * One event of an agent's log, whole from the moment at which it was logged.
 *
 * @param id chosen when it was logged: the same event is written once, however often it is sent
 * @param agent whose event it is
 * @param by who logged it
 * @param createdAt when, on the instance's clock, in whole microseconds
 * @param level how much it matters
 * @param message a sentence
 * @param context what belongs to it, a JSON object
 */
public record LogEvent(
    UUID id,
    AgentName agent,
    Stamp by,
    Instant createdAt,
    LogLevel level,
    String message,
    Json context) {

  /** Validates the parts and cuts the time to what every store can keep. */
  public LogEvent {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(agent, "agent");
    Objects.requireNonNull(by, "by");
    createdAt = createdAt.truncatedTo(ChronoUnit.MICROS);
    Objects.requireNonNull(level, "level");
    Objects.requireNonNull(message, "message");
    Objects.requireNonNull(context, "context");
  }

  /**
   * Who wrote something that is not fenced.
   *
   * @param instance the process
   * @param epoch at which it led; 0 if it did not
   */
  public record Stamp(InstanceId instance, long epoch) {
    /** Validates the parts. */
    public Stamp {
      Objects.requireNonNull(instance, "instance");
    }
  }
}
