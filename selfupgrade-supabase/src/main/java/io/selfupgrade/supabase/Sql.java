package io.selfupgrade.supabase;

import io.selfupgrade.schedule.Claimant;

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

  /**
   * The same for an instance that serves: one row while it is registered and has not stopped. Takes
   * agent and instance. Its epoch is a stamp and gates nothing.
   */
  private static final String MEMBER =
      """
      f as (select i.agent, i.id as holder,
                   coalesce((select l.epoch from selfupgrade.leadership l where l.agent = i.agent), 1) as epoch
              from selfupgrade.instances i where i.agent = ? and i.id = ? and i.stopped_at is null)
      """;

  /** Returns {@link #FENCE} for the primary, and what stands for it for others that serve. */
  static String claimant(Claimant by) {
    return by.fence().isPresent() ? FENCE : MEMBER;
  }

  /** Returns what restricts tasks, as t, to those that a claimant may run. */
  static String scope(Claimant by) {
    return by.fence().isPresent() ? "" : " and t.scope = 'ALL'";
  }

  /** An instant given in microseconds of the epoch. */
  static String instant(String micros) {
    return "(timestamptz 'epoch' + " + micros + " * interval '1 microsecond')";
  }

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
