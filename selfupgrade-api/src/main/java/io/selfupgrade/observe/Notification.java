package io.selfupgrade.observe;

import io.selfupgrade.agent.AgentName;
import java.util.Objects;

/**
 * Something that people should hear of.
 *
 * @param agent whose news it is
 * @param key names the event, the same however often it is told: 1 to 200 characters
 * @param kind what it is about
 * @param title one line
 * @param text the whole, of a few lines; empty if the title says it all
 */
public record Notification(AgentName agent, String key, Kind kind, String title, String text) {

  private static final int LONGEST_KEY = 200;

  /**
   * Validates the parts.
   *
   * @throws IllegalArgumentException if the key is empty or too long
   */
  public Notification {
    Objects.requireNonNull(agent, "agent");
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(title, "title");
    Objects.requireNonNull(text, "text");
    if (key.isEmpty() || key.length() > LONGEST_KEY) {
      throw new IllegalArgumentException(
          "key \"" + key + "\": expected 1 to " + LONGEST_KEY + " characters");
    }
  }

  /** What a notification is about. */
  public enum Kind {
    /** An upgrade has ended. */
    UPGRADE,
    /** The agent's health has become bad, or good again. */
    HEALTH,
    /** Forward effects are frozen, or not any more. */
    FREEZE
  }
}
