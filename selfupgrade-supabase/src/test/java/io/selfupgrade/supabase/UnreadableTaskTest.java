package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskAgenda;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskStatus;
import io.selfupgrade.schedule.TaskStore;
import io.selfupgrade.store.AgentStore.SchemaMode;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A row that this version cannot read costs no other task its ticks. */
class UnreadableTaskTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final TaskConfig BERLIN =
      TaskConfig.of("berlin", Schedule.cron("0 7 * * *", ZoneId.of("Europe/Berlin")));
  private static final TaskConfig OTHER =
      TaskConfig.of("other", Schedule.every(Duration.ofMinutes(1)));

  private final AgentName agent = new AgentName("unreadable-" + UUID.randomUUID());
  private final PostgresStore store = PostgresStore.at(DATABASE.jdbcUrl());

  @BeforeEach
  void schedule() {
    store.open(SchemaMode.APPLY);
    store.tasks().schedule(agent, BERLIN);
    store.tasks().schedule(agent, OTHER);
  }

  @AfterEach
  void close() {
    store.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "time_zone = 'Mars/Olympus'",
        "time_zone = '?'",
        "missed = 'RUN_ALL', missed_most = 0",
        "task_type = 'berlin', payload = '[]', retry_first_micros = 5, retry_longest_micros = 9,"
            + " jitter_micros = 9000000000000000000, time_zone = 'X'"
      })
  void itIsShownAsItIsAndTheOthersAreRead(String change) throws SQLException {
    change(change);

    List<TaskAgenda.Entry> agenda = store.tasks().agenda(agent, List.of("berlin", "other")).tasks();
    assertThat(agenda).hasSize(2);
    assertThat(agenda.get(0).definition().schedule()).isInstanceOf(Schedule.Unreadable.class);
    assertThat(agenda.get(1).definition()).isEqualTo(OTHER);
    TaskStatus status = store.tasks().list(agent, Optional.of("berlin")).get(0);
    assertThat(status.hindrance().orElseThrow()).startsWith("its row cannot be read: ");

    assertThat(store.tasks().schedule(agent, BERLIN)).isEqualTo(TaskStore.Change.UPDATED);
    assertThat(store.tasks().list(agent, Optional.of("berlin")).get(0).config()).isEqualTo(BERLIN);
  }

  @Test
  void oneWhoseNameIsNoneIsLeftOut() throws SQLException {
    change("name = 'two words'");

    assertThat(store.tasks().agenda(agent, List.of("berlin", "other")).tasks()).hasSize(1);
    assertThat(store.tasks().list(agent, Optional.empty())).hasSize(1);
  }

  private void change(String what) throws SQLException {
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      new Statements(connection)
          .script(
              "update selfupgrade.scheduled_tasks set "
                  + what
                  + " where name = 'berlin' and agent = '"
                  + agent
                  + "'");
    }
  }
}
