package io.selfupgrade.supabase.embedded;

import static io.selfupgrade.supabase.embedded.Prepared.query;
import static io.selfupgrade.supabase.embedded.Prepared.runs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.selfupgrade.agent.ConfigurationException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Root has several ways to run a server that refuses root; only root can test them all. */
class ServerAccountTest {

  private static final int DAEMON = 1;
  private static final int NAMELESS = 54_321;
  private static final int NOBODY = 65_534;

  private Path parent;
  private Path directory;

  @BeforeEach
  void makeADirectoryThatEverybodyMayPass() throws IOException {
    assumeThat(System.getProperty("user.name")).as("start as root to run it").isEqualTo("root");
    if (!"true".equals(System.getenv("CI"))) {
      assumeThat(Path.of("/usr/bin/setpriv")).as("install util-linux to run it").exists();
    }
    parent = Files.createTempDirectory("selfupgrade-account-");
    Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
    directory = Prepared.binaries(parent.resolve("server"));
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    if (parent != null) {
      EmbeddedPostgres.stop(directory);
      ServerDirectory.deleteTree(parent);
    }
  }

  private static int userOf(long pid) throws IOException {
    return ServerDirectory.ownerOf(Path.of("/proc/" + pid));
  }

  @Test
  void withoutUserNamespacesRootRunsItAsNobody() throws Exception {
    ServerSettings plain = ServerSettings.DEFAULT.withoutUserNamespaces();
    long first;
    try (EmbeddedPostgres server = EmbeddedPostgres.attach(directory, plain)) {
      first = server.pid();
      assertThat(userOf(first)).isEqualTo(NOBODY);
      assertThat(query(server, "SELECT 1")).isEqualTo("1");
      try (EmbeddedPostgres adopted = EmbeddedPostgres.attach(directory)) {
        assertThat(adopted.pid()).isEqualTo(first);
      }
    }
    assertThat(runs(first)).isFalse();
    try (EmbeddedPostgres again = EmbeddedPostgres.attach(directory)) {
      assertThat(userOf(again.pid())).as("who made the data keeps it").isEqualTo(NOBODY);
    }
  }

  @Test
  void dataMadeInAUserNamespaceIsGivenAwayWhenNamespacesAreRefusedLater() throws Exception {
    EmbeddedPostgres.attach(directory).close();
    ServerSettings plain = ServerSettings.DEFAULT.withoutUserNamespaces();
    try (EmbeddedPostgres server = EmbeddedPostgres.attach(directory, plain)) {
      assertThat(userOf(server.pid())).isEqualTo(NOBODY);
      assertThat(query(server, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void aDirectoryThatNobodyMayPassIsRefusedWithWhatToDo() throws Exception {
    Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwx------"));
    ServerSettings plain = ServerSettings.DEFAULT.withoutUserNamespaces();
    assertThatThrownBy(() -> EmbeddedPostgres.attach(directory, plain))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Postgres refuses to run as root")
        .hasMessageContaining("Start this program as an ordinary user");
  }

  @Test
  void dataOfAnotherUserIsRefused() throws Exception {
    EmbeddedPostgres.attach(directory).close();
    Files.setAttribute(directory.resolve("data"), "unix:uid", NAMELESS);
    assertThatThrownBy(() -> EmbeddedPostgres.attach(directory))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("belongs to the user with id " + NAMELESS);
  }

  @ParameterizedTest
  @ValueSource(ints = {DAEMON, NAMELESS})
  void anOrdinaryUserRunsItAsItself(int uid) throws Exception {
    String user = String.valueOf(uid);
    List<String> prefix = List.of("setpriv", "--reuid", user, "--regid", user, "--clear-groups");
    assumeThat(uid == DAEMON || succeeds(prefix, "unshare", "-U", "true"))
        .as("allow user namespaces to everybody to run it")
        .isTrue();
    Files.setAttribute(parent, "unix:uid", uid);
    Files.setAttribute(directory, "unix:uid", uid);
    long server;
    try (ClientProcess client = ClientProcess.start(prefix, readableClassPath(), directory)) {
      server = client.attached();
      assertThat(userOf(server)).isEqualTo(uid);
    }
    assertThat(runs(server)).isFalse();
  }

  private static boolean succeeds(List<String> prefix, String... words) throws Exception {
    List<String> command = Stream.concat(prefix.stream(), Stream.of(words)).toList();
    return new ProcessBuilder(command).start().waitFor() == 0;
  }

  /** The class path as copies, since root's own files are not for everybody to read. */
  private String readableClassPath() throws IOException {
    List<String> copies = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path source = Path.of(entry);
      if (Files.exists(source)) {
        Path copy = parent.resolve(copies.size() + "-" + source.getFileName());
        copies.add(Template.copy(source, copy, "").toString());
      }
    }
    return String.join(File.pathSeparator, copies);
  }
}
