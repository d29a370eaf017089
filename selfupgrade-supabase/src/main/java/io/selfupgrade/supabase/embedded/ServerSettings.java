package io.selfupgrade.supabase.embedded;

import java.time.Duration;

/**
 * Limits in time, and what may be tried as root.
 *
 * @param preparation of the first start: unpacking the binaries, making the cluster
 * @param start from then until the server accepts connections, recovery after a crash included
 * @param fastStop how long open transactions get to be rolled back before the server is made to
 *     quit
 * @param userNamespaces whether {@code unshare} may be tried as root
 */
record ServerSettings(
    Duration preparation, Duration start, Duration fastStop, boolean userNamespaces) {

  static final ServerSettings DEFAULT =
      new ServerSettings(
          Duration.ofSeconds(180), Duration.ofSeconds(60), Duration.ofSeconds(30), true);

  /** How long to wait for another client of the directory that is starting or stopping. */
  Duration lockWait() {
    return preparation.plus(start).plus(fastStop).plus(Duration.ofSeconds(30));
  }

  ServerSettings withoutUserNamespaces() {
    return new ServerSettings(preparation, start, fastStop, false);
  }
}
