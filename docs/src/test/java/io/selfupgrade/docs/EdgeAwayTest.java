package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.TestDatabase;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What functions answer while something that they need is not there. */
final class EdgeAwayTest {

  @RegisterExtension final TestDatabase empty = TestDatabase.fresh();

  private static final String CHECK = "{\"action\":\"check\"}";

  @TempDir Path directory;

  @AfterEach
  void stopTheServer() {
    PostgresStore.stopEmbedded(directory);
  }

  @Test
  void aDatabaseThatIsAwayIsSaidSoAndItsReturnIsSeen() throws Exception {
    try (EmbeddedPostgres server = TestPostgres.attach(directory)) {
      String url = server.jdbcUrl() + "&password=" + server.password().reveal();
      try (PostgresStore store = PostgresStore.at(Secret.of(url))) {
        store.open(PostgresStore.SchemaMode.APPLY);
      }
      run(url, "insert into selfupgrade.agent_state (name, version) values ('my-bot', '1.0.0')");
      try (EdgeRuntime functions = EdgeRuntime.start(url, Map.of())) {
        assertThat(functions.post("self-upgrade", CHECK).statusCode()).isEqualTo(202);

        EmbeddedPostgres.stop(directory);
        saidToBeAway(functions);
        saidToBeAway(functions);
        server.ensureRunning();
        assertThat(functions.post("self-upgrade", CHECK).statusCode()).isEqualTo(202);

        whileLocked(url, () -> unavailable(functions.post("agent-core", freeze())));
        assertThat(functions.post("agent-core", freeze()).statusCode()).isEqualTo(200);
        assertThat(functions.text()).doesNotContain(server.password().reveal());
      }
    }
  }

  @Test
  void aConnectionThatFallsSilentIsGivenUpForANewOne() throws Exception {
    EdgeRows rows = new EdgeRows(empty);
    rows.agent(EdgeRuntime.AGENT, "1.0.0", "1.0.0");
    Matcher port = Pattern.compile(":([0-9]+)/").matcher(empty.jdbcUrl());
    assertThat(port.find()).isTrue();
    try (SilentLink link = new SilentLink(Integer.parseInt(port.group(1)));
        EdgeRuntime functions =
            EdgeRuntime.start(
                empty.jdbcUrl().replace(port.group(), ":" + link.port() + "/"), Map.of())) {
      assertThat(functions.post("self-upgrade", CHECK).statusCode()).isEqualTo(202);
      link.silent(true);
      unavailable(functions.post("self-upgrade", CHECK));
      link.silent(false);
      assertThat(functions.post("self-upgrade", CHECK).statusCode()).isEqualTo(202);
    }
  }

  private static String freeze() {
    return "{\"action\":\"freeze\",\"why\":\"a test\"}";
  }

  private static void saidToBeAway(EdgeRuntime functions) throws Exception {
    unavailable(functions.post("self-upgrade", CHECK));
    unavailable(functions.post("agent-core", "{\"action\":\"status\"}"));
    unavailable(functions.post("register", "{\"host\":\"a\"}"));
    assertThat(health(functions).statusCode()).isEqualTo(503);
    assertThat(health(functions).body()).isEqualTo("{\"status\":\"down\"}");
    HttpResponse<String> delivered = deliver(functions);
    unavailable(delivered);
    assertThat(delivered.body()).contains("not queued: the agent's store cannot be reached");
  }

  private static void unavailable(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
    assertThat(answer.body()).contains("\"code\":\"unavailable\"");
    assertThat(answer.headers().firstValue("retry-after")).contains("10");
  }

  private static HttpResponse<String> health(EdgeRuntime functions) throws Exception {
    return functions.send(HttpRequest.newBuilder(functions.at("health")).build());
  }

  private static HttpResponse<String> deliver(EdgeRuntime functions) throws Exception {
    GitHubDelivery delivery =
        GitHubDelivery.release(
            "one",
            "{\"action\":\"edited\",\"release\":{\"tag_name\":\"v1\",\"draft\":false},"
                + "\"repository\":{\"full_name\":\"acme/my-bot\"}}");
    HttpRequest.Builder request =
        HttpRequest.newBuilder(functions.at("github-webhook"))
            .POST(BodyPublishers.ofByteArray(delivery.body()));
    delivery.headers().forEach((name, values) -> request.header(name, values.get(0)));
    return functions.send(request.build());
  }

  private interface Asking {
    void ask() throws Exception;
  }

  /** A statement that waits for a lock ends on the server too. */
  private static void whileLocked(String url, Asking asking) throws Exception {
    try (Connection blocker = DriverManager.getConnection(url);
        Statement statement = blocker.createStatement()) {
      blocker.setAutoCommit(false);
      statement.execute("lock table selfupgrade.freezes in access exclusive mode");
      asking.ask();
      blocker.rollback();
    }
  }

  private static void run(String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void aMissingSchemaAndMissingSettingsAreNamedWithWhatMendsThem() throws Exception {
    try (EdgeRuntime functions =
        EdgeRuntime.start(empty, Map.of("SELFUPGRADE_AGENT", "", "SELFUPGRADE_REPOSITORY", ""))) {
      refused(functions.post("self-upgrade", CHECK), "not_configured", "SELFUPGRADE_AGENT");
      refused(deliver(functions), "not_configured", "SELFUPGRADE_AGENT");
      refused(
          functions.post("self-upgrade", "{\"action\":\"check\",\"agent\":\"a\"}"),
          "not_set_up",
          "supabase db push");
      assertThat(health(functions).statusCode()).isEqualTo(503);
      assertThat(functions.text()).contains("SELFUPGRADE_AGENT is not set");
    }
  }

  @Test
  void withoutKeysNobodyIsLetIn() throws Exception {
    Map<String, String> noKeys =
        Map.of(
            "SUPABASE_SECRET_KEYS", "{\"default\": \"\"}",
            "SUPABASE_SERVICE_ROLE_KEY", "",
            "SELFUPGRADE_WEBHOOK_SECRET", "too short",
            "SUPABASE_DB_URL", "postgresql://me:hidden@[nowhere/postgres");
    try (EdgeRuntime functions = EdgeRuntime.start(empty, noKeys)) {
      for (String function : new String[] {"self-upgrade", "agent-core", "register"}) {
        refused(functions.post(function, CHECK), "not_configured", "no key");
        refused(
            functions.send(functions.request(function).header("apikey", ""), CHECK),
            "not_configured",
            "no key");
      }
      refused(deliver(functions), "not_configured", "fewer than 16 bytes");
      assertThat(health(functions).statusCode()).isEqualTo(503);
      assertThat(functions.text()).contains("SUPABASE_DB_URL is no URL").doesNotContain("hidden");
    }
  }

  private static void refused(HttpResponse<String> answer, String code, String why) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(500);
    assertThat(answer.body()).contains("\"code\":\"" + code + "\"", why);
  }
}
