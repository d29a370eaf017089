package io.selfupgrade.supabase;

/** How Postgres is reached, which decides whether a connection keeps its session. */
enum ConnectionKind {
  /** Each connection is a backend of its own. */
  DIRECT("a direct connection", true),

  /** A backend belongs to a connection for as long as it is open. */
  SESSION_POOLER("a pooler in session mode", true),

  /** A backend belongs to a connection for one transaction. */
  TRANSACTION_POOLER(
      "a pooler in transaction mode, so that no session is used and a takeover waits for the lease",
      false),

  /** A pooler of which nobody knows when it takes a backend away: the worse is taken to hold. */
  UNKNOWN_POOLER(
      "a pooler whose mode is not known and taken to be transaction mode, so that no session is"
          + " used and a takeover waits for the lease",
      false);

  private final String words;
  private final boolean keepsSessions;

  ConnectionKind(String words, boolean keepsSessions) {
    this.words = words;
    this.keepsSessions = keepsSessions;
  }

  /** Tells whether settings, locks and LISTEN of a connection are there at its next transaction. */
  boolean keepsSessions() {
    return keepsSessions;
  }

  /** Returns what an operator should read. */
  String words() {
    return words;
  }
}
