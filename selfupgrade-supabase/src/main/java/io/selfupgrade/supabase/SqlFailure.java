package io.selfupgrade.supabase;

import io.selfupgrade.agent.AdapterException;
import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Judges what Postgres, the driver and the pool report.
 *
 * <p>Source of the codes: PostgreSQL documentation, appendix A, "PostgreSQL Error Codes".
 */
final class SqlFailure {

  static final String LOCK_NOT_AVAILABLE = "55P03";
  static final String QUERY_CANCELED = "57014";

  /** The driver's, for a server without TLS where it is required, or without the password asked. */
  private static final String REJECTED = "08004";

  /** Connection, resources, and everything that the operator or another transaction caused. */
  private static final List<String> MAY_PASS =
      List.of(
          "08", "53", "57P", "58", "40001", "40P01", LOCK_NOT_AVAILABLE, QUERY_CANCELED, "25006");

  private static final Set<String> IDLE_TIMEOUTS = Set.of("25P03", "25P04");
  private static final Set<String> COLLISIONS = Set.of("40001", "40P01");

  private SqlFailure() {}

  /** Wraps a failure for the callers of a port. */
  static AdapterException of(String port, String operation, SQLException failure) {
    boolean retryable = retryable(failure);
    Optional<String> state = state(failure);
    String code = state.map(s -> " (SQLSTATE " + s + ")").orElse("");
    String advice =
        NotConnected.in(failure)
            .map(known -> known.cure() + (retryable ? "; it is tried again" : ""))
            .orElseGet(() -> advice(retryable, state));
    return new AdapterException(
        port, operation + " failed: " + said(failure) + code + "; " + advice, retryable, failure);
  }

  /** Tells whether the same statement may succeed later. */
  static boolean retryable(SQLException failure) {
    Optional<NotConnected> known = NotConnected.in(failure);
    if (known.isPresent()) {
      return known.get().retryable();
    }
    Optional<String> state = state(failure);
    if (state.filter(REJECTED::equals).isPresent()) {
      return false;
    }
    if (state.isPresent()) {
      return MAY_PASS.stream().anyMatch(state.get()::startsWith)
          || IDLE_TIMEOUTS.contains(state.get());
    }
    return failure instanceof SQLTransientException
        || failure instanceof SQLTimeoutException
        || failure.getCause() instanceof IOException
        || failure.getCause() instanceof InterruptedException;
  }

  /** Tells whether a transaction collided with another one and was undone: safe to repeat. */
  static boolean collision(SQLException failure) {
    return state(failure).filter(COLLISIONS::contains).isPresent();
  }

  /** Tells whether Postgres reported this code. */
  static boolean is(SQLException failure, String state) {
    return state(failure).filter(state::equals).isPresent();
  }

  /** Returns the first code in the chain; the pool hides the driver's behind its own exception. */
  private static Optional<String> state(SQLException failure) {
    Throwable at = failure;
    for (int depth = 0; at != null && depth < 10; depth++) {
      if (at instanceof SQLException sql && sql.getSQLState() != null) {
        return Optional.of(sql.getSQLState());
      }
      at = at.getCause();
    }
    return Optional.empty();
  }

  private static String said(SQLException failure) {
    Throwable cause = failure;
    while (cause.getCause() instanceof SQLException deeper) {
      cause = deeper;
    }
    String met = cause.getCause() instanceof IOException trouble ? " (" + trouble + ")" : "";
    return cause.getMessage() + met;
  }

  private static String advice(boolean retryable, Optional<String> state) {
    if (retryable) {
      return "it may succeed later";
    }
    String code = state.orElse("");
    if (code.startsWith("28")) {
      return "check user and password of the URL";
    }
    if (code.equals(REJECTED)) {
      return "check password and sslmode of the URL: TLS is required for every host but this"
          + " machine's unless the URL says sslmode=disable";
    }
    if (code.equals("3D000")) {
      return "check the database's name in the URL";
    }
    if (code.equals("42501")) {
      return "make the login a member of selfupgrade_agent, or use the owner of schema selfupgrade";
    }
    if (code.equals("42P01") || code.equals("42703") || code.equals("3F000")) {
      return "the schema is missing or too old: apply the migrations";
    }
    return "it will not succeed by itself";
  }
}
