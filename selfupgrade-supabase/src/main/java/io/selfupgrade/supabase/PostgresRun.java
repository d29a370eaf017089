package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.schedule.RunClaim;
import io.selfupgrade.schedule.RunEnd;
import io.selfupgrade.schedule.TaskRun;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;

/**
 * Writes a task's effects in the transaction that ends its tick: both are there, or neither.
 *
 * <p>An effect in this database therefore happens exactly once for each tick, however often
 * processes die and attempts are repeated.
 *
 * <pre>{@code
 * .task("invoices", Schedule.cron("0 2 * * *", UTC), run ->
 *     PostgresRun.of(run).commit(connection -> {
 *       try (var insert = connection.prepareStatement("insert into invoice ...")) {
 *         insert.executeUpdate();
 *       }
 *     }))
 * }</pre>
 */
public final class PostgresRun {

  private static final String PORT = PostgresTaskStore.PORT;

  private static final String LIMITS = "set local idle_in_transaction_session_timeout = '60s'";

  private final TaskRun run;
  private final TaskTicks ledger;
  private final Database database;

  private PostgresRun(TaskRun run, PostgresTaskStore tasks) {
    this.run = run;
    this.ledger = tasks.ticks();
    this.database = tasks.database();
  }

  /**
   * Takes the run of a task whose ledger is in Postgres.
   *
   * @throws IllegalArgumentException if the agent's store is no {@link PostgresStore}
   */
  public static PostgresRun of(TaskRun run) {
    Objects.requireNonNull(run, "run");
    if (run.ledger() instanceof PostgresTaskStore tasks) {
      return new PostgresRun(run, tasks);
    }
    throw new IllegalArgumentException(
        "task "
            + run.task()
            + " has its ledger in "
            + run.ledger().getClass().getName()
            + ": expected an agent with .store(PostgresStore...)");
  }

  /**
   * Runs the effects and commits them together with the success of the run.
   *
   * <p>The effects get a connection in an open transaction: they neither commit nor roll back, and
   * closing it does nothing. What they throw undoes everything and is thrown on. They should be
   * short, as they hold one of the store's few connections ({@link PostgresStore#poolSize}); a
   * pause of 60 s between two statements ends the transaction.
   *
   * @throws AdapterException if the claim was lost, so that another attempt runs this tick (not
   *     retryable), or the database could not be reached; nothing of the effects is there then,
   *     except when the message says that the end of the commit is unknown
   * @throws Exception what the effects throw
   */
  public void commit(Effects effects) throws Exception {
    Objects.requireNonNull(effects, "effects");
    commitResult(
        connection -> {
          effects.run(connection);
          return Optional.empty();
        });
  }

  /**
   * Does the same with effects that have a result.
   *
   * @return the effects' result
   * @throws AdapterException as {@link #commit} does
   * @throws Exception what the effects throw
   */
  public <T> T commitResult(EffectsWithResult<T> effects) throws Exception {
    Objects.requireNonNull(effects, "effects");
    Attempt<T> attempt = inTurn(effects);
    if (attempt.doubt().isPresent()) {
      resolve(attempt.doubt().get());
    }
    run.committed();
    return attempt.result();
  }

  /**
   * A transaction that ran to its end.
   *
   * @param result what the effects gave
   * @param doubt what the commit failed with, after which it may have happened or not
   */
  private record Attempt<T>(T result, Optional<SQLException> doubt) {}

  private <T> Attempt<T> inTurn(EffectsWithResult<T> effects) throws Exception {
    Database.HostTurn turn = database.hostTurn();
    try {
      if (!run.beginTransaction()) {
        throw lost();
      }
      return attempt(effects);
    } finally {
      run.endTransaction();
      turn.close();
    }
  }

  private <T> Attempt<T> attempt(EffectsWithResult<T> effects) throws Exception {
    try (Connection connection = begin()) {
      try {
        requireClaim(connection);
        T result = guarded(connection, effects);
        finish(connection);
        return new Attempt<>(result, commit(connection));
      } catch (Throwable e) {
        // Whatever it was, an Error too: nothing of it may be committed.
        Database.rollback(connection, e);
        throw e;
      } finally {
        Database.autoCommit(connection);
      }
    }
  }

  private Connection begin() {
    try {
      Connection connection = database.pool().borrow();
      connection.setAutoCommit(false);
      return connection;
    } catch (SQLException e) {
      throw failed("beginning", e);
    }
  }

  private void requireClaim(Connection connection) {
    Statements statements = new Statements(connection);
    RunClaim claim = run.claim();
    try {
      statements.script(LIMITS);
      if (!TaskTicks.own(statements, claim)) {
        throw lost();
      }
    } catch (SQLException e) {
      throw failed("reading the claim of", e);
    }
  }

  private static <T> T guarded(Connection connection, EffectsWithResult<T> effects)
      throws Exception {
    GuardedConnection guard = new GuardedConnection(connection);
    try {
      return effects.run(guard.connection());
    } finally {
      guard.end();
    }
  }

  private void finish(Connection connection) {
    try {
      if (!ledger.finishIn(new Statements(connection), RunEnd.succeeded(run.claim()))) {
        throw lost();
      }
    } catch (SQLException e) {
      throw failed("ending", e);
    }
  }

  private static Optional<SQLException> commit(Connection connection) {
    try {
      connection.commit();
      return Optional.empty();
    } catch (SQLException e) {
      return Optional.of(e);
    }
  }

  /** Reads how a commit ended whose answer did not come. */
  private void resolve(SQLException doubt) {
    RunClaim claim = run.claim();
    boolean committed;
    try {
      committed =
          database.transaction(
              PORT,
              "reading the end of " + name(),
              statements -> TaskTicks.ended(statements, claim));
    } catch (AdapterException e) {
      AdapterException unknown =
          new AdapterException(
              PORT,
              "the end of the commit of "
                  + name()
                  + " is unknown, as the database went away: the ledger tells when it is back",
              true,
              doubt);
      unknown.addSuppressed(e);
      throw unknown;
    }
    if (!committed) {
      throw failed("committing", doubt);
    }
  }

  private AdapterException failed(String doing, SQLException failure) {
    return Database.failure(PORT, doing + " " + name(), failure);
  }

  private AdapterException lost() {
    return new AdapterException(
        PORT,
        "the claim of "
            + name()
            + " was lost: it was given up, or another instance has it or ended it; nothing was"
            + " written here",
        false,
        null);
  }

  private String name() {
    RunClaim claim = run.claim();
    return "task " + claim.task() + ", tick " + claim.due() + ", attempt " + claim.attempt();
  }

  /** What a task writes with its tick. */
  @FunctionalInterface
  public interface Effects {
    /**
     * Writes.
     *
     * @param connection in the tick's transaction; of no use after the return
     * @throws Exception undoes everything
     */
    void run(Connection connection) throws Exception;
  }

  /**
   * What a task writes with its tick and hands out.
   *
   * @param <T> type of the result
   */
  @FunctionalInterface
  public interface EffectsWithResult<T> {
    /**
     * Writes.
     *
     * @param connection in the tick's transaction; of no use after the return
     * @return the result
     * @throws Exception undoes everything
     */
    T run(Connection connection) throws Exception;
  }
}
