package io.selfupgrade.observe;

import java.util.Locale;

/** How much an event matters; debug and info are the first to go where there is no room for all. */
public enum LogLevel {
  /** For whoever looks for the cause of something. */
  DEBUG,
  /** Something happened as it should. */
  INFO,
  /** Something is not as it should be, and the agent copes. */
  WARN,
  /** Something failed. */
  ERROR;

  /** Tells whether events of this level go first where there is no room for all. */
  public boolean isMinor() {
    return this == DEBUG || this == INFO;
  }

  /** Returns the level as the table {@code agent_logs} has it: in lower case. */
  public String column() {
    return name().toLowerCase(Locale.ROOT);
  }
}
