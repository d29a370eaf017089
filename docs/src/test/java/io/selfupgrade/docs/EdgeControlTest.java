package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.supabase.TestDatabase;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The functions for whoever has a secret key, and health, over HTTP on Deno and Postgres. */
final class EdgeControlTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final String TOKEN = "Authorization";
  private static final String KEY = "apikey";

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
    assertThat(functions.text())
        .as("what is logged")
        .doesNotContain(EdgeRuntime.SECRET_KEY, EdgeRuntime.OTHER_KEY, EdgeRuntime.LEGACY_KEY)
        .doesNotContain(EdgeRuntime.WEBHOOK_SECRET, "postgresql://");
    functions.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"check", "pull"})
  void aCheckIsARequestOnceForItsKey(String action) throws Exception {
    String key = UUID.randomUUID().toString();
    String body = "{\"action\": \"" + action + "\", \"key\": \"" + key + "\"}";

    HttpResponse<String> first = functions.post("self-upgrade", body);
    HttpResponse<String> again = functions.post("self-upgrade", body);

    assertThat(first.statusCode()).as(first.body()).isEqualTo(202);
    assertThat(first.body()).startsWith("{\"status\":\"queued\",\"request\":\"");
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(again.body()).isEqualTo(first.body().replace("queued", "known"));
    assertThat(
            rows.text(
                "select string_agg(trigger, ',') from selfupgrade.upgrade_requests r"
                    + " join selfupgrade.control_keys k on k.request = r.id where k.key = ?",
                key))
        .isEqualTo("MANUAL");
  }

  @Test
  void deployAndRestartAreCommands() throws Exception {
    HttpResponse<String> deploy =
        functions.post(
            "self-upgrade", "{\"action\":\"deploy\",\"version\":\"1.2.0-rc.1\",\"key\":\"d1\"}");
    HttpResponse<String> restart =
        functions.post("agent-core", "{\"action\":\"restart\",\"key\":\"r1\"}");

    assertThat(deploy.statusCode()).as(deploy.body()).isEqualTo(202);
    assertThat(restart.statusCode()).as(restart.body()).isEqualTo(202);
    assertThat(command("d1")).isEqualTo("DEPLOY {\"version\": \"1.2.0-rc.1\"}");
    assertThat(command("r1")).isEqualTo("RESTART {}");
  }

  private static String command(String key) throws Exception {
    return rows.text(
        "select c.kind || ' ' || c.detail from selfupgrade.commands c"
            + " join selfupgrade.control_keys k on k.command = c.id where k.key = ?",
        key);
  }

  @Test
  void upgradeAndDeployAreOneTransaction() throws Exception {
    HttpResponse<String> filed =
        functions.post("self-upgrade", "{\"action\":\"upgrade_and_deploy\",\"key\":\"both\"}");

    assertThat(filed.statusCode()).as(filed.body()).isEqualTo(202);
    assertThat(
            rows.text(
                "select c.kind || ' after ' || (c.after_request = k.request)"
                    + " from selfupgrade.control_keys k"
                    + " join selfupgrade.commands c on c.id = k.command where k.key = 'both'"))
        .isEqualTo("DEPLOY after true");
  }

  @Test
  void moreThanMayWaitIsNotTheDatabasesFault() throws Exception {
    rows.agent("busy", "1.0.0", "1.0.0");
    rows.run(
        "insert into selfupgrade.upgrade_requests (agent, trigger) select 'busy', 'MANUAL'"
            + " from generate_series(1, 100)");

    HttpResponse<String> answer =
        functions.post("self-upgrade", "{\"action\":\"check\",\"agent\":\"busy\"}");

    assertThat(answer.statusCode()).isEqualTo(429);
    assertThat(answer.headers().firstValue("retry-after")).contains("60");
    assertThat(answer.body()).contains("too_many", "see whether it runs");
    assertThat(
            functions
                .post("agent-core", "{\"action\":\"restart\",\"agent\":\"busy\"}")
                .statusCode())
        .isEqualTo(202);
  }

  @Test
  void aFreezeIsSetToldAndLifted() throws Exception {
    HttpResponse<String> frozen =
        functions.post("agent-core", "{\"action\":\"freeze\",\"why\":\"l'été \\u2744\"}");

    assertThat(frozen.body()).isEqualTo("{\"status\":\"frozen\",\"changed\":true}");
    assertThat(rows.text("select why from selfupgrade.freezes")).isEqualTo("l'été \u2744");
    assertThat(functions.post("agent-core", "{\"action\":\"status\"}").body())
        .contains("\"freeze\":{", "\"why\":\"l'été \u2744\"");
    assertThat(functions.post("agent-core", "{\"action\":\"unfreeze\"}").body())
        .isEqualTo("{\"status\":\"free\",\"changed\":true}");
    assertThat(rows.count("freezes")).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"self-upgrade", "agent-core"})
  void aStatusTellsHowTheAgentStands(String function) throws Exception {
    HttpResponse<String> status = functions.post(function, "{\"action\":\"status\"}");

    assertThat(status.statusCode()).isEqualTo(200);
    assertThat(status.headers().firstValue("cache-control")).contains("no-store");
    assertThat(status.body()).contains("\"confirmed\":\"1.0.0\"", "\"state\":\"UP\"", "\"hosts\":");
  }

  @Test
  void aHostThatRegistersIsARowAndNoMore() throws Exception {
    String body = "{\"host\": \"web-1.example.com\", \"port\": 18789}";

    assertThat(functions.post("register", body).statusCode()).isEqualTo(201);
    assertThat(functions.post("register", body).body())
        .isEqualTo("{\"status\":\"registered\",\"first\":false}");
    assertThat(rows.text("select host || ' ' || port from selfupgrade.hosts where port = 18789"))
        .isEqualTo("web-1.example.com 18789");
    assertThat(functions.post("agent-core", "{\"action\":\"status\"}").body())
        .contains("\"host\":\"web-1.example.com\"");
  }

  @Test
  void hostsHaveALimitAndOldOnesMakeRoom() throws Exception {
    rows.agent("crowded", "1.0.0", "1.0.0");
    rows.run(
        "insert into selfupgrade.hosts (agent, host) select 'crowded', 'h' || n"
            + " from generate_series(1, 100) n");
    String body = "{\"agent\":\"crowded\",\"host\":\"one-more\"}";

    assertThat(functions.post("register", body).statusCode()).isEqualTo(409);
    rows.run(
        "update selfupgrade.hosts set seen_at = clock_timestamp() - interval '31 days'"
            + " where agent = 'crowded' and host = 'h7'");
    assertThat(functions.post("register", body).statusCode()).isEqualTo(201);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "self-upgrade |                                                        | 400 | malformed",
        "self-upgrade | []                                                     | 400 | malformed",
        "self-upgrade | {\"action\":\"check\"                                  | 400 | malformed",
        "self-upgrade | {\"action\":\"check\"} {}                              | 400 | malformed",
        "self-upgrade | {\"action\":\"check\",\"action\":\"check\"}            | 400 | malformed",
        "self-upgrade | {\"a\":{\"a\":{\"a\":{\"a\":{}}}}}                     | 400 | malformed",
        "self-upgrade | {}                                          | 400 | unknown_action",
        "self-upgrade | {\"action\":7}                              | 400 | unknown_action",
        "self-upgrade | {\"action\":\"restart\"}                    | 400 | unknown_action",
        "self-upgrade | {\"action\":\"toString\"}                   | 400 | unknown_action",
        "self-upgrade | {\"action\":\"__proto__\"}                  | 400 | unknown_action",
        "agent-core   | {\"action\":\"deploy\"}                     | 400 | unknown_action",
        "self-upgrade | {\"action\":\"check\",\"code\":\"x\"}       | 400 | unknown_field",
        "self-upgrade | {\"action\":\"check\",\"version\":\"1.2.0\"} | 400 | unknown_field",
        "self-upgrade | {\"action\":\"check\",\"__proto__\":{}}     | 400 | unknown_field",
        "self-upgrade | {\"action\":\"check\",\"key\":\"\"}         | 400 | bad_field",
        "self-upgrade | {\"action\":\"check\",\"key\":7}            | 400 | bad_field",
        "self-upgrade | {\"action\":\"check\",\"key\":null}         | 400 | bad_field",
        "self-upgrade | {\"action\":\"check\",\"agent\":\"'--\"}    | 400 | bad_field",
        "self-upgrade | {\"action\":\"deploy\",\"version\":\"main\"} | 400 | bad_field",
        "self-upgrade | {\"action\":\"check\",\"agent\":\"nobody\"} | 404 | unknown_agent",
        "self-upgrade | {\"action\":\"status\",\"agent\":\"nobody\"} | 404 | unknown_agent",
        "agent-core   | {\"action\":\"freeze\"}                     | 400 | missing_field",
        "agent-core   | {\"action\":\"freeze\",\"why\":\" \"}       | 400 | bad_field",
        "agent-core   | {\"action\":\"freeze\",\"why\":\"a\\nb\"}   | 400 | bad_field",
        "agent-core   | {\"action\":\"freeze\",\"why\":\"a\\u0000\"} | 400 | bad_field",
        "register     | {\"port\":1}                                | 400 | missing_field",
        "register     | {\"host\":\"a b\"}                          | 400 | bad_field",
        "register     | {\"host\":\"a\",\"port\":\"80\"}            | 400 | bad_field",
        "register     | {\"host\":\"a\",\"port\":65536}             | 400 | bad_field",
        "register     | {\"host\":\"a\",\"port\":1e3}               | 400 | bad_field",
        "register     | {\"host\":\"a\",\"action\":\"x\"}           | 400 | unknown_field",
      })
  void aBadBodyIsRefusedWithAReason(String function, String body, int status, String code)
      throws Exception {
    long before = written();

    HttpResponse<String> answer = functions.post(function, body == null ? "" : body);

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.body())
        .startsWith("{\"error\":{\"code\":\"" + code + "\",\"message\":\"")
        .doesNotContain("selfupgrade.", "    at ");
    assertThat(written()).isEqualTo(before);
  }

  private static long written() throws Exception {
    return rows.count("upgrade_requests")
        + rows.count("commands")
        + rows.count("freezes")
        + rows.count("hosts");
  }

  @Test
  void aKeyThatWasUsedForAnotherWishIsRefused() throws Exception {
    functions.post("self-upgrade", "{\"action\":\"check\",\"key\":\"taken\"}");

    HttpResponse<String> other =
        functions.post("agent-core", "{\"action\":\"restart\",\"key\":\"taken\"}");

    assertThat(other.statusCode()).isEqualTo(409);
    assertThat(other.body()).contains("\"code\":\"key_in_use\"");
  }

  @ParameterizedTest
  @CsvSource({
    "self-upgrade, '{\"action\":\"status\"}'",
    "agent-core,   '{\"action\":\"status\"}'",
    "register,     '{\"host\":\"a\"}'"
  })
  void onlyASecretKeyLetsIn(String function, String body) throws Exception {
    String secret = EdgeRuntime.SECRET_KEY;
    String legacy = EdgeRuntime.LEGACY_KEY;
    refused(functions.request(function), body, "the key is absent");
    refused(functions.request(function).header(KEY, ""), body, "the key is absent");
    refused(functions.request(function).header(KEY, "undefined"), body, "not accepted");
    refused(functions.request(function).header(KEY, secret + "x"), body, "not accepted");
    refused(functions.request(function).header(KEY, secret.substring(1)), body, "not accepted");
    refused(functions.request(function).header(KEY, "sb_publishable_abc"), body, "not accepted");
    refused(functions.request(function).header(TOKEN, "Bearer " + secret), body, "is no token");
    refused(functions.request(function).header(TOKEN, "Bearer eyJ.e.x"), body, "not accepted");
    refused(functions.request(function).header(TOKEN, "Basic " + legacy), body, "not accepted");

    allowed(functions.request(function).header(KEY, secret), body);
    allowed(functions.request(function).header(KEY, EdgeRuntime.OTHER_KEY), body);
    allowed(functions.request(function).header(KEY, legacy), body);
    allowed(functions.request(function).header(TOKEN, "Bearer " + legacy), body);
    allowed(
        functions.request(function).header(KEY, secret).header(TOKEN, "Bearer eyJ.anon.x"), body);
  }

  private static void refused(HttpRequest.Builder request, String body, String why)
      throws Exception {
    HttpResponse<String> answer = functions.send(request, body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(401);
    assertThat(answer.body()).contains("\"code\":\"unauthorized\"", why);
    assertThat(answer.headers().firstValue("www-authenticate")).isPresent();
  }

  private static void allowed(HttpRequest.Builder request, String body) throws Exception {
    assertThat(functions.send(request, body).statusCode()).isIn(200, 201);
  }

  @ParameterizedTest
  @ValueSource(strings = {"self-upgrade", "agent-core", "register"})
  void anotherMethodTypeOrSizeIsRefused(String function) throws Exception {
    HttpRequest get = HttpRequest.newBuilder(functions.at(function)).build();
    assertThat(functions.send(get).statusCode()).isEqualTo(405);
    assertThat(functions.send(get).headers().firstValue("allow")).contains("POST");
    HttpRequest form =
        HttpRequest.newBuilder(functions.at(function))
            .header(KEY, EdgeRuntime.SECRET_KEY)
            .header("content-type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString("action=check"))
            .build();
    assertThat(functions.send(form).statusCode()).isEqualTo(415);
    String head =
        "POST /functions/v1/"
            + function
            + " HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\napikey: "
            + EdgeRuntime.SECRET_KEY
            + "\r\n";
    assertThat(RawRequest.head(functions.port(), head + "Content-Length: 16385\r\n"))
        .startsWith("HTTP/1.1 413");
    assertThat(RawRequest.endless(functions.port(), head)).startsWith("HTTP/1.1 413");
    assertThat(RawRequest.endless(functions.port(), head.replace("apikey", "x-key")))
        .as("nobody's body is read")
        .startsWith("HTTP/1.1 401");
  }

  @Test
  void aBodyThatDoesNotComeIsNotWaitedFor() throws Exception {
    String head =
        "POST /functions/v1/agent-core HTTP/1.1\r\nHost: here\r\nContent-Length: 20\r\n"
            + "Content-Type: application/json\r\napikey: "
            + EdgeRuntime.SECRET_KEY
            + "\r\n";
    assertThat(RawRequest.head(functions.port(), head)).startsWith("HTTP/1.1 408");
  }

  @Test
  void healthIsGoodOnlyWithAFreshHeartbeatOfTheConfirmedVersion() throws Exception {
    assertThat(health("GET").statusCode()).isEqualTo(200);
    assertThat(health("GET").body()).isEqualTo("{\"status\":\"up\"}");
    assertThat(health("HEAD").statusCode()).isEqualTo(200);
    assertThat(health("HEAD").body()).isEmpty();
    assertThat(health("POST").statusCode()).isEqualTo(405);

    String mine = " from selfupgrade.leadership l where l.holder = i.id and l.agent = 'my-bot'";
    rows.run("update selfupgrade.instances i set version = '1.1.0'" + mine);
    down();
    rows.run(
        "update selfupgrade.instances i set version = '1.0.0',"
            + " heartbeat_at = clock_timestamp() - interval '61 s'"
            + mine);
    down();
    rows.run("update selfupgrade.instances i set heartbeat_at = clock_timestamp()" + mine);
    assertThat(health("GET").statusCode()).isEqualTo(200);
  }

  private static void down() throws Exception {
    assertThat(health("GET").statusCode()).isEqualTo(503);
    assertThat(health("GET").body()).isEqualTo("{\"status\":\"down\"}");
    assertThat(health("HEAD").headers().firstValue("retry-after")).isPresent();
  }

  private static HttpResponse<String> health(String method) throws Exception {
    return functions.send(
        HttpRequest.newBuilder(functions.at("health"))
            .method(method, BodyPublishers.noBody())
            .build());
  }
}
