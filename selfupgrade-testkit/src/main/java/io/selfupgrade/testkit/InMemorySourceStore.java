package io.selfupgrade.testkit;

import io.selfupgrade.upgrade.SourceStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What release sources keep, in memory. */
final class InMemorySourceStore implements SourceStore {

  private final InMemoryState state;

  InMemorySourceStore(InMemoryState state) {
    this.state = state;
  }

  @Override
  public Look look(String key, Duration freshFor, Duration claimFor) {
    return state.transact(
        () -> {
          Row row = state.sources.computeIfAbsent(key, unused -> new Row());
          Instant now = state.now();
          if (row.copy != null
              && row.checkedAt != null
              && row.checkedAt.plus(freshFor).isAfter(now)) {
            return new Look.Fresh(row.copy);
          }
          if (row.claim != null && row.claimedUntil.isAfter(now)) {
            return new Look.Wait();
          }
          row.claim = UUID.randomUUID();
          row.claimedUntil = now.plus(claimFor);
          return new Look.Ask(row.claim, Optional.ofNullable(row.copy));
        });
  }

  @Override
  public boolean keep(String key, UUID claim, Copy copy) {
    return state.transact(
        () -> {
          Optional<Row> row = claimed(key, claim);
          row.ifPresent(mine -> mine.copy = copy);
          row.ifPresent(this::checked);
          return row.isPresent();
        });
  }

  @Override
  public boolean unchanged(String key, UUID claim) {
    return state.transact(
        () -> {
          Optional<Row> row = claimed(key, claim);
          row.ifPresent(this::checked);
          return row.isPresent();
        });
  }

  @Override
  public void giveUp(String key, UUID claim) {
    state.transact(() -> claimed(key, claim).ifPresent(row -> row.claim = null));
  }

  @Override
  public void expire(String key) {
    state.transact(
        () -> {
          Row row = state.sources.get(key);
          if (row != null) {
            row.claim = null;
            row.checkedAt = null;
          }
        });
  }

  @Override
  public String pin(String key, String value) {
    return state.transact(
        () -> {
          state.pins.putIfAbsent(key, value);
          return state.pins.get(key);
        });
  }

  @Override
  public Optional<String> pinned(String key) {
    return state.transact(() -> Optional.ofNullable(state.pins.get(key)));
  }

  private Optional<Row> claimed(String key, UUID claim) {
    return Optional.ofNullable(state.sources.get(key)).filter(row -> claim.equals(row.claim));
  }

  private void checked(Row row) {
    row.checkedAt = state.now();
    row.claim = null;
  }

  /** A copy, and who may ask. */
  static final class Row {
    private @Nullable Copy copy;
    private @Nullable Instant checkedAt;
    private @Nullable UUID claim;
    private Instant claimedUntil = Instant.MIN;
  }
}
