package io.selfupgrade.supabase;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What the hosts of a URL tell by their names and ports.
 *
 * <p>Source: Supabase's guide "Connect to your database": the direct host is {@code
 * db.REF.supabase.co:5432}; the shared pooler {@code REGION.pooler.supabase.com} is in session mode
 * on port 5432 and in transaction mode on 6543, as is the dedicated one beside the direct host.
 *
 * @param hosts as they stand in the URL
 * @param supabase whose they are: a direct host's, a pooler's, or not Supabase's
 * @param told how Postgres is reached there; empty if the names do not tell
 */
record Place(String hosts, Supabase supabase, Optional<ConnectionKind> told) {

  private static final Pattern DIRECT = Pattern.compile("db\\.[a-z0-9]+\\.supabase\\.(co|com)");
  private static final String POOLER = ".pooler.supabase.com";
  private static final String SESSION_PORT = "5432";
  private static final String TRANSACTION_PORT = "6543";

  /** Which of Supabase's hosts it is. */
  enum Supabase {
    /** The database's own, which has an IPv6 address only, unless one with IPv4 was bought. */
    DIRECT,
    /** The one that many projects share, told apart by the user's name. */
    POOLER,
    /** Somebody else's. */
    NONE
  }

  /**
   * Reads the hosts of a URL.
   *
   * @param each {@code HOST}, {@code HOST:PORT} or {@code [ADDRESS]:PORT}
   * @param pooled whether the URL says by itself that there is a pooler in transaction mode
   */
  static Place of(List<String> each, boolean pooled) {
    Set<Optional<ConnectionKind>> kinds = new TreeSet<>(Place::worstFirst);
    Supabase whose = Supabase.NONE;
    for (String host : each) {
      kinds.add(pooled ? Optional.of(ConnectionKind.TRANSACTION_POOLER) : kind(host));
      whose = whose(name(host)) == Supabase.NONE ? whose : whose(name(host));
    }
    Optional<ConnectionKind> told = kinds.iterator().next();
    boolean sure = kinds.size() == 1 || told.equals(Optional.of(ConnectionKind.TRANSACTION_POOLER));
    return new Place(String.join(",", each), whose, sure ? told : Optional.empty());
  }

  /** A URL of several hosts is what its worst one is. */
  private static int worstFirst(Optional<ConnectionKind> one, Optional<ConnectionKind> other) {
    return other.map(ConnectionKind::ordinal).orElse(-1)
        - one.map(ConnectionKind::ordinal).orElse(-1);
  }

  private static Optional<ConnectionKind> kind(String host) {
    String port = port(host);
    if (port.equals(TRANSACTION_PORT)) {
      return Optional.of(ConnectionKind.TRANSACTION_POOLER);
    }
    if (!port.equals(SESSION_PORT)) {
      return Optional.empty();
    }
    return switch (whose(name(host))) {
      case DIRECT -> Optional.of(ConnectionKind.DIRECT);
      case POOLER -> Optional.of(ConnectionKind.SESSION_POOLER);
      case NONE -> Optional.empty();
    };
  }

  private static Supabase whose(String name) {
    if (name.endsWith(POOLER)) {
      return Supabase.POOLER;
    }
    return DIRECT.matcher(name).matches() ? Supabase.DIRECT : Supabase.NONE;
  }

  private static String name(String host) {
    int colon = colon(host);
    return colon < 0 ? host : host.substring(0, colon);
  }

  private static String port(String host) {
    int colon = colon(host);
    return colon < 0 || colon == host.length() - 1 ? SESSION_PORT : host.substring(colon + 1);
  }

  /** The one before the port: those of an address in brackets are none. */
  private static int colon(String host) {
    int colon = host.lastIndexOf(':');
    return colon > host.lastIndexOf(']') ? colon : -1;
  }

  /** Tells whether the host is one of Supabase's. */
  boolean isSupabase() {
    return supabase != Supabase.NONE;
  }
}
