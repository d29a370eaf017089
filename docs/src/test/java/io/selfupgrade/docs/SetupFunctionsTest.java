package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.SetupReport;
import io.selfupgrade.supabase.SetupReport.Mark;
import io.selfupgrade.supabase.SupabaseSetup;
import io.selfupgrade.supabase.TestDatabase;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How the set-up sees functions that run. */
final class SetupFunctionsTest {

  @RegisterExtension final TestDatabase database = TestDatabase.fresh();

  @Test
  void itTellsWhetherTheyAnswerAndTakeTheKey() throws Exception {
    try (PostgresStore store = PostgresStore.at(database.jdbcUrl())) {
      store.open(SchemaMode.APPLY);
    }
    try (EdgeRuntime functions = EdgeRuntime.start(database, Map.of())) {
      assertThat(seen(functions, EdgeRuntime.SECRET_KEY, Mark.GOOD))
          .containsExactly(
              "health answers; the agent is down",
              "agent-core takes the key; the agent has not been started yet");
      assertThat(seen(functions, EdgeRuntime.SECRET_KEY + "x", Mark.WRONG))
          .singleElement()
          .satisfies(text -> assertThat(text).contains("401").doesNotContain("sb_secret_tests"));

      new EdgeRows(database).agent(EdgeRuntime.AGENT, "1.0.0", "1.0.0");
      assertThat(seen(functions, EdgeRuntime.SECRET_KEY, Mark.GOOD))
          .containsExactly(
              "health answers; the agent is up", "agent-core takes the key and knows the agent");
    }
  }

  static SetupReport example() {
    // region setup
    SetupReport report =
        SupabaseSetup.in(Path.of("my-bot"))
            .database(Secret.env("SUPABASE_DB_URL"))
            .agent(new AgentName("my-bot"))
            .run(); // plan() only tells what it would do
    report.left().forEach(System.out::println);
    // endregion
    return report;
  }

  private List<String> seen(EdgeRuntime functions, String key, Mark mark) {
    SetupReport report =
        SupabaseSetup.withoutFolder()
            .database(Secret.of(database.jdbcUrl()))
            .agent(new AgentName(EdgeRuntime.AGENT))
            .handingLogin()
            .project(functions.project())
            .secretKey(Secret.of(key))
            .plan();
    return report.lines().stream()
        .filter(line -> line.subject().equals("functions") && line.mark() == mark)
        .map(SetupReport.Line::text)
        .toList();
  }
}
