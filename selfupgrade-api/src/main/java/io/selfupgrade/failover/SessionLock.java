package io.selfupgrade.failover;

import java.time.Instant;
import java.util.Objects;

/**
 * The session that holds the advisory lock of an epoch.
 *
 * @param backendPid process id of the database's backend
 * @param backendStart when that backend started, which tells it from a later one with the same id
 */
public record SessionLock(int backendPid, Instant backendStart) {

  /** Validates the parts. */
  public SessionLock {
    Objects.requireNonNull(backendStart, "backendStart");
  }
}
