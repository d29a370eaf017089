package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.failover.Acquisition;
import io.selfupgrade.failover.TakeOver;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.Trigger;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** That no write slips past a take-over, whichever of them is under way first. */
class FenceTest {

  @RegisterExtension final TestDatabase database = TestDatabase.fresh();

  private static final Duration SOON = Duration.ofSeconds(10);

  /** A protected write as the store makes them, left open. */
  private static final String FENCED_WRITE =
      "with "
          + Sql.FENCE
          + " insert into selfupgrade.upgrades (agent, trigger, from_version)"
          + " select f.agent, 'MANUAL', '1.0.0' from f";

  /** As a person or another tool would take the lead: no SELECT FOR UPDATE before it. */
  private static final String PLAIN_TAKE_OVER =
      "update selfupgrade.leadership set epoch = epoch + 1 where agent = ?";

  private PostgresStore store;
  private Connection writer;
  private Connection other;
  private Fence fence;

  @BeforeEach
  void aPrimaryWithAnOpenWrite() throws SQLException {
    store = PostgresStore.at(database.jdbcUrl());
    store.open(SchemaMode.APPLY);
    fence = Agents.lead(store);
    writer = database.dataSource().getConnection();
    writer.setAutoCommit(false);
    other = database.dataSource().getConnection();
    new Statements(other).script("set lock_timeout = '300ms'");
  }

  @AfterEach
  void closeAll() throws SQLException {
    writer.close();
    other.close();
    store.close();
  }

  private int write(Fence by) throws SQLException {
    return new Statements(writer).update(FENCED_WRITE, Arguments.of(by));
  }

  private int takeOverPlainly() throws SQLException {
    return new Statements(other).update(PLAIN_TAKE_OVER, Arguments.of(fence.agent()));
  }

  @Test
  void aTakeOverWaitsForAWriteUnderWay() throws SQLException {
    assertThat(write(fence)).isEqualTo(1);

    assertThatThrownBy(this::takeOverPlainly)
        .as("the unique constraint (agent, epoch) makes a change of the epoch wait")
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("lock timeout");

    writer.commit();
    assertThat(takeOverPlainly()).isEqualTo(1);
  }

  @Test
  void withoutTheUniqueConstraintATakeOverWouldSlipPast() throws SQLException {
    new Statements(other)
        .script("alter table selfupgrade.leadership drop constraint leadership_fence");
    assertThat(write(fence)).isEqualTo(1);

    assertThat(takeOverPlainly()).as("this is what the constraint prevents").isEqualTo(1);
  }

  @Test
  void aRenewalDoesNotWaitForAWriteUnderWay() throws SQLException {
    assertThat(write(fence)).isEqualTo(1);

    assertThat(store.leadership().renew(fence, Agents.TTL, Optional.empty())).isTrue();
    assertThat(store.instances().heartbeat(fence.holder())).isTrue();
  }

  @Test
  void aWriteThatWaitedForATakeOverChangesNothing() throws Exception {
    Statements takeOver = new Statements(other);
    other.setAutoCommit(false);
    takeOver.any(Sql.LEAD_FOR_UPDATE, Arguments.of(fence));
    CompletableFuture<Boolean> write =
        CompletableFuture.supplyAsync(
            () -> store.journal().open(fence, Trigger.MANUAL, Agents.V1).isPresent());
    Eventually.holds("the write waits", SOON, this::someoneWaits);

    takeOver.update(PLAIN_TAKE_OVER, Arguments.of(fence.agent()));
    other.commit();

    assertThat(write.get(10, TimeUnit.SECONDS)).isFalse();
    assertThat(store.journal().openUpgrade(fence.agent())).isEmpty();
  }

  @Test
  void theStoresTakeOverWaitsForAWriteUnderWayAndThenSucceeds() throws Exception {
    assertThat(write(fence)).isEqualTo(1);
    CompletableFuture<Acquisition> takeOver =
        CompletableFuture.supplyAsync(
            () ->
                store
                    .leadership()
                    .acquire(
                        Agents.instance(store, fence.agent()),
                        new TakeOver.Attested(fence.holder(), fence.epoch()),
                        Agents.TTL));
    Eventually.holds("the take-over waits", SOON, this::someoneWaits);

    writer.commit();

    assertThat(takeOver.get(10, TimeUnit.SECONDS)).isInstanceOf(Acquisition.Acquired.class);
    assertThat(write(fence)).isZero();
  }

  @Test
  void aProcessThatIsPausedInADecisionHoldsNobodyUpForLong() throws Exception {
    Database paused = new Database();
    Connector connector = new Connector(() -> DatabaseUrl.parse(database.jdbcUrl()));
    Place place = DatabaseUrl.parse(database.jdbcUrl()).place();
    HikariPool pool = new HikariPool(new HikariPool.Plan(connector, connector, place, 2, () -> {}));
    pool.settle(ConnectionKind.DIRECT);
    paused.opened(pool);
    CountDownLatch locked = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    CompletableFuture<Boolean> decision =
        CompletableFuture.supplyAsync(
            () ->
                paused.transaction(
                    "Test", "deciding", statements -> pausing(statements, locked, goOn)));
    assertThat(locked.await(10, TimeUnit.SECONDS)).isTrue();

    assertThat(Agents.takeOver(store, fence).epoch()).isEqualTo(2);

    goOn.countDown();
    assertThatThrownBy(() -> decision.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(AdapterException.class);
    paused.close();
  }

  private boolean pausing(Statements statements, CountDownLatch locked, CountDownLatch goOn)
      throws SQLException {
    statements.any(Sql.LEAD_FOR_UPDATE, Arguments.of(fence));
    locked.countDown();
    try {
      goOn.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return statements.any(Sql.LEAD_FOR_UPDATE, Arguments.of(fence));
  }

  private boolean someoneWaits() {
    try (Connection connection = database.dataSource().getConnection()) {
      return new Statements(connection)
          .any(
              "select 1 from pg_locks l join pg_stat_activity a on a.pid = l.pid"
                  + " where not l.granted and a.datname = current_database()",
              Arguments.of());
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }
}
