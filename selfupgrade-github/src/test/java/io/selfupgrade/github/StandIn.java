package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.MappingBuilder;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Request;
import com.github.tomakehurst.wiremock.http.RequestListener;
import com.github.tomakehurst.wiremock.http.Response;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.selfupgrade.testkit.ManualClock;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Stands in for GitHub: each request and each answer must fit GitHub's own description of its API.
 *
 * <p>Register it with {@code @RegisterExtension}; a test stubs what GitHub would say with {@link
 * #on}, and fails at its end if anything did not fit, or was asked for and not stubbed; a mutation
 * must fit GitHub's GraphQL schema. Exempt are queries, which a test checks itself, and a second
 * server that stands for the hosts of downloads.
 */
final class StandIn implements BeforeEachCallback, AfterEachCallback {

  static final String NAME = "acme/bot";
  static final Instant START = Instant.parse("2026-11-23T07:00:00Z");

  private static final Pattern BY_ID = Pattern.compile("/repositories/\\d+");

  private final Queue<LoggedRequest> requests = new ConcurrentLinkedQueue<>();
  private final Queue<String> misfits = new ConcurrentLinkedQueue<>();
  private final Lent server = Lent.one();
  private final Lent storage = Lent.one();
  private final ManualClock clock = ManualClock.at(START);
  private final Set<String> wrong = ConcurrentHashMap.newKeySet();
  private final Set<String> unknown = ConcurrentHashMap.newKeySet();
  private boolean slow;

  @Override
  public void beforeEach(ExtensionContext context) {
    begin();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    end();
  }

  /** Begins, where no JUnit does. */
  void begin() {
    Description.prepare();
    server.heardBy(this::check);
  }

  /** Ends, and fails if anything did not fit. */
  void end() {
    server.giveBack(slow);
    storage.giveBack(slow);
    if (!misfits.isEmpty()) {
      throw new AssertionError("does not fit GitHub's description:\n" + String.join("\n", misfits));
    }
  }

  /** Returns the repository {@code acme/bot}, without a token, with waits of a millisecond. */
  GitHubRepository repository() {
    return repository("");
  }

  /** Returns the repository on a server of one's own, whose API is below {@code /api/v3}. */
  GitHubRepository enterprise() {
    return repository("/api/v3");
  }

  private GitHubRepository repository(String base) {
    ClientTimes times =
        new ClientTimes(
            Duration.ofSeconds(20),
            Duration.ofSeconds(20),
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            3,
            Duration.ofMillis(1));
    ClientSettings settings = ClientSettings.at(URI.create(server().baseUrl() + base), clock);
    return GitHubRepository.named(NAME, settings.times(times));
  }

  /** Returns the clock that the repository goes by, which stands until it is moved. */
  ManualClock clock() {
    return clock;
  }

  String url() {
    return server().baseUrl();
  }

  /** Answers; a later stub of the same request goes first. */
  void on(MappingBuilder request, ResponseDefinitionBuilder answer) {
    server().stubFor(request.willReturn(answer));
  }

  /** Lets a model answer what no stub answers. */
  void serve(Function<LoggedRequest, ResponseDefinitionBuilder> repository) {
    server.serve(repository);
  }

  /** Returns the server, for scenarios. */
  WireMockServer server() {
    return server.server();
  }

  /** Returns the server that stands for another host: of downloads. */
  WireMockServer storage() {
    return storage.server();
  }

  /** Lets the answers of one path be wrong, for tests of what the client does about them. */
  void answersWrongly(String path) {
    wrong.add(path);
  }

  /** Lets a path be asked for that is none of the API's. */
  void alsoHas(String path) {
    unknown.add(path);
  }

  /** Says that answers may still be under way when the test ends, so that no other gets them. */
  void answersSlowly() {
    slow = true;
  }

  /** Lets somebody hear of each request too, before it is answered, until the test ends. */
  void heardBy(RequestListener other) {
    server.heardBy(
        (request, response) -> {
          check(request, response);
          other.requestReceived(request, response);
        });
  }

  /** Returns all that was asked for, first to last. */
  List<LoggedRequest> requests() {
    return List.copyOf(requests);
  }

  static ResponseDefinitionBuilder json(JsonNode body) {
    return json(200, body);
  }

  static ResponseDefinitionBuilder json(int status, JsonNode body) {
    return aResponse()
        .withStatus(status)
        .withHeader("Content-Type", "application/json; charset=utf-8")
        .withBody(body.toString());
  }

  /** Answers as GitHub refuses. */
  static ResponseDefinitionBuilder refusal(int status, String message) {
    return json(
        status,
        JsonText.object()
            .put("message", message)
            .put("documentation_url", "https://docs.github.com/rest"));
  }

  private void check(Request request, Response response) {
    requests.add(LoggedRequest.createFrom(request));
    if (!response.wasConfigured()) {
      misfits.add("nobody stubbed " + request.getMethod() + " " + request.getUrl());
      return;
    }
    String path = URI.create(request.getAbsoluteUrl()).getRawPath();
    String below = path.startsWith("/api/v3/") ? path.substring("/api/v3".length()) : path;
    if (unknown.contains(path)) {
      return;
    }
    if (path.equals("/graphql") || path.equals("/api/graphql")) {
      byte[] answer = response.getFault() == null ? response.getBody() : null;
      misfits.addAll(
          GraphQlDescription.misfits(request.getBody(), answer == null ? new byte[0] : answer));
      return;
    }
    String described = BY_ID.matcher(below).replaceFirst("/repos/" + NAME);
    misfits.addAll(Description.misfits(request, response, described, !wrong.contains(below)));
  }
}
