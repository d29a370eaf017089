package io.selfupgrade.supabase.embedded;

import java.time.Duration;

/**
 * Limits in time, and what may be tried as root.
 *
 * @param start from the call to a server that accepts connections, unpacking and recovery included
 * @param fastStop how long open transactions get to be rolled back before the server is made to
 *     quit
 * @param userNamespaces whether {@code unshare} may be tried as root
 */
record ServerSettings(Duration start, Duration fastStop, boolean userNamespaces) {

  static final ServerSettings DEFAULT =
      new ServerSettings(Duration.ofSeconds(60), Duration.ofSeconds(30), true);

  /** How long to wait for another client of the directory that is starting or stopping. */
  Duration lockWait() {
    return start.plus(fastStop).plus(Duration.ofSeconds(30));
  }

  ServerSettings withoutUserNamespaces() {
    return new ServerSettings(start, fastStop, false);
  }
}
