package io.selfupgrade.github;

import io.selfupgrade.upgrade.SourceStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a source keeps that nobody gave a store: in this process, as long as it lives. */
final class LocalSources implements SourceStore {

  private static final int MOST_ROWS = 1000;

  private final Clock clock;
  private final Map<String, Row> rows = new HashMap<>();
  private final Map<String, String> pins = new HashMap<>();

  LocalSources(Clock clock) {
    this.clock = clock;
  }

  @Override
  public synchronized Look look(String key, Duration freshFor, Duration claimFor) {
    if (rows.size() > MOST_ROWS) {
      rows.clear();
    }
    Row row = rows.computeIfAbsent(key, unused -> new Row());
    Instant now = clock.instant();
    if (row.copy != null && row.checkedAt != null && row.checkedAt.plus(freshFor).isAfter(now)) {
      return new Look.Fresh(row.copy);
    }
    if (row.claim != null && row.claimedUntil.isAfter(now)) {
      return new Look.Wait();
    }
    row.claim = UUID.randomUUID();
    row.claimedUntil = now.plus(claimFor);
    return new Look.Ask(row.claim, Optional.ofNullable(row.copy));
  }

  @Override
  public synchronized boolean keep(String key, UUID claim, Copy copy) {
    Optional<Row> row = claimed(key, claim);
    row.ifPresent(mine -> mine.copy = copy);
    row.ifPresent(this::checked);
    return row.isPresent();
  }

  @Override
  public synchronized boolean unchanged(String key, UUID claim) {
    Optional<Row> row = claimed(key, claim);
    row.ifPresent(this::checked);
    return row.isPresent();
  }

  @Override
  public synchronized void giveUp(String key, UUID claim) {
    claimed(key, claim).ifPresent(row -> row.claim = null);
  }

  @Override
  public synchronized void expire(String key) {
    Row row = rows.get(key);
    if (row != null) {
      row.claim = null;
      row.checkedAt = null;
    }
  }

  @Override
  public synchronized String pin(String key, String value) {
    pins.putIfAbsent(key, value);
    return pinned(key).orElse(value);
  }

  @Override
  public synchronized Optional<String> pinned(String key) {
    return Optional.ofNullable(pins.get(key));
  }

  private Optional<Row> claimed(String key, UUID claim) {
    return Optional.ofNullable(rows.get(key)).filter(row -> claim.equals(row.claim));
  }

  private void checked(Row row) {
    row.checkedAt = clock.instant();
    row.claim = null;
  }

  private static final class Row {
    private @Nullable Copy copy;
    private @Nullable Instant checkedAt;
    private @Nullable UUID claim;
    private Instant claimedUntil = Instant.MIN;
  }
}
