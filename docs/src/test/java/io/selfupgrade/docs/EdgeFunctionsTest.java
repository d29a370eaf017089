package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.agent.Version;
import io.selfupgrade.supabase.EdgeFunctions;
import io.selfupgrade.supabase.EdgeFunctions.Filed;
import io.selfupgrade.supabase.TestDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The client in Java, with the functions on Deno, and with what else may answer. */
final class EdgeFunctionsTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final AgentName AGENT = new AgentName(EdgeRuntime.AGENT);
  private static final List<Secret> KEYS =
      List.of(Secret.of(EdgeRuntime.SECRET_KEY), Secret.of(EdgeRuntime.LEGACY_KEY));

  private static EdgeRows rows;
  private static EdgeRuntime functions;

  @BeforeAll
  static void start() throws Exception {
    rows = new EdgeRows(DATABASE);
    rows.agent(EdgeRuntime.AGENT, "1.0.0", "1.0.0");
    functions = EdgeRuntime.start(DATABASE, Map.of());
  }

  @AfterAll
  static void stop() throws Exception {
    functions.close();
  }

  static boolean example() {
    // region call
    EdgeFunctions control =
        EdgeFunctions.of(
            URI.create("https://abcdefghijklmnopqrst.supabase.co"),
            new AgentName("my-bot"),
            Secret.env("SUPABASE_SECRET_KEY"));
    control.checkNow("release-1.4.0"); // the same key again has no second effect
    control.restart("settings-changed-7");
    control.freeze("the feed is broken: no upgrades today");
    boolean up = control.health();
    // endregion
    return up;
  }

  private static EdgeFunctions client() {
    return EdgeFunctions.of(functions.project(), AGENT, KEYS.get(0));
  }

  @Test
  void eachCallIsCarriedOutOnceForItsKey() throws Exception {
    for (Secret key : KEYS) {
      EdgeFunctions client = EdgeFunctions.of(functions.project(), AGENT, key);
      rows.run("delete from selfupgrade.control_keys");
      rows.run("delete from selfupgrade.commands");

      Filed check = client.checkNow("check");
      Filed both = client.upgradeAndDeploy("both");
      Filed restart = client.restart("restart");
      Filed deploy = client.deploy("deploy");
      Filed other = client.deploy(Version.parse("1.2.0-rc.1+b"), "other");

      assertThat(List.of(check, both, restart, deploy, other)).allMatch(Filed::first);
      assertThat(check.request()).isPresent();
      assertThat(check.command()).isEmpty();
      assertThat(both.request()).isPresent();
      assertThat(both.command()).isPresent();
      assertThat(client.checkNow("check"))
          .isEqualTo(new Filed(check.request(), check.command(), false));
      assertThat(client.restart("restart").command()).isEqualTo(restart.command());
      assertThat(rows.count("commands")).isEqualTo(4);
      assertThat(
              rows.text(
                  "select detail->>'version' from selfupgrade.commands where id = ?",
                  other.command().orElseThrow()))
          .isEqualTo("1.2.0-rc.1+b");
    }
  }

  @Test
  void statusAndFreezeAndHealth() {
    EdgeFunctions client = client();

    client.freeze("it's late \u2744");
    EdgeFunctions.Status frozen = client.status();
    client.unfreeze();
    EdgeFunctions.Status free = client.status();

    assertThat(frozen.freeze()).contains("it's late \u2744");
    assertThat(free.freeze()).isEmpty();
    assertThat(free.health()).isEqualTo("UP");
    assertThat(free.confirmed()).isEqualTo("1.0.0");
    assertThat(free.phase()).isEmpty();
    assertThat(free.all().text()).contains("\"waiting\":{");
    assertThat(client.health()).isTrue();
  }

  @Test
  void anAgentThatIsDownIsNotHealthy() throws Exception {
    rows.run(
        "update selfupgrade.instances set heartbeat_at = clock_timestamp() - interval '1 hour'");
    try {
      assertThat(client().health()).isFalse();
      assertThat(client().status().health()).isEqualTo("DOWN");
    } finally {
      rows.run("update selfupgrade.instances set heartbeat_at = clock_timestamp()");
    }
  }

  @Test
  void whatTheFunctionRefusesIsPassedOn() {
    String wrong = EdgeRuntime.SECRET_KEY + "x";
    refused(
        () -> EdgeFunctions.of(functions.project(), AGENT, Secret.of(wrong)).restart("k"),
        "agent-core restart was answered with 401, unauthorized: the key is not accepted here");
    AgentName nobody = new AgentName("nobody");
    refused(
        () -> EdgeFunctions.of(functions.project(), nobody, KEYS.get(0)).status(),
        "404, unknown_agent");
    client().checkNow("one-key");
    refused(() -> client().restart("one-key"), "409, key_in_use");
    refused(() -> client().freeze(" "), "400, bad_field");
  }

  private static void refused(Runnable call, String why) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            AdapterException.class, e -> assertThat(e.retryable()).as("retryable").isFalse())
        .hasMessageContaining(why)
        .hasMessageNotContaining(EdgeRuntime.SECRET_KEY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "undefined", "sb_publishable_0123456789", "sb_secret_ with blank", "eyJ.x"})
  void anotherKeyIsNotSent(String key) {
    EdgeFunctions client = EdgeFunctions.of(functions.project(), AGENT, Secret.of(key));

    assertThatThrownBy(client::status)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("expected a secret key of the project");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://example.com",
        "https://user@example.com",
        "https://example.com/functions/v1",
        "https://example.com?x",
        "ftp://example.com",
        "example.com",
        "https:///"
      })
  void anotherUrlIsRefused(String url) {
    assertThatThrownBy(() -> EdgeFunctions.of(URI.create(url), AGENT, KEYS.get(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected https://REFERENCE.supabase.co");
  }

  @Test
  void keysAndLimitsAreChecked() {
    assertThatThrownBy(() -> client().checkNow("a b")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> client().within(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(client()).asString().contains("my-bot").doesNotContain("sb_secret");
  }

  @ParameterizedTest
  @CsvSource({
    "301, a redirect, false",
    "401, verify_jwt = false, false",
    "404, supabase functions deploy agent-core, false",
    "500, see its logs, true",
    "502, see its logs, true",
    "540, the project is paused, false",
    "546, used up its time or memory, true",
  })
  void anAnswerOfSomebodyElseIsExplained(int status, String why, boolean retryable)
      throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    HttpServer stranger = stranger(seen, status, "<html>");
    try {
      assertThatThrownBy(at(stranger.getAddress().getPort())::status)
          .isInstanceOfSatisfying(
              AdapterException.class, e -> assertThat(e.retryable()).isEqualTo(retryable))
          .hasMessageContaining("agent-core status was answered with " + status)
          .hasMessageContaining(why);
    } finally {
      stranger.stop(0);
    }
    assertThat(seen).containsExactly("null " + EdgeRuntime.SECRET_KEY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{}", "{\"health\":{\"state\":\"UP\"}", "{\"a\":1,\"a\":2}"})
  void anAnswerThatIsNoneIsSaidSo(String body) throws Exception {
    HttpServer stranger = stranger(new CopyOnWriteArrayList<>(), 200, body);
    try {
      assertThatThrownBy(at(stranger.getAddress().getPort())::status)
          .isInstanceOf(AdapterException.class)
          .hasMessageContaining("deploy the functions of this version");
      assertThatThrownBy(at(stranger.getAddress().getPort())::health)
          .isInstanceOf(AdapterException.class);
    } finally {
      stranger.stop(0);
    }
  }

  @Test
  void aLegacyKeyIsABearer() throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    HttpServer stranger = stranger(seen, 500, "");
    URI project = URI.create("http://127.0.0.1:" + stranger.getAddress().getPort());
    try {
      assertThatThrownBy(EdgeFunctions.of(project, AGENT, KEYS.get(1))::unfreeze)
          .isInstanceOf(AdapterException.class);
    } finally {
      stranger.stop(0);
    }
    assertThat(seen).containsExactly("Bearer " + EdgeRuntime.LEGACY_KEY + " null");
  }

  @Test
  void anEndlessAnswerAndASilentServerAreGivenUp() throws Exception {
    HttpServer endless = HttpServer.create(loopback(), 5);
    endless.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, 0);
            for (int i = 0; i < 10_000; i++) {
              exchange.getResponseBody().write(new byte[1 << 16]);
            }
          } catch (IOException expected) {
            // The client has had enough.
          }
        });
    endless.start();
    try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(at(endless.getAddress().getPort())::status)
          .isInstanceOf(AdapterException.class)
          .hasMessageContaining("answered more than 1048576 bytes");
      assertThatThrownBy(at(silent.getLocalPort()).within(Duration.ofMillis(300))::status)
          .isInstanceOf(AdapterException.class)
          .hasMessageContaining("was not answered within PT0.3S: repeat the call");
    } finally {
      endless.stop(0);
    }
  }

  @Test
  void nobodyThereIsSaidSo() throws Exception {
    int port;
    try (ServerSocket gone = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      port = gone.getLocalPort();
    }
    assertThatThrownBy(at(port)::status)
        .isInstanceOfSatisfying(AdapterException.class, e -> assertThat(e.retryable()).isTrue())
        .hasMessageContaining("did not reach 127.0.0.1 (ConnectException)")
        .hasMessageContaining("see whether the project is paused");
  }

  private static EdgeFunctions at(int port) {
    return EdgeFunctions.of(URI.create("http://127.0.0.1:" + port), AGENT, KEYS.get(0));
  }

  private static InetSocketAddress loopback() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private static HttpServer stranger(List<String> seen, int status, String body)
      throws IOException {
    HttpServer stranger = HttpServer.create(loopback(), 5);
    stranger.createContext(
        "/",
        exchange -> {
          try (exchange) {
            var headers = exchange.getRequestHeaders();
            seen.add(headers.getFirst("Authorization") + " " + headers.getFirst("apikey"));
            exchange.getResponseHeaders().add("Location", "/elsewhere");
            exchange.sendResponseHeaders(status, body.isEmpty() ? -1 : body.length());
            exchange.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
          }
        });
    stranger.start();
    return stranger;
  }
}
