package io.selfupgrade.supabase;

/** Parts that statements share. */
final class Sql {

  /** The one channel of this schema; a notification's payload is the agent's name. */
  static final String CHANNEL = "selfupgrade";

  /**
   * A common table expression that has one row while the caller leads, and holds that row until the
   * transaction ends. Takes agent, holder and epoch.
   *
   * <p>It must stand in FROM of whatever it protects: Postgres never evaluates one that is not
   * referred to.
   */
  static final String FENCE =
      """
      f as (select l.agent, l.holder, l.epoch from selfupgrade.leadership l
             where l.agent = ? and l.holder = ? and l.epoch = ? for key share)
      """;

  /** Locks the row of the caller's leadership, as the first statement of a decision. */
  static final String LEAD_FOR_UPDATE =
      "select 1 from selfupgrade.leadership where agent = ? and holder = ? and epoch = ? for update";

  /** The phases of an upgrade that is not final. */
  static final String OPEN_PHASES =
      "('OPEN', 'STAGED', 'AWAITING_APPROVAL', 'TRIAL', 'HANDED_OVER', 'ROLLING_BACK')";

  /** A time span given in microseconds. */
  static final String SPAN = "(?::bigint * interval '1 microsecond')";

  private Sql() {}

  /** Selects the time from a past instant until now, in microseconds. */
  static String age(String column) {
    return "(extract(epoch from clock_timestamp() - " + column + ") * 1000000)::bigint";
  }

  /** Selects the time from now to an instant, in microseconds. */
  static String remaining(String column) {
    return "(extract(epoch from " + column + " - clock_timestamp()) * 1000000)::bigint";
  }

  /** Wakes the sessions of an agent when the transaction commits; takes the agent. */
  static final String NOTIFY = "select pg_notify('" + CHANNEL + "', ?)";
}
