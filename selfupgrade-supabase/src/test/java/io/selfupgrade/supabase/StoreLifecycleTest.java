package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.failover.LeadershipSession;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.testkit.Eventually;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How a store is opened and closed in places that are not made for it. */
class StoreLifecycleTest {

  @RegisterExtension final TestDatabase database = TestDatabase.fresh();

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int JVMS = 4;
  private static final int STORES = 5;

  @Test
  @Timeout(60)
  void aHostThatAcceptsAndNeverAnswersEndsByItsDeadline() throws IOException {
    try (ServerSocket hole = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        PostgresStore store =
            PostgresStore.at(
                "postgresql://u:hunter2@127.0.0.1:"
                    + hole.getLocalPort()
                    + "/x?connectTimeout=1&loginTimeout=1&socketTimeout=2")) {
      assertThatThrownBy(() -> store.open(SchemaMode.APPLY))
          .asInstanceOf(InstanceOfAssertFactories.type(AdapterException.class))
          .satisfies(e -> assertThat(e.retryable()).isTrue())
          .satisfies(e -> assertThat(e).hasMessageNotContaining("hunter2"));
    }
    Eventually.holds("the driver's thread has ended", SOON, () -> driverThreads().isEmpty());
  }

  @Test
  void aServerWithoutTheRequiredEncryptionIsRefusedWithWhatToDo() {
    try (PostgresStore store = PostgresStore.at(database.jdbcUrl() + "&sslmode=require")) {
      assertThatThrownBy(() -> store.open(SchemaMode.APPLY))
          .asInstanceOf(InstanceOfAssertFactories.type(AdapterException.class))
          .satisfies(e -> assertThat(e.retryable()).isFalse())
          .satisfies(e -> assertThat(e).hasMessageContaining("sslmode=disable"));
    }
  }

  @Test
  void aDataSourceIsLeftAsItWasFound() throws Exception {
    try (CarelessPool host = new CarelessPool(database.dataSource(), 4)) {
      List<String> before = host.states();
      try (PostgresStore store = PostgresStore.using(host)) {
        store.open(SchemaMode.APPLY);
        Fence fence = Agents.lead(store);
        LeadershipSession session = store.leadership().openSession(fence.agent());
        assertThat(session.tryLock(1)).isPresent();
        assertThat(session.awaitLock(2, Duration.ofMillis(20))).isTrue();
        assertThat(store.leadership().renew(fence, Agents.TTL, Optional.empty())).isTrue();
        Agents.Run run = Agents.run(store, Agents.claim(store, fence));
        PostgresRun.of(run).commit(connection -> {});
        assertThat(run.wasCommitted()).isTrue();
      }
      assertThat(host.states()).isEqualTo(before);
      assertThat(host.lent()).isZero();
    }
  }

  /** One that its pool gives out although it is broken, which the first question shows. */
  @Test
  void aConnectionThatCannotBeLentGoesBackToItsPool() throws Exception {
    AtomicInteger out = new AtomicInteger();
    HostDataSource host =
        new HostDataSource() {
          @Override
          public Connection getConnection() throws SQLException {
            Connection connection = database.dataSource().getConnection();
            out.incrementAndGet();
            return replacing(
                connection,
                method -> {
                  if (method.equals("getAutoCommit")) {
                    throw new SQLException("broken", "08006");
                  }
                  if (method.equals("close")) {
                    out.decrementAndGet();
                  }
                  return false;
                });
          }

          @Override
          public void close() {
            // Keeps nothing.
          }
        };
    try (PostgresStore store = PostgresStore.using(host)) {
      assertThatThrownBy(() -> store.open(SchemaMode.VERIFY))
          .isInstanceOf(AdapterException.class)
          .hasMessageContaining("broken");
    }
    assertThat(out).hasValue(0);
  }

  /** What the host has in a session of its own, such as a lock of a scheduler, is the host's. */
  @Test
  void whatTheHostHasInAConnectionStaysThere() throws Exception {
    try (CarelessPool host = new CarelessPool(database.dataSource(), 2)) {
      host.inEach("listen host; select pg_advisory_lock_shared(42)");
      List<String> before = host.states();
      try (PostgresStore store = PostgresStore.using(host)) {
        store.open(SchemaMode.APPLY);
        Fence fence = Agents.lead(store);
        LeadershipSession session = store.leadership().openSession(fence.agent());
        assertThat(session.tryLock(1)).isPresent();
        session.close();
      }
      assertThat(host.states()).isEqualTo(before);
    }
  }

  @Test
  void twentyInstancesInFourProcessesMakeTheSchemaOnce() throws Exception {
    List<Process> openers = new ArrayList<>();
    try {
      for (int i = 0; i < JVMS; i++) {
        openers.add(opener());
      }
      for (Process opener : openers) {
        assertThat(line(opener)).isEqualTo("ready");
      }
      for (Process opener : openers) {
        try (PrintStream go = new PrintStream(opener.getOutputStream(), true)) {
          go.println("go");
        }
      }
      for (Process opener : openers) {
        assertThat(rest(opener)).endsWith("opened " + STORES + "\n");
        assertThat(opener.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(opener.exitValue()).isZero();
      }
    } finally {
      openers.forEach(Process::destroyForcibly);
    }
    assertThat(applied()).isEqualTo(MigrationFile.own().size());
  }

  private Process opener() throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    ProcessBuilder builder =
        new ProcessBuilder(
            java,
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            StoreOpener.class.getName(),
            Integer.toString(STORES));
    builder.environment().put(StoreOpener.URL, database.jdbcUrl());
    return builder.redirectErrorStream(true).start();
  }

  private static String line(Process process) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = process.getInputStream().read(); c >= 0 && c != '\n'; ) {
      line.append((char) c);
      c = process.getInputStream().read();
    }
    return line.toString();
  }

  private static String rest(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private long applied() throws SQLException {
    try (Connection connection = database.dataSource().getConnection()) {
      return new Statements(connection)
          .first(
              "select count(*) as count from selfupgrade.schema_history",
              row -> row.number("count"),
              Arguments.of())
          .orElseThrow();
    }
  }

  private static List<String> driverThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.contains("PostgreSQL JDBC driver connection thread"))
        .toList();
  }
}
