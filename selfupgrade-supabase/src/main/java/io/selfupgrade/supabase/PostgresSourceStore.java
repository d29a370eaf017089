package io.selfupgrade.supabase;

import io.selfupgrade.upgrade.SourceStore;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/** What release sources keep; each decision is one statement. */
final class PostgresSourceStore implements SourceStore {

  private static final String PORT = "SourceStore";

  private static final String CLAIM =
      """
      insert into selfupgrade.source_cache as c (key, claim, claimed_until)
      values (?, gen_random_uuid(), clock_timestamp() + ?::bigint * interval '1 microsecond')
      on conflict (key) do update
         set claim = excluded.claim, claimed_until = excluded.claimed_until,
             looked_at = clock_timestamp()
       where (c.body is null or c.checked_at is null
              or c.checked_at <= clock_timestamp() - ?::bigint * interval '1 microsecond')
         and (c.claim is null or c.claimed_until <= clock_timestamp())
      returning claim, validator, body, body is not null as copied
      """;

  private static final String FRESH =
      """
      select validator, body from selfupgrade.source_cache
       where key = ? and body is not null
         and checked_at > clock_timestamp() - ?::bigint * interval '1 microsecond'
      """;

  private static final String KEEP =
      """
      update selfupgrade.source_cache
         set validator = ?, body = ?, checked_at = clock_timestamp(), claim = null
       where key = ? and claim = ?
      """;

  private static final String UNCHANGED =
      """
      update selfupgrade.source_cache set checked_at = clock_timestamp(), claim = null
       where key = ? and claim = ?
      """;

  private static final String FORGET_OLD =
      """
      delete from selfupgrade.source_cache
       where looked_at < clock_timestamp() - interval '90 days' and key <> ?
      """;

  private static final String GIVE_UP =
      "update selfupgrade.source_cache set claim = null where key = ? and claim = ?";

  private static final String EXPIRE =
      "update selfupgrade.source_cache set claim = null, checked_at = null where key = ?";

  private static final String PIN =
      "insert into selfupgrade.source_pins (key, value) values (?, ?) on conflict do nothing";

  private static final String PINNED = "select value from selfupgrade.source_pins where key = ?";

  private final Database database;

  PostgresSourceStore(Database database) {
    this.database = database;
  }

  @Override
  public Look look(String key, Duration freshFor, Duration claimFor) {
    return database.call(
        PORT,
        "looking for a copy of " + key,
        statements -> {
          Optional<Copy> fresh =
              statements.first(FRESH, PostgresSourceStore::copy, Arguments.of(key, freshFor));
          if (fresh.isPresent()) {
            return new Look.Fresh(fresh.get());
          }
          Optional<Look> claimed =
              statements.first(
                  CLAIM, PostgresSourceStore::ask, Arguments.of(key, claimFor, freshFor));
          return claimed.orElseGet(Look.Wait::new);
        });
  }

  @Override
  public boolean keep(String key, UUID claim, Copy copy) {
    return database.call(
        PORT,
        "keeping a copy of " + key,
        statements -> {
          statements.update(FORGET_OLD, Arguments.of(key));
          return statements.update(KEEP, Arguments.of(copy.validator(), copy.body(), key, claim))
              > 0;
        });
  }

  @Override
  public boolean unchanged(String key, UUID claim) {
    return update("noting that " + key + " is unchanged", UNCHANGED, key, claim);
  }

  @Override
  public void giveUp(String key, UUID claim) {
    update("giving up on " + key, GIVE_UP, key, claim);
  }

  @Override
  public void expire(String key) {
    update("expiring the copy of " + key, EXPIRE, key);
  }

  @Override
  public String pin(String key, String value) {
    return database.call(
        PORT,
        "pinning " + key,
        statements -> {
          statements.update(PIN, Arguments.of(key, value));
          return statements
              .first(PINNED, row -> row.text("value"), Arguments.of(key))
              .orElseThrow(() -> new SQLException("the pin of " + key + " is gone again"));
        });
  }

  @Override
  public Optional<String> pinned(String key) {
    return database.call(
        PORT,
        "reading the pin of " + key,
        statements -> statements.first(PINNED, row -> row.text("value"), Arguments.of(key)));
  }

  private boolean update(String operation, String sql, Object... arguments) {
    return database.call(
        PORT, operation, statements -> statements.update(sql, Arguments.of(arguments)) > 0);
  }

  private static Look ask(Row row) throws SQLException {
    return new Look.Ask(
        row.uuid("claim"), row.flag("copied") ? Optional.of(copy(row)) : Optional.empty());
  }

  private static Copy copy(Row row) throws SQLException {
    return new Copy(row.text("validator"), row.bytes("body"));
  }
}
