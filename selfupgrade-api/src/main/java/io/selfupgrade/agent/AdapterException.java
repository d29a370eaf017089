package io.selfupgrade.agent;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Trouble of an adapter with what it adapts: network, SQL or disk.
 *
 * <p>The adapter decides whether the operation may be tried again; one place in core acts on it.
 */
public class AdapterException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String port;
  private final String operation;
  private final boolean retryable;

  /**
   * Describes the trouble.
   *
   * @param port the role that the adapter plays, such as {@code UpgradeJournal}
   * @param operation what was being done, on what, what was seen and what to do
   * @param retryable whether the same call may succeed later
   * @param cause what the adapter met, or null
   */
  public AdapterException(
      String port, String operation, boolean retryable, @Nullable Throwable cause) {
    super(port + ": " + operation, cause);
    this.port = Objects.requireNonNull(port, "port");
    this.operation = Objects.requireNonNull(operation, "operation");
    this.retryable = retryable;
  }

  /** Returns the role that the adapter plays. */
  public String port() {
    return port;
  }

  /** Returns what was being done. */
  public String operation() {
    return operation;
  }

  /** Tells whether the same call may succeed later. */
  public boolean retryable() {
    return retryable;
  }
}
