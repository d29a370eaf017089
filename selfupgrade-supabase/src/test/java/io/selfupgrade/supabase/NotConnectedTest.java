package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.store.AgentStore.SchemaMode;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** That whoever cannot connect reads what to do about it. */
class NotConnectedTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final String DIRECT =
      "postgresql://postgres:hunter2@db.abcdefghij.supabase.co:5432/postgres";
  private static final String POOLER =
      "postgresql://postgres.abcdefghij:hunter2@aws-0-eu.pooler.supabase.com:5432/postgres";
  private static final String POOLER_WITHOUT_PROJECT =
      "postgresql://postgres:hunter2@aws-0-eu.pooler.supabase.com:6543/postgres";
  private static final String ELSEWHERE = "postgresql://u:hunter2@db.example.org/x";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          pooler    | XX000 | FATAL: Tenant or user not found                                   | true  | resume it in the dashboard
          pooler    | XX000 | FATAL: (ENOTFOUND) tenant/user postgres.abcdefghij not found      | true  | the region in the host
          pooler    | XX000 | FATAL: (EBANNED) tenant is banned: unpaid                         | true  | does not serve this project
          nameless  | XX000 | FATAL: Tenant or user not found                                   | false | expected USER.REF
          nameless  | XX000 | FATAL: (ENOIDENTIFIER) no tenant identifier provided              | false | expected USER.REF
          pooler    | XX000 | FATAL: MaxClientsInSessionMode: max clients reached               | true  | port 6543
          pooler    | XX000 | FATAL: (EMAXCONNSESSION) max clients reached in session mode      | true  | port 6543
          pooler    | XX000 | FATAL: (EMAXCLIENTCONN) max client connections reached, limit: 200 | true  | end other clients
          direct    | 53300 | FATAL: sorry, too many clients already                            | true  | connect through a pooler
          elsewhere | 53300 | FATAL: remaining connection slots are reserved                    | true  | end other clients
          elsewhere | 08P01 | FATAL: no more connections allowed (max_client_conn)              | true  | end other clients
          elsewhere | 08P01 | FATAL: unsupported startup parameter: extra_float_digits          | false | ignore_startup_parameters
          pooler    | XX000 | FATAL: (ESSLREQUIRED) SSL connection is required for user: p       | false | sslmode
          elsewhere | 28000 | FATAL: no pg_hba.conf entry for host "1.2.3.4", user "u", database "x", no encryption | false | sslmode
          pooler    | XX000 | FATAL: (ECIRCUITBREAKER) too many authentication errors           | true  | locked the user out
          pooler    | XX000 | FATAL: (EADDRNOTALLOWED) address not allowed                      | false | network restrictions
          pooler    | 28P01 | FATAL: password authentication failed for user "postgres"         | false | %40
          direct    | 28P01 | FATAL: password authentication failed for user "postgres"         | false | set anew in the database's settings
          referring | 28P01 | FATAL: password authentication failed for user "postgres.abc"     | false | without the project's reference
          elsewhere | 28P01 | FATAL: password authentication failed for user "u"                | false | check user and password
          elsewhere | 3D000 | FATAL: database "x" does not exist                                | false | check the database's name
          """)
  void whatAServerOrAPoolerSaysIsExplained(
      String where, String state, String said, boolean retryable, String cure) {
    assertExplained(url(where), new SQLException(said, state), retryable, cure);
  }

  private static String url(String where) {
    return switch (where) {
      case "direct" -> DIRECT;
      case "referring" -> DIRECT.replace("//postgres:", "//postgres.abcdefghij:");
      case "pooler" -> POOLER;
      case "nameless" -> POOLER_WITHOUT_PROJECT;
      default -> ELSEWHERE;
    };
  }

  /**
   * As the driver reports them; the first three are how a machine without IPv6 sees such a host.
   */
  @Test
  void whatTheNetworkMeetsIsExplained() {
    for (IOException unreachable :
        new IOException[] {
          new UnknownHostException("db.abcdefghij.supabase.co"),
          new NoRouteToHostException("No route to host"),
          new ConnectException("Network is unreachable")
        }) {
      assertExplained(DIRECT, attempt(unreachable), true, "IPv6 address only");
      assertExplained(DIRECT, attempt(unreachable), true, "pooler.supabase.com:5432");
      assertExplained(DIRECT, attempt(unreachable), true, "resume the project");
    }
    assertExplained(
        ELSEWHERE, attempt(new UnknownHostException("db.example.org")), true, "the host's name");
    assertExplained(
        ELSEWHERE, attempt(new ConnectException("Network is unreachable")), true, "no way to");
    assertExplained(
        POOLER, attempt(new ConnectException("Connection refused")), true, "host and port");
    assertExplained(
        ELSEWHERE, attempt(new SocketTimeoutException("Connect timed out")), true, "firewalls");
    assertExplained(POOLER, attempt(new EOFException()), true, "project is not paused");
  }

  private static SQLException attempt(IOException met) {
    return new SQLException("The connection attempt failed.", "08001", met);
  }

  private static void assertExplained(
      String url, SQLException failure, boolean retryable, String cure) {
    SQLException explained = NotConnected.explained(DatabaseUrl.parse(url), failure);
    SQLException throughThePool = new SQLTransientConnectionException("not available", explained);
    for (SQLException each : new SQLException[] {explained, throughThePool}) {
      AdapterException wrapped = SqlFailure.of("AgentStore", "connecting", each);
      assertThat(wrapped).hasMessageContaining(cure).hasMessageContaining(failure.getMessage());
      assertThat(wrapped).hasMessageNotContaining("hunter2");
      assertThat(wrapped.retryable()).as("%s", wrapped).isEqualTo(retryable);
      if (failure.getCause() != null) {
        assertThat(wrapped).hasMessageContaining(failure.getCause().toString());
      }
    }
  }

  @Test
  void aPortOfAnotherServiceIsNamed() throws IOException {
    try (ServerSocket other = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread closing = new Thread(() -> closeEach(other));
      closing.setDaemon(true);
      closing.start();
      assertRefused("postgresql://u:hunter2@127.0.0.1:" + other.getLocalPort() + "/x", "Postgres'");
    }
  }

  private static void closeEach(ServerSocket other) {
    try {
      while (true) {
        other.accept().close();
      }
    } catch (IOException ended) {
      // The test is over.
    }
  }

  @Test
  void aNameThatIsNotThereIsNamed() {
    assertRefused("postgresql://u:hunter2@db.abcdefghij.supabase.co.invalid/x", "the host's name");
  }

  @Test
  void aPoolerAsItComesTakesWhatTheDriverSendsAndSaysWhatItDoesNotTake() {
    try (PgBouncer pooler = PgBouncer.before(DATABASE.jdbcUrl(), PgBouncer.Mode.SESSION)) {
      String url = pooler.through(DATABASE.jdbcUrl());
      try (PostgresStore store = PostgresStore.at(url)) {
        store.open(SchemaMode.APPLY);
      }
      assertRefused(url + "&options=-c%20geqo=off", "ignore_startup_parameters of pgbouncer.ini");
    }
  }

  @Test
  void aPoolerThatTakesNoMoreClientsSaysSo() throws SQLException {
    try (PgBouncer full =
            PgBouncer.with(DATABASE.jdbcUrl(), PgBouncer.Mode.SESSION, "max_client_conn = 1");
        Connection only = DriverManager.getConnection(full.through(DATABASE.jdbcUrl()))) {
      assertRefused(full.through(DATABASE.jdbcUrl()), "all connections are taken");
      assertThat(only.isClosed()).isFalse();
    }
  }

  private static void assertRefused(String url, String cure) {
    try (PostgresStore store = PostgresStore.at(url)) {
      assertThatThrownBy(() -> store.open(SchemaMode.APPLY))
          .asInstanceOf(InstanceOfAssertFactories.type(AdapterException.class))
          .satisfies(e -> assertThat(e).hasMessageContaining(cure))
          .satisfies(e -> assertThat(e).hasMessageNotContaining("hunter2"));
    }
  }
}
