package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.Json;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.RestorePlan;
import io.selfupgrade.upgrade.RestoreResult;
import io.selfupgrade.upgrade.SnapshotStore.Snapshot;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Copied rows that others clear, before and while they are taken back. */
class PostgresSnapshotTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String COUNT =
      "select count(*) from selfupgrade.snapshot_rows where snapshot = ?";
  private static final String DELETE = "delete from selfupgrade.snapshot_rows where snapshot = ?";

  private PostgresStore store;
  private Fence primary;

  @BeforeEach
  void lead() {
    store = PostgresStore.at(DATABASE.jdbcUrl());
    store.open(SchemaMode.APPLY);
    primary = Agents.lead(store);
    store.settings().put(primary.agent(), "tone", Json.of("1"), 0);
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void aCopyThatIsNotWholeIsNotTakenBack() throws SQLException {
    Snapshot snapshot = store.snapshots().take(primary).orElseThrow();
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      assertThat(update(connection, DELETE, snapshot.id())).isEqualTo(1);
    }

    RestorePlan plan = store.snapshots().plan(primary.agent(), snapshot.id()).orElseThrow();

    assertThat(plan.obstacle().orElseThrow()).contains("no longer kept");
    assertThat(store.snapshots().restore(primary, plan).orElseThrow())
        .isInstanceOf(RestoreResult.Refused.class);
    assertThat(store.settings().all(primary.agent())).hasSize(1);
  }

  @Test
  void whoClearsCopiesDuringARestoreTakesNothingAway() throws Exception {
    Snapshot snapshot = store.snapshots().take(primary).orElseThrow();
    RestorePlan plan = store.snapshots().plan(primary.agent(), snapshot.id()).orElseThrow();
    try (Connection other = DATABASE.dataSource().getConnection()) {
      other.setAutoCommit(false);
      assertThat(update(other, DELETE, snapshot.id())).isEqualTo(1);

      CompletableFuture<RestoreResult> restore =
          CompletableFuture.supplyAsync(
              () -> store.snapshots().restore(primary, plan).orElseThrow());
      Eventually.holds("the restore waits", SOON, this::somebodyWaitsForTheCopies);
      other.commit();

      assertThat(restore.get(SOON.toSeconds(), TimeUnit.SECONDS))
          .isInstanceOf(RestoreResult.Refused.class);
    }
    assertThat(store.settings().all(primary.agent())).hasSize(1);
  }

  @Test
  void aCopyThatAnotherIsAboutToFinishIsSpared() throws SQLException {
    UUID underWay = copyWithoutRow("1 minute");
    UUID forgotten = copyWithoutRow("2 hours");

    assertThat(store.snapshots().take(primary)).isPresent();

    assertThat(count(underWay)).isEqualTo(1);
    assertThat(count(forgotten)).isZero();
  }

  private UUID copyWithoutRow(String age) throws SQLException {
    UUID snapshot = UUID.randomUUID();
    try (Connection connection = DATABASE.dataSource().getConnection();
        PreparedStatement insert =
            connection.prepareStatement(
                "insert into selfupgrade.snapshot_rows"
                    + " (snapshot, agent, table_name, content, copied_at)"
                    + " values (?, ?, 'settings', '{}', clock_timestamp() - ?::interval)")) {
      insert.setObject(1, snapshot);
      insert.setString(2, primary.agent().value());
      insert.setString(3, age);
      insert.executeUpdate();
    }
    return snapshot;
  }

  private boolean somebodyWaitsForTheCopies() {
    try (Connection connection = DATABASE.dataSource().getConnection();
        PreparedStatement locks =
            connection.prepareStatement(
                "select 1 from pg_locks where not granted"
                    + " and relation = 'selfupgrade.snapshot_rows'::regclass");
        ResultSet waiting = locks.executeQuery()) {
      return waiting.next();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static int update(Connection connection, String sql, UUID snapshot) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, snapshot);
      return statement.executeUpdate();
    }
  }

  private static long count(UUID snapshot) throws SQLException {
    try (Connection connection = DATABASE.dataSource().getConnection();
        PreparedStatement statement = connection.prepareStatement(COUNT)) {
      statement.setObject(1, snapshot);
      try (ResultSet result = statement.executeQuery()) {
        assertThat(result.next()).isTrue();
        return result.getLong(1);
      }
    }
  }
}
