package io.selfupgrade.examples.benchmarks.schedule;

import io.selfupgrade.examples.benchmarks.Server;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.postgresql.PGConnection;

/**
 * The limit of lateness: one connection that listens, claims what is due and asks when the next is,
 * both in one statement, and sleeps until then or until it is notified.
 */
final class RawTimer {

  private static final int LONGEST_SLEEP_MILLIS = 10_000;

  private static final String CLAIM =
      """
      with c as (
        update raw.timer t set lease_until = clock_timestamp() + interval '30 s'
         where t.id = any (array(
           select w.id from raw.timer w
            where w.due <= statement_timestamp() and w.lease_until is null
            order by w.due limit 100 for update skip locked))
        returning t.id, t.due)
      select c.id, c.due, null::bigint as micros from c
      union all
      select null, null, (extract(epoch from w.due - clock_timestamp()) * 1000000)::bigint
        from (select due from raw.timer
               where due > statement_timestamp() and lease_until is null order by due limit 1) w
      """;

  private final Server server;

  RawTimer(Server server) throws SQLException {
    this.server = server;
    server.execute(
        """
        create schema if not exists raw;
        create table raw.timer (
          id bigint primary key, due timestamptz not null, lease_until timestamptz);
        create index on raw.timer (due) where lease_until is null
        """);
  }

  /** Plays a plan. */
  Map<String, Double> run(LatenessPlan plan) throws Exception {
    server.execute("truncate raw.timer");
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (Connection listening = server.connect();
        Connection submitting = server.connect();
        PreparedStatement submit =
            submitting.prepareStatement(
                "with i as (insert into raw.timer (id, due) values (?, ?))"
                    + " select pg_notify('raw_timer', '')")) {
      Future<?> loop =
          thread.submit(
              () -> {
                loop(listening, plan);
                return true;
              });
      Map<String, Double> figures = plan.play("limit", (task, due) -> insert(submit, task, due));
      loop.cancel(true);
      insert(submit, -1, Instant.now().plus(Duration.ofDays(1)));
      return figures;
    } finally {
      thread.shutdownNow();
    }
  }

  private static void insert(PreparedStatement submit, int task, Instant due) throws SQLException {
    submit.setLong(1, task);
    submit.setObject(2, OffsetDateTime.ofInstant(due, ZoneOffset.UTC));
    submit.execute();
  }

  private static void loop(Connection connection, LatenessPlan plan) throws SQLException {
    PGConnection notified = connection.unwrap(PGConnection.class);
    try (Statement listen = connection.createStatement()) {
      listen.execute("listen raw_timer");
    }
    try (PreparedStatement claim = connection.prepareStatement(CLAIM);
        PreparedStatement finish =
            connection.prepareStatement("delete from raw.timer where id = any (?)")) {
      while (!Thread.interrupted()) {
        List<Long> done = new ArrayList<>();
        long micros = claim(claim, plan, done);
        if (!done.isEmpty()) {
          finish.setArray(1, connection.createArrayOf("int8", done.toArray()));
          finish.executeUpdate();
        } else if (micros > 0) {
          sleep(notified, micros);
        }
      }
    }
  }

  /** Returns after how many microseconds the next is due. */
  private static long claim(PreparedStatement claim, LatenessPlan plan, List<Long> done)
      throws SQLException {
    long micros = LONGEST_SLEEP_MILLIS * 1_000L;
    try (ResultSet rows = claim.executeQuery()) {
      while (rows.next()) {
        OffsetDateTime due = rows.getObject(2, OffsetDateTime.class);
        if (due == null) {
          micros = Math.min(micros, rows.getLong(3));
        } else {
          plan.note((int) rows.getLong(1), due.toInstant());
          done.add(rows.getLong(1));
        }
      }
    }
    return micros;
  }

  /** The driver counts in milliseconds: what is left of one is slept without it. */
  private static void sleep(PGConnection notified, long micros) throws SQLException {
    int millis = (int) (micros / 1_000);
    if (millis == 0) {
      LockSupport.parkNanos(micros * 1_000);
      return;
    }
    notified.getNotifications(millis);
  }
}
