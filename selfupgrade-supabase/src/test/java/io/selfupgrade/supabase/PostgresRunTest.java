package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.testkit.InMemoryStore;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PostgresRunTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private PostgresStore store;
  private Fence fence;
  private RunClaim claim;
  private Agents.Run run;

  @BeforeEach
  void aClaimedTick() throws SQLException {
    store = PostgresStore.at(DATABASE.jdbcUrl());
    store.open(SchemaMode.APPLY);
    fence = Agents.lead(store);
    claim = Agents.claim(store, fence);
    run = Agents.run(store, claim);
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      new Statements(connection)
          .script("create table if not exists public.effect (run uuid, note text unique)");
      new Statements(connection).script("truncate public.effect");
    }
  }

  @AfterEach
  void closeTheStore() {
    store.close();
  }

  @Test
  void effectsAndSuccessAreCommittedTogether() throws Exception {
    String result =
        PostgresRun.of(run)
            .commitResult(
                connection -> {
                  insert(connection, "once");
                  assertThat(effects()).as("before the commit").isEmpty();
                  assertThat(state()).isEqualTo(RunRecord.State.RUNNING);
                  return "done";
                });

    assertThat(result).isEqualTo("done");
    assertThat(run.wasCommitted()).isTrue();
    assertThat(effects()).containsExactly("once");
    assertThat(state()).isEqualTo(RunRecord.State.SUCCEEDED);
    assertThat(store.tasks().finish(claim, Optional.of("late"))).isFalse();
  }

  @Test
  void whatTheEffectsThrowUndoesEverything() {
    IOException failure = new IOException("no paper");

    assertThatThrownBy(
            () ->
                PostgresRun.of(run)
                    .commit(
                        connection -> {
                          insert(connection, "lost");
                          throw failure;
                        }))
        .isSameAs(failure);

    assertThat(effects()).isEmpty();
    assertThat(state()).isEqualTo(RunRecord.State.RUNNING);
    assertThat(run.wasCommitted()).isFalse();
    assertThat(store.tasks().finish(claim, Optional.of("no paper"))).isTrue();
  }

  @Test
  void anErrorUndoesEverythingToo() {
    assertThatThrownBy(
            () ->
                PostgresRun.of(run)
                    .commit(
                        connection -> {
                          insert(connection, "lost");
                          throw new StackOverflowError("deep");
                        }))
        .isInstanceOf(StackOverflowError.class);

    assertThat(effects()).isEmpty();
    assertThat(state()).isEqualTo(RunRecord.State.RUNNING);
  }

  @Test
  void aLostClaimWritesNothing() {
    assertThat(store.tasks().giveBack(claim)).isTrue();
    RunClaim again = store.tasks().claimWaiting(fence, claim.task()).orElseThrow();

    assertThatThrownBy(() -> PostgresRun.of(run).commit(connection -> insert(connection, "twice")))
        .isInstanceOf(AdapterException.class)
        .hasMessageContaining("was lost")
        .hasMessageContaining("attempt 1");

    assertThat(effects()).isEmpty();
    assertThat(store.tasks().find(again).orElseThrow().claim().attempt()).isEqualTo(2);
    assertThat(state()).isEqualTo(RunRecord.State.RUNNING);
  }

  @Test
  void aRunIsCommittedOnce() throws Exception {
    PostgresRun.of(run).commit(connection -> insert(connection, "once"));

    assertThatThrownBy(() -> PostgresRun.of(run).commit(connection -> insert(connection, "twice")))
        .hasMessageContaining("was lost");

    assertThat(effects()).containsExactly("once");
  }

  @Test
  void theEndOfTheTransactionIsNotTheEffectsToDecide() throws Exception {
    List<Connection> kept = new ArrayList<>();
    PostgresRun.of(run)
        .commit(
            connection -> {
              kept.add(connection);
              assertThatThrownBy(connection::commit).hasMessageContaining("PostgresRun");
              assertThatThrownBy(connection::rollback).hasMessageContaining("PostgresRun");
              assertThatThrownBy(() -> connection.setAutoCommit(true))
                  .isInstanceOf(SQLException.class);
              Savepoint savepoint = connection.setSavepoint();
              insert(connection, "undone");
              connection.rollback(savepoint);
              insert(connection, "kept");
              connection.close();
              assertThat(connection.isClosed()).isFalse();
            });

    assertThat(effects()).containsExactly("kept");
    assertThat(kept.get(0).isClosed()).isTrue();
    assertThatThrownBy(() -> kept.get(0).createStatement()).hasMessageContaining("has ended");
  }

  @Test
  void aStatementThatFailedUndoesEverythingAlsoWhenTheEffectsHideIt() {
    assertThatThrownBy(
            () ->
                PostgresRun.of(run)
                    .commit(
                        connection -> {
                          insert(connection, "same");
                          try {
                            insert(connection, "same");
                          } catch (SQLException hidden) {
                            assertThat(hidden.getMessage()).contains("duplicate");
                          }
                        }))
        .isInstanceOf(AdapterException.class);

    assertThat(effects()).isEmpty();
    assertThat(run.wasCommitted()).isFalse();
  }

  @Test
  void aConnectionThatBreaksBeforeTheCommitWritesNothing() {
    assertThatThrownBy(
            () ->
                PostgresRun.of(run)
                    .commit(
                        connection -> {
                          insert(connection, "lost");
                          terminate(connection);
                        }))
        .isInstanceOf(AdapterException.class)
        .satisfies(e -> assertThat(((AdapterException) e).retryable()).isTrue());

    assertThat(effects()).isEmpty();
    assertThat(state()).isEqualTo(RunRecord.State.RUNNING);
  }

  @Test
  void aCommitWhoseAnswerIsLostIsLookedUp() throws Exception {
    try (LostAnswers lost = new LostAnswers(DATABASE.dataSource());
        PostgresStore cut = PostgresStore.using(lost)) {
      cut.open(SchemaMode.VERIFY);
      Agents.Run own = Agents.run(cut, claim);
      lost.losingTheNextCommit(true);
      PostgresRun.of(own).commit(connection -> insert(connection, "once"));

      assertThat(own.wasCommitted()).isTrue();
      assertThat(effects()).containsExactly("once");

      RunClaim second = Agents.next(store, fence, 1);
      Agents.Run undone = Agents.run(cut, second);
      lost.losingTheNextCommit(false);
      assertThatThrownBy(
              () -> PostgresRun.of(undone).commit(connection -> insert(connection, "never")))
          .isInstanceOf(AdapterException.class)
          .hasMessageContaining("committing");
      assertThat(undone.wasCommitted()).isFalse();
      assertThat(effects()).containsExactly("once");
    }
  }

  @Test
  void slowEffectsOfTheHostDoNotCostTheLease() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    RunClaim second = Agents.next(store, fence, 1);
    CompletableFuture<Void> slow = inBackground(run, inside, goOn);
    assertThat(inside.await(10, TimeUnit.SECONDS)).isTrue();
    CompletableFuture<Void> waiting =
        inBackground(Agents.run(store, second), new CountDownLatch(1), goOn);

    assertThat(store.leadership().renew(fence, Duration.ofSeconds(10), Optional.empty())).isTrue();
    assertThat(waiting).isNotDone();

    goOn.countDown();
    slow.get(10, TimeUnit.SECONDS);
    waiting.get(10, TimeUnit.SECONDS);
  }

  private static CompletableFuture<Void> inBackground(
      Agents.Run run, CountDownLatch inside, CountDownLatch goOn) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            PostgresRun.of(run)
                .commit(
                    connection -> {
                      inside.countDown();
                      goOn.await(30, TimeUnit.SECONDS);
                    });
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        },
        task -> new Thread(task).start());
  }

  @Test
  void anotherLedgerIsRefused() {
    try (InMemoryStore memory = new InMemoryStore(Clock.systemUTC())) {
      Agents.Run elsewhere = Agents.run(memory, claim);

      assertThatThrownBy(() -> PostgresRun.of(elsewhere))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("PostgresStore");
    }
  }

  private void insert(Connection connection, String note) throws SQLException {
    new Statements(connection)
        .update("insert into public.effect values (?, ?)", Arguments.of(claim.run(), note));
  }

  private static void terminate(Connection connection) throws SQLException {
    int pid = connection.unwrap(org.postgresql.PGConnection.class).getBackendPID();
    try (Connection admin = DATABASE.dataSource().getConnection()) {
      new Statements(admin).any("select pg_terminate_backend(?, 5000)", Arguments.of(pid));
    }
  }

  private static List<String> effects() {
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      return new Statements(connection)
          .list("select note from public.effect", row -> row.text("note"), Arguments.of());
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private RunRecord.State state() {
    return store.tasks().find(claim).orElseThrow().state();
  }
}
