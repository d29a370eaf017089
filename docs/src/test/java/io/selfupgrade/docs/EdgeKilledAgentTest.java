package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.selfupgrade.supabase.DatabaseCalls;
import io.selfupgrade.supabase.TestDatabase;
import io.selfupgrade.testkit.Eventually;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The process of an agent is killed, and no other one is there: people hear of it once, and its
 * platform is asked for it once. pg_net, Vault, GitHub and the place where people read are
 * stand-ins; all that is sent between them is sent.
 */
final class EdgeKilledAgentTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final Duration SOON = Duration.ofSeconds(60);

  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private EdgeRows rows;
  private HttpServer others;
  private EdgeRuntime functions;

  @BeforeEach
  void start() throws Exception {
    rows = new EdgeRows(DATABASE);
    others = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
    others.createContext("/services/", exchange -> note(exchange, heard, 200));
    others.createContext("/repos/", exchange -> note(exchange, asked, 204));
    others.start();
    functions =
        EdgeRuntime.start(
            DATABASE,
            Map.of(
                "SELFUPGRADE_GITHUB_API",
                address(),
                "SELFUPGRADE_GITHUB_TOKEN",
                "github_token_of_thirty_characters"));
  }

  private static void note(HttpExchange exchange, List<String> calls, int status)
      throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      calls.add(exchange.getRequestURI().getPath() + " " + body);
      exchange.sendResponseHeaders(status, -1);
    }
  }

  private String address() {
    return "http://127.0.0.1:" + others.getAddress().getPort();
  }

  @AfterEach
  void stop() throws Exception {
    functions.close();
    others.stop(0);
  }

  @Test
  void peopleHearOfItOnceAndThePlatformIsAskedOnce() throws Exception {
    DatabaseCalls calls = DatabaseCalls.into(DATABASE);
    calls.keep("project-key", EdgeRuntime.SECRET_KEY);
    calls.keep("alarms", address() + "/services/T0/B0/x");
    rows.run(
        "select selfupgrade.set_watch('my-bot', true, ?, 'project-key', 'alarms')",
        functions.at("self-upgrade").toString());
    rows.run("update selfupgrade.watches set stale_after = '5 s'");
    rows.run("update selfupgrade.jobs set runner = 'DATABASE'");

    Process agent = agent();
    try {
      Eventually.holds("the agent is up", SOON, () -> health() == 200);
      Eventually.holds("it is watched", SOON, () -> text("notifiers").equals("{log}"));
      assertThat(judge()).contains("0 newly down");
    } finally {
      agent.destroyForcibly().waitFor(); // SIGKILL: it says nothing any more
    }
    Eventually.holds("its silence is noticed", SOON, () -> health() == 503);

    assertThat(judge()).contains("1 newly down", "1 calls", "1 alarms");
    assertThat(calls.send()).containsExactlyInAnyOrder(200, 202);
    for (int i = 0; i < 3; i++) {
      assertThat(judge()).contains("0 newly down", "0 calls", "0 alarms");
      assertThat(calls.send()).isEmpty();
    }

    assertThat(heard)
        .singleElement()
        .satisfies(
            call ->
                assertThat(call)
                    .startsWith("/services/T0/B0/x {\"text\": \"my-bot: The agent is DOWN"));
    assertThat(asked)
        .singleElement()
        .satisfies(call -> assertThat(call).contains("/redeploy.yml/dispatches", "\"1.0.0\""));
    assertThat(rows.text("select string_agg(state, ' ') from selfupgrade.commands"))
        .isEqualTo("DONE");
    assertThat(
            rows.text(
                "select string_agg(notifier || ' ' || state, ', ') from selfupgrade.notifications"))
        .isEqualTo("log DELIVERED");
  }

  private static Process agent() throws IOException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            classPath,
            KilledHost.class.getName());
    builder.environment().put(KilledHost.URL_NAME, DATABASE.jdbcUrl());
    return builder
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private String text(String column) {
    try {
      return String.valueOf(rows.text("select " + column + " from selfupgrade.watches"));
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  /** What pg_cron calls. */
  private String judge() throws Exception {
    return rows.text("select selfupgrade.run_job('agent-health-check', 'DATABASE')");
  }

  private int health() {
    try {
      return functions.send(HttpRequest.newBuilder(functions.at("health")).build()).statusCode();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
