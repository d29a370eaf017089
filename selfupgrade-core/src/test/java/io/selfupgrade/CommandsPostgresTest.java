package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.control.CommandStore.Entry;
import io.selfupgrade.control.CommandStore.State;
import io.selfupgrade.failover.Role;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryPlatform;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that are filed as Edge Functions file them, by a function of the database. */
class CommandsPostgresTest {

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final AgentName NAME = new AgentName("commanded");

  @TempDir private Path directory;
  private EmbeddedPostgres server;
  private String url;
  private SelfUpgrade agent;
  private PostgresStore store;
  private final InMemoryPlatform platform = new InMemoryPlatform();

  @BeforeEach
  void anAgentThatLeads() {
    server = TestPostgres.attach(directory.resolve("postgres"));
    url =
        server.jdbcUrl()
            + (server.jdbcUrl().contains("?") ? "&" : "?")
            + "user="
            + server.user()
            + "&password="
            + server.password().reveal();
    store = PostgresStore.at(url);
    agent =
        SelfUpgrade.builder(NAME.value()).version("1.4.0").store(store).deployTo(platform).build();
    agent.start();
    Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);
  }

  @AfterEach
  void close() {
    agent.close();
    server.close();
  }

  @Test
  void oneAfterAnotherIsCarriedOutAndOneThatThisVersionDoesNotKnowIsRefused() throws SQLException {
    execute("select * from selfupgrade.file_command('commanded', 'key-1', 'DEPLOY', '{}')");
    execute("select * from selfupgrade.file_command('commanded', 'key-2', 'RESTART', '{}')");
    execute("alter table selfupgrade.commands drop constraint commands_kind_check");
    execute("insert into selfupgrade.commands (agent, kind) values ('commanded', 'DANCE')");

    Eventually.holds(
        "all have ended",
        SOON,
        () -> newest().size() == 3 && newest().stream().allMatch(one -> one.state().isFinal()));

    assertThat(newest())
        .extracting(Entry::state)
        .containsExactly(State.REFUSED, State.REFUSED, State.DONE);
    assertThat(newest().get(0).note()).contains("knows no command DANCE", "RESTART or DEPLOY");
    assertThat(newest().get(1).note()).contains("not started by the launcher");
    assertThat(platform.accepted()).hasSize(1);
  }

  private List<Entry> newest() {
    return store.commands().newest(NAME, 10);
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
