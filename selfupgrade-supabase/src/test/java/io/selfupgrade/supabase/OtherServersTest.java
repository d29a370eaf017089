package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.control.Command;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.supabase.embedded.OtherPostgres;
import java.sql.SQLException;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The schema on servers of the other major versions, without any extension. */
class OtherServersTest {

  @ParameterizedTest
  @ValueSource(ints = {15, 16})
  void theSchemaIsMadeAndServes(int major) throws SQLException {
    try (OtherPostgres server = OtherPostgres.start(major);
        PostgresStore first = PostgresStore.at(server.jdbcUrl("postgres"));
        PostgresStore second = PostgresStore.at(server.jdbcUrl("postgres"))) {
      first.open(SchemaMode.APPLY);
      second.open(SchemaMode.VERIFY);

      Fence fence = Agents.lead(second);

      assertThat(Agents.query(server.jdbcUrl("postgres"), "show server_version"))
          .startsWith(major + ".");
      assertThat(first.commands().file(fence.agent(), Command.Wish.restart("key")).fresh())
          .isTrue();
      assertThat(second.commands().take(fence)).isPresent();
      assertThat(first.tasks().finish(Agents.claim(second, fence), Optional.empty())).isTrue();
      assertThat(first.jobs().runDue()).extracting(JobStore.Ran::name).isEqualTo(JobStore.NAMES);
    }
  }
}
