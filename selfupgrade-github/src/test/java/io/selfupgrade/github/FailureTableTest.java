package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.github.GitHubException.Kind;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the client makes of answers that are not what was asked for, a test a row. */
final class FailureTableTest {

  private static final String TOKEN = "ghp_verySecretToken";
  private static final String PATH = "/repos/acme/bot";
  private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  private static final String DISPATCH = PATH + "/actions/workflows/deploy.yml/dispatches";

  @RegisterExtension final StandIn github = new StandIn();

  @ParameterizedTest
  @CsvSource({
    "400, INVALID, correct",
    "401, BAD_CREDENTIALS, make a new one",
    "403, FORBIDDEN, permissions",
    "404, NOT_FOUND, the token cannot see it",
    "409, CONFLICT, look again",
    "410, NOT_FOUND, docs.github.com",
    "422, INVALID, correct",
    "451, FORBIDDEN, docs.github.com"
  })
  void refusalIsOfAKindAndSaysWhatToDo(int status, Kind kind, String advice) {
    github.on(get(urlPathEqualTo(PATH)), StandIn.refusal(status, "As GitHub says"));

    GitHubException refused = refused(ApiRequest.get(PATH));

    assertThat(refused.kind()).isEqualTo(kind);
    assertThat(refused.retryable()).isFalse();
    assertThat(refused).hasMessageContaining("As GitHub says").hasMessageContaining(advice);
    assertThat(github.requests()).hasSize(1);
  }

  @Test
  void permissionThatIsMissingIsNamed() {
    github.on(
        get(urlPathEqualTo(PATH)),
        StandIn.refusal(403, "Resource not accessible by personal access token")
            .withHeader("x-accepted-github-permissions", "contents=read"));

    GitHubException refused = refused(ApiRequest.get(PATH));

    assertThat(refused.kind()).isEqualTo(Kind.FORBIDDEN);
    assertThat(refused).hasMessageContaining("give it contents=read");
    assertThat(refused).hasMessageNotContaining("classic");
  }

  @Test
  void permissionThatAFineGrainedTokenCannotHaveIsSaidToBeNone() {
    String runs = PATH + "/commits/" + "a".repeat(40) + "/check-runs";
    github.on(
        get(urlPathEqualTo(runs)),
        StandIn.refusal(403, "Resource not accessible by personal access token")
            .withHeader("x-accepted-github-permissions", "checks=read"));

    assertThat(refused(ApiRequest.get(runs)))
        .hasMessageContaining("give it checks=read")
        .hasMessageContaining("it takes a GitHub App, or a classic token");
  }

  @Test
  void fieldsThatGitHubComplainsAboutAreNamed() {
    JsonNode body =
        JsonText.object()
            .put("message", "Validation Failed")
            .set(
                "errors",
                JsonText.array()
                    .add(JsonText.object().put("field", "head").put("code", "invalid"))
                    .add("Reference does not exist"));
    github.on(post(urlPathEqualTo(DISPATCH)), StandIn.json(422, body));

    assertThat(refused(dispatch()))
        .hasMessageContaining("Validation Failed; head invalid; Reference does not exist");
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 502, 503, 504})
  void troubleOfGitHubIsMetByFurtherTriesOfARead(int status) {
    github.on(get(urlPathEqualTo(PATH)), StandIn.refusal(status, "Server Error"));

    assertThat(refused(ApiRequest.get(PATH)).kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(github.requests()).hasSize(3);

    recover("back", StandIn.refusal(status, "Server Error"));
    assertThat(client().send(ApiRequest.get(PATH)).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 502, 503, 504})
  void troubleOfGitHubLeavesAWriteUnknownAndItIsSentOnce(int status) {
    github.on(
        post(urlPathEqualTo(DISPATCH)),
        StandIn.refusal(status, "Server Error").withHeader("Retry-After", "0"));

    GitHubException unknown = refused(dispatch());

    assertThat(unknown.kind()).isEqualTo(Kind.AMBIGUOUS);
    assertThat(unknown).hasMessageContaining("look before it is sent again");
    assertThat(github.requests()).hasSize(1);
  }

  @Test
  void writeThatIsRefusedForWantOfTimeIsSentOnce() {
    github.on(post(urlPathEqualTo(DISPATCH)), StandIn.refusal(408, "Timeout"));

    assertThat(refused(dispatch()).kind()).isEqualTo(Kind.AMBIGUOUS);
    assertThat(github.requests()).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource
  void brokenConnectionIsMetByFurtherTriesOfAReadOnly(Fault fault) {
    github.on(get(urlPathEqualTo(PATH)), aResponse().withFault(fault));
    github.on(post(urlPathEqualTo(DISPATCH)), aResponse().withFault(fault));

    assertThat(refused(ApiRequest.get(PATH)).kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(github.requests()).hasSize(3);
    assertThat(refused(dispatch()).kind()).isEqualTo(Kind.AMBIGUOUS);
    assertThat(github.requests()).hasSize(4);
  }

  @Test
  void whatWasNeverSentIsNotUnknown() {
    GitHubRepository nowhere =
        github
            .repository()
            .with(github.repository().settings().api(URI.create("http://127.0.0.1:1")));

    GitHubException refused =
        catchThrowableOfType(GitHubException.class, () -> nowhere.client().send(dispatch()));

    assertThat(refused.kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(refused).hasMessageContaining("see that GitHub can be reached");
  }

  @Test
  void answerThatDoesNotComeIsWaitedForUntilTheDeadline() {
    github.answersSlowly();
    ResponseDefinitionBuilder slow = StandIn.json(Samples.of("full-repository"));
    github.on(get(urlPathEqualTo(PATH)), slow.withFixedDelay(60_000));

    GitHubException late = refused(ApiRequest.get(PATH).within(Duration.ofMillis(200)));

    assertThat(late.kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(late).hasMessageContaining("the time for it is over");
    assertThat(causes(late))
        .as("not what a byte may take")
        .doesNotContain("SocketTimeoutException");
  }

  @Test
  void bodyThatTricklesIsReadUntilTheDeadline() {
    github.answersSlowly();
    ResponseDefinitionBuilder slow = StandIn.json(Samples.of("full-repository"));
    github.on(get(urlPathEqualTo(PATH)), slow.withChunkedDribbleDelay(100, 60_000));

    GitHubException late = refused(ApiRequest.get(PATH).within(Duration.ofMillis(300)));

    assertThat(late.kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(causes(late)).doesNotContain("SocketTimeoutException");
  }

  @Test
  void bodyThatDoesNotEndIsReadUpToTheLimit() throws IOException {
    byte[] chunk = ("400\r\n" + " ".repeat(0x400) + "\r\n").getBytes(StandardCharsets.US_ASCII);
    try (RawServer server =
        new RawServer(
            out -> {
              out.write(HEAD.getBytes(StandardCharsets.US_ASCII));
              out.write("Transfer-Encoding: chunked\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
              while (true) {
                out.write(chunk);
              }
            })) {
      GitHubException refused = refused(server, ApiRequest.get(PATH).upTo(1 << 20));

      assertThat(refused.kind()).isEqualTo(Kind.UNEXPECTED);
      assertThat(refused).hasMessageContaining("more than the limit of 1048576 bytes");
      assertThat(server.answered()).isEqualTo(1);
    }
  }

  @Test
  void bodyThatEndsEarlyIsMetByFurtherTriesOfARead() throws IOException {
    try (RawServer server =
        new RawServer(
            out ->
                out.write(
                    (HEAD + "Content-Length: 1000\r\n\r\n{\"id\":42}")
                        .getBytes(StandardCharsets.US_ASCII)))) {
      GitHubException cut = refused(server, ApiRequest.get(PATH));

      assertThat(cut.kind()).isEqualTo(Kind.UNAVAILABLE);
      assertThat(server.answered()).isEqualTo(3);
    }
  }

  @Test
  void bodyOfTheLimitIsReadAndOneMoreByteIsNot() {
    github.answersWrongly(PATH);
    github.on(
        get(urlPathEqualTo(PATH)),
        aResponse().withHeader("Content-Type", "application/json").withBody(" ".repeat(1 << 20)));

    GitHubException refused = refused(ApiRequest.get(PATH).upTo((1 << 20) - 1));

    assertThat(refused.kind()).isEqualTo(Kind.UNEXPECTED);
    assertThat(refused).hasMessageContaining("more than the limit of 1048575 bytes");
    assertThat(client().send(ApiRequest.get(PATH).upTo(1 << 20)).bytes()).hasSize(1 << 20);
  }

  @Test
  void contentOfAnotherTypeIsNotRead() {
    github.answersWrongly(PATH);
    github.on(
        get(urlPathEqualTo(PATH)),
        aResponse().withHeader("Content-Type", "text/html").withBody("<html>Sign in</html>"));

    ApiResponse answer = client().send(ApiRequest.get(PATH));

    assertThat(catchThrowableOfType(GitHubException.class, answer::json))
        .hasMessageContaining("text/html")
        .extracting(GitHubException::kind)
        .isEqualTo(Kind.UNEXPECTED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "{} {}", "not json"})
  void jsonThatIsNoneIsNotBelieved(String body) {
    github.answersWrongly(PATH);
    github.on(
        get(urlPathEqualTo(PATH)),
        aResponse().withHeader("Content-Type", "application/json").withBody(body));

    ApiResponse answer = client().send(ApiRequest.get(PATH));

    assertThat(catchThrowableOfType(GitHubException.class, answer::json).kind())
        .isEqualTo(Kind.UNEXPECTED);
  }

  @Test
  void nothingChangedIsNoFailure() {
    github.on(
        get(urlPathEqualTo(PATH)).withHeader("If-None-Match", equalTo("\"abc\"")),
        aResponse().withStatus(304).withHeader("ETag", "\"abc\""));

    ApiResponse answer = client().send(ApiRequest.get(PATH).unless(Optional.of("\"abc\"")));

    assertThat(answer.unchanged()).isTrue();
    assertThat(answer.bytes()).isEmpty();
  }

  @Test
  void noFailureTellsTheToken() {
    github.on(
        get(urlPathEqualTo(PATH)), StandIn.refusal(401, "Bad credentials\r\nSet-Cookie: a=b"));

    GitHubException refused = refused(ApiRequest.get(PATH));

    assertThat(refused.toString()).doesNotContain(TOKEN).doesNotContain("\n");
    assertThat(
            catchThrowableOfType(
                GitHubException.class,
                () ->
                    github
                        .repository()
                        .token(Secret.of("two words"))
                        .client()
                        .send(ApiRequest.get(PATH))))
        .hasMessageNotContaining("two words")
        .hasMessageContaining("copy it again");
  }

  private static List<String> causes(Throwable failure) {
    List<String> names = new ArrayList<>();
    for (Throwable it = failure; it != null; it = it.getCause()) {
      names.add(it.getClass().getSimpleName());
    }
    return names;
  }

  private GitHubException refused(RawServer server, ApiRequest request) {
    GitHubRepository there =
        github.repository().with(github.repository().settings().api(server.uri()));
    return catchThrowableOfType(GitHubException.class, () -> there.client().send(request));
  }

  private void recover(String scenario, ResponseDefinitionBuilder trouble) {
    github.on(
        get(urlPathEqualTo(PATH))
            .inScenario(scenario)
            .whenScenarioStateIs(Scenario.STARTED)
            .willSetStateTo(scenario),
        trouble);
    github.on(
        get(urlPathEqualTo(PATH)).inScenario(scenario).whenScenarioStateIs(scenario),
        StandIn.json(Samples.of("full-repository")));
  }

  private GitHubException refused(ApiRequest request) {
    return catchThrowableOfType(GitHubException.class, () -> client().send(request));
  }

  private ApiClient client() {
    return github.repository().token(Secret.of(TOKEN)).client();
  }

  private static ApiRequest dispatch() {
    return ApiRequest.post(DISPATCH, JsonText.object().put("ref", "main"));
  }
}
