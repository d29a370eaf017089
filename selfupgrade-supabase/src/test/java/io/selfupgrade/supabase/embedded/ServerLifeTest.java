package io.selfupgrade.supabase.embedded;

import static io.selfupgrade.supabase.embedded.Prepared.query;
import static io.selfupgrade.supabase.embedded.Prepared.runs;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several JVMs, some of them killed, on one directory. */
class ServerLifeTest {

  @TempDir private Path own;
  private Path directory;
  private final List<ClientProcess> started = new ArrayList<>();

  @AfterEach
  void nothingIsLeftRunning() {
    started.forEach(ClientProcess::kill);
    EmbeddedPostgres.stop(directory);
  }

  private ClientProcess startClient() throws IOException {
    ClientProcess client = ClientProcess.start(directory);
    started.add(client);
    return client;
  }

  @Test
  void theServerOutlivesTheKilledProcessThatStartedItAndTheNextLastClientStopsIt()
      throws Exception {
    directory = Prepared.cluster(own.resolve("server"));
    ClientProcess starter = startClient();
    long server = starter.attached();
    starter.kill();
    assertThat(runs(server)).isTrue();
    EmbeddedPostgres next = EmbeddedPostgres.attach(directory);
    assertThat(next.pid()).isEqualTo(server);
    assertThat(query(next, "SELECT 1")).isEqualTo("1");
    next.close();
    assertThat(runs(server)).isFalse();
    assertThat(directory.resolve("clients")).isEmptyDirectory();
  }

  @Test
  void twoProcessesThatStartColdAtOnceShareOneServer() throws Exception {
    directory = own.resolve("cold");
    ClientProcess one = startClient();
    ClientProcess other = startClient();
    long server = one.attached();
    assertThat(other.attached()).isEqualTo(server);
    one.close();
    assertThat(runs(server)).isTrue();
    other.close();
    assertThat(runs(server)).isFalse();
  }

  @Test
  void aProcessThatLeavesKeepsTheServerForTheOthers() throws Exception {
    directory = Prepared.cluster(own.resolve("server"));
    try (EmbeddedPostgres here = EmbeddedPostgres.attach(directory)) {
      ClientProcess there = startClient();
      assertThat(there.attached()).isEqualTo(here.pid());
      there.close();
      assertThat(query(here, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void aClientThatClosesStopsTheServerThoughAnotherOneWasKilled() throws Exception {
    directory = Prepared.cluster(own.resolve("server"));
    EmbeddedPostgres here = EmbeddedPostgres.attach(directory);
    ClientProcess there = startClient();
    there.attached();
    there.kill();
    here.close();
    assertThat(runs(here.pid())).isFalse();
  }

  @Test
  void aStarterKilledWhileItMakesTheClusterLeavesNothingThatStopsTheNext() throws Exception {
    directory = Prepared.binaries(own.resolve("server"));
    ClientProcess starter = startClient();
    Prepared.eventually(() -> Prepared.hasEntry(directory, "temporary-data-"));
    starter.kill();
    try (EmbeddedPostgres next = EmbeddedPostgres.attach(directory)) {
      assertThat(query(next, "SELECT 1")).isEqualTo("1");
    }
    // its initdb may still be at work, until it notices that its directory is gone
    Prepared.eventually(
        () -> {
          EmbeddedPostgres.attach(directory).close();
          return !Prepared.hasEntry(directory, "temporary-data-");
        });
  }
}
