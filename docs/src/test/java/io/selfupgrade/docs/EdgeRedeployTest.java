package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.selfupgrade.supabase.TestDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An agent is away, and is deployed again from beside it; GitHub is a stand-in. */
final class EdgeRedeployTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final String REDEPLOY = "{\"action\":\"redeploy\",\"agent\":\"my-bot\"}";
  private static final String TOKEN = "github_token_of_thirty_characters";
  private static final String WORKFLOW = "/repos/acme/my-bot/actions/workflows/redeploy.yml";

  private static final List<String> ASKED = new CopyOnWriteArrayList<>();
  private static volatile int dispatched = 204;
  private static volatile String runs = "";

  private static EdgeRows rows;
  private static HttpServer github;
  private static EdgeRuntime functions;

  @BeforeAll
  static void start() throws Exception {
    rows = new EdgeRows(DATABASE);
    rows.agent(EdgeRuntime.AGENT, "1.0.0", "1.0.0");
    rows.run("select selfupgrade.set_watch('my-bot', true)");
    rows.run("update selfupgrade.watches set notifiers = '{log}'");
    github = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
    github.createContext("/", EdgeRedeployTest::answer);
    github.start();
    functions =
        EdgeRuntime.start(
            DATABASE,
            Map.of(
                "SELFUPGRADE_GITHUB_API",
                "http://127.0.0.1:" + github.getAddress().getPort(),
                "SELFUPGRADE_GITHUB_TOKEN",
                TOKEN));
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(exchange.getRequestHeaders().getFirst("Authorization"))
          .isEqualTo("Bearer " + TOKEN);
      boolean asks = exchange.getRequestMethod().equals("POST");
      ASKED.add(exchange.getRequestURI().getPath() + " " + body);
      byte[] listed =
          ("{\"workflow_runs\":[{\"id\":1,\"display_title\":\"" + runs + "\"}]}")
              .getBytes(StandardCharsets.UTF_8);
      if (asks) {
        exchange.sendResponseHeaders(dispatched, -1);
      } else {
        exchange.sendResponseHeaders(200, listed.length);
        exchange.getResponseBody().write(listed);
      }
    }
  }

  @AfterAll
  static void stop() throws Exception {
    assertThat(functions.text()).as("what is logged").doesNotContain(TOKEN);
    functions.close();
    github.stop(0);
  }

  @BeforeEach
  void theAgentIsThere() throws Exception {
    heartbeat("clock_timestamp()");
    rows.run("delete from selfupgrade.freezes");
    ASKED.clear();
    dispatched = 204;
    runs = "";
  }

  @Test
  void anOutageIsToldOnceAndDeployedOnce() throws Exception {
    long told = rows.count("notifications");
    assertThat(health()).isEqualTo(200);
    assertThat(redeploy().body()).contains("\"status\":\"nothing\"");

    String command = outage();

    assertThat(health()).isEqualTo(503);
    assertThat(redeploy().statusCode()).isEqualTo(202);
    assertThat(redeploy().body()).contains("\"status\":\"nothing\"");
    rows.run("select selfupgrade.run_agent_health_check()");
    assertThat(redeploy().body()).contains("\"status\":\"nothing\"");
    assertThat(ASKED)
        .containsExactly(
            WORKFLOW
                + "/dispatches {\"ref\":\"main\",\"inputs\":{\"version\":\"1.0.0\",\"upgrade\":\""
                + command
                + "\"}}");
    assertThat(state(command)).isEqualTo("DONE 1");
    assertThat(rows.count("notifications")).isEqualTo(told + 1);
  }

  @Test
  void anAnswerThatIsLostIsNotFollowedByASecondRun() throws Exception {
    String command = outage();
    dispatched = 502;

    assertThat(redeploy().statusCode()).isEqualTo(503);
    assertThat(redeploy().body()).as("it is taken").contains("\"status\":\"nothing\"");
    assertThat(state(command)).isEqualTo("TAKEN 1");
    rows.run("update selfupgrade.commands set held_until = clock_timestamp()");
    runs = "redeploy 1.0.0 " + command;
    assertThat(redeploy().body()).contains("\"status\":\"done\"");

    assertThat(state(command)).isEqualTo("DONE 2");
    assertThat(ASKED).hasSize(2);
    assertThat(ASKED.get(1)).startsWith(WORKFLOW + "/runs");
  }

  @Test
  void whatGitHubNeverHeardIsAskedAgain() throws Exception {
    String command = outage();
    dispatched = 503;
    assertThat(redeploy().statusCode()).isEqualTo(503);
    rows.run("update selfupgrade.commands set held_until = clock_timestamp()");
    dispatched = 200;

    assertThat(redeploy().statusCode()).isEqualTo(202);

    assertThat(state(command)).isEqualTo("DONE 2");
    assertThat(ASKED).hasSize(3);
  }

  @Test
  void whatGitHubRefusesIsSettledWithWhatToDo() throws Exception {
    String command = outage();
    dispatched = 422;

    HttpResponse<String> answer = redeploy();

    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.body()).contains("refused_by_github", "422", "token may write actions");
    assertThat(state(command)).isEqualTo("REFUSED 1");
  }

  /** GitHub's limits come as 403, too. */
  @ParameterizedTest
  @ValueSource(ints = {401, 403, 429, 500})
  void whatMayPassIsAskedAgainUntilTheRedeploymentsTimeIsOver(int status) throws Exception {
    String command = outage();
    dispatched = status;
    HttpResponse<String> answer = redeploy();
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("retry-after")).isPresent();
    assertThat(answer.body()).contains("GitHub answered " + status);
    assertThat(state(command)).isEqualTo("TAKEN 1");
    rows.run("update selfupgrade.commands set held_until = clock_timestamp()");
    dispatched = 204;

    assertThat(redeploy().statusCode()).isEqualTo(202);

    assertThat(state(command)).isEqualTo("DONE 2");
  }

  @Test
  void aFreezeHoldsTheRedeploymentBackUntilItIsLifted() throws Exception {
    rows.run("insert into selfupgrade.freezes (agent, why) values ('my-bot', 'a test')");
    String command = outage();

    assertThat(redeploy().body()).contains("\"status\":\"nothing\"");
    assertThat(ASKED).isEmpty();
    assertThat(state(command)).isEqualTo("WAITING 0");

    rows.run("select selfupgrade.lift_freeze('my-bot')");
    assertThat(redeploy().statusCode()).isEqualTo(202);
    assertThat(state(command)).isEqualTo("DONE 1");
  }

  /** The primary falls silent, and the job sees it; returns the redeployment that it asks for. */
  private static String outage() throws Exception {
    heartbeat("clock_timestamp() - interval '2 minutes'");
    return rows.text("select id from selfupgrade.commands order by seq desc limit 1");
  }

  private static void heartbeat(String at) throws Exception {
    rows.run("update selfupgrade.agent_state set health_check = " + at);
    rows.run("update selfupgrade.instances set heartbeat_at = " + at);
    rows.run("select selfupgrade.run_agent_health_check()");
  }

  private static String state(String command) throws Exception {
    return rows.text(
        "select state || ' ' || attempts from selfupgrade.commands where id = ?::uuid", command);
  }

  private static HttpResponse<String> redeploy() throws Exception {
    return functions.post("self-upgrade", REDEPLOY);
  }

  private static int health() throws Exception {
    return functions.send(HttpRequest.newBuilder(functions.at("health")).build()).statusCode();
  }
}
