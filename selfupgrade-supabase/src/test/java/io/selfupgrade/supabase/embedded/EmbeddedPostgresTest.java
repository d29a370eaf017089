package io.selfupgrade.supabase.embedded;

import static io.selfupgrade.supabase.embedded.Prepared.eventually;
import static io.selfupgrade.supabase.embedded.Prepared.execute;
import static io.selfupgrade.supabase.embedded.Prepared.kill;
import static io.selfupgrade.supabase.embedded.Prepared.query;
import static io.selfupgrade.supabase.embedded.Prepared.runs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedPostgresTest {

  @TempDir private static Path temporary;

  private static Path directory;

  @BeforeAll
  static void makeACluster() {
    directory = Prepared.cluster(temporary.resolve("server"));
  }

  @AfterEach
  void nothingIsLeftRunning() throws IOException {
    EmbeddedPostgres.stop(directory);
    assertThat(clientFiles()).isZero();
  }

  private long clientFiles() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("clients"))) {
      return files.count();
    }
  }

  private static boolean answers(EmbeddedPostgres server) throws SQLException {
    return "1".equals(query(server, "SELECT 1"));
  }

  @Test
  void aServerHasTheSettingsThatWePromise() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.attach(directory)) {
      assertThat(query(server, "SHOW listen_addresses")).isEqualTo("127.0.0.1");
      assertThat(query(server, "SHOW unix_socket_directories")).isEmpty();
      assertThat(query(server, "SHOW server_encoding")).isEqualTo("UTF8");
      assertThat(query(server, "SHOW fsync")).isEqualTo("on");
      assertThat(query(server, "SHOW synchronous_commit")).isEqualTo("on");
      assertThat(query(server, "SHOW max_connections")).isEqualTo("100");
      assertThat(query(server, "SHOW log_timezone")).isEqualTo("UTC");
      assertThat(query(server, "SELECT lower('ÄÖ')")).isEqualTo("äö");
    }
  }

  @Test
  void onlyThePasswordOpensIt() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.attach(directory)) {
      assertThatThrownBy(() -> DriverManager.getConnection(server.jdbcUrl(), "postgres", "guessed"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("password authentication failed");
      String password = server.password().reveal();
      assertThat(password).hasSizeGreaterThan(20);
      assertThat(server.toString()).doesNotContain(password);
      assertThat(server.jdbcUrl()).doesNotContain(password);
      Path file = directory.resolve("password");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void theSecondClientAdoptsAndTheLastOneStopsTheServer() throws Exception {
    EmbeddedPostgres first = EmbeddedPostgres.attach(directory);
    EmbeddedPostgres second = EmbeddedPostgres.attach(directory);
    assertThat(second.pid()).isEqualTo(first.pid());
    assertThat(second.jdbcUrl()).isEqualTo(first.jdbcUrl());
    first.close();
    assertThat(answers(second)).isTrue();
    second.close();
    assertThat(runs(second.pid())).isFalse();
  }

  @Test
  void closingTwiceDoesNotLeaveForAnotherClient() throws Exception {
    EmbeddedPostgres first = EmbeddedPostgres.attach(directory);
    try (EmbeddedPostgres second = EmbeddedPostgres.attach(directory)) {
      first.close();
      first.close();
      assertThat(answers(second)).isTrue();
      assertThatThrownBy(first::ensureRunning).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void closingOnAnInterruptedThreadStopsTheServerAndKeepsTheInterrupt() {
    EmbeddedPostgres server = EmbeddedPostgres.attach(directory);
    Thread.currentThread().interrupt();
    server.close();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(runs(server.pid())).isFalse();
  }

  @Test
  void threadsThatAttachAtOnceShareOneServer() {
    CyclicBarrier together = new CyclicBarrier(4);
    CompletableFuture<?>[] clients =
        Stream.generate(() -> CompletableFuture.supplyAsync(() -> attachAfter(together)))
            .limit(4)
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(clients).join();
    assertThat(Stream.of(clients).map(client -> ((EmbeddedPostgres) client.join()).pid()))
        .hasSize(4)
        .containsOnly(((EmbeddedPostgres) clients[0].join()).pid());
    long pid = ((EmbeddedPostgres) clients[0].join()).pid();
    CompletableFuture.allOf(
            Stream.of(clients)
                .map(client -> client.thenAcceptAsync(it -> ((EmbeddedPostgres) it).close()))
                .toArray(CompletableFuture[]::new))
        .join();
    assertThat(runs(pid)).isFalse();
  }

  private EmbeddedPostgres attachAfter(CyclicBarrier together) {
    try {
      together.await();
      return EmbeddedPostgres.attach(directory);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void stopEndsAServerInUseWithItsOpenTransactionsAndMayBeRepeated() throws Exception {
    EmbeddedPostgres server = EmbeddedPostgres.attach(directory);
    try (Connection open = Prepared.connect(server)) {
      open.setAutoCommit(false);
      open.createStatement().execute("CREATE TABLE never_committed (id int)");
      EmbeddedPostgres.stop(directory);
      assertThat(runs(server.pid())).isFalse();
    }
    EmbeddedPostgres.stop(directory);
    server.close();
  }

  @Test
  void stopOfADirectoryThatNeverWasCreatesNothing() throws Exception {
    Path nowhere = temporary.resolve("nowhere");
    EmbeddedPostgres.stop(nowhere);
    assertThat(nowhere).doesNotExist();
    EmbeddedPostgres.attach(directory).close();
  }

  @Test
  void aKilledServerIsStartedAgainOnItsPortAndItsDataIsThere() throws Exception {
    EmbeddedPostgres first = EmbeddedPostgres.attach(directory);
    execute(first, "CREATE TABLE IF NOT EXISTS kept (id int)", "INSERT INTO kept VALUES (7)");
    String url = first.jdbcUrl();
    long killed = first.pid();
    kill(killed);
    try (EmbeddedPostgres second = EmbeddedPostgres.attach(directory)) {
      assertThat(second.pid()).isNotEqualTo(killed);
      assertThat(second.jdbcUrl()).isEqualTo(url);
      assertThat(query(second, "SELECT id FROM kept")).isEqualTo("7");
      first.ensureRunning();
      assertThat(first.pid()).isEqualTo(second.pid());
      first.close();
      assertThat(answers(second)).isTrue();
    }
  }

  @Test
  void aServerWhosePortWasTakenMovesToAnother() throws Exception {
    EmbeddedPostgres.attach(directory).close();
    int last = Integer.parseInt(Files.readString(directory.resolve("port")).strip());
    try (ServerSocket taken = new ServerSocket(last, 1, InetAddress.getLoopbackAddress());
        EmbeddedPostgres server = EmbeddedPostgres.attach(directory)) {
      assertThat(server.jdbcUrl()).doesNotContain(":" + taken.getLocalPort() + "/");
      assertThat(answers(server)).isTrue();
    }
  }

  @Test
  void aStalePidFileWithTheProcessIdOfAStrangerIsNoServer() throws Exception {
    EmbeddedPostgres.attach(directory).close();
    for (long stranger : new long[] {ProcessHandle.current().pid(), 1, 4_000_000}) {
      writePidFile(stranger + "\n" + directory.toRealPath() + "/data\n1700000000\n5432\n\n");
      try (EmbeddedPostgres server = EmbeddedPostgres.attach(directory)) {
        assertThat(answers(server)).isTrue();
      }
    }
  }

  @Test
  void anUnreadablePidFileIsNoServer() throws Exception {
    EmbeddedPostgres.attach(directory).close();
    for (String text : new String[] {"", "what\nis\nthis\n?\n"}) {
      writePidFile(text);
      try (EmbeddedPostgres server = EmbeddedPostgres.attach(directory)) {
        assertThat(answers(server)).isTrue();
      }
    }
  }

  private void writePidFile(String text) throws IOException {
    Files.writeString(directory.resolve("data/postmaster.pid"), text);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void theServerHasASessionOfItsOwn() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.attach(directory)) {
      // state, parent, process group, session: proc(5)
      String stat = Files.readString(Path.of("/proc/" + server.pid() + "/stat"));
      String session = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 5)[3];
      assertThat(session).isEqualTo(String.valueOf(server.pid()));
    }
  }

  @Test
  void theFileOfADeadClientIsRemoved() throws Exception {
    EmbeddedPostgres server = EmbeddedPostgres.attach(directory);
    Files.createFile(directory.resolve("clients/1-1-dead.lock"));
    server.close();
    assertThat(runs(server.pid())).isFalse();
    eventually(() -> !Files.exists(directory.resolve("clients/1-1-dead.lock")));
  }
}
