package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import io.selfupgrade.github.GitHubException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** GitHub's limits are obeyed: nothing is sent before the time that it names. */
final class RateLimitTest {

  private static final String PATH = "/repos/acme/bot";
  private static final Duration JITTER = Duration.ofSeconds(2);

  private static final JsonNode DATA = JsonText.object().set("data", JsonText.object().put("a", 1));

  @RegisterExtension final StandIn github = new StandIn();

  @Test
  void primaryLimitIsObeyedByItsResetOnGitHubsClock() {
    Instant theirs = StandIn.START.plus(Duration.ofHours(3));
    GitHubRepository repository = github.repository();
    refuse(
        StandIn.refusal(403, "API rate limit exceeded for 127.0.0.1")
            .withHeader("Date", date(theirs))
            .withHeader("x-ratelimit-limit", "60")
            .withHeader("x-ratelimit-remaining", "0")
            .withHeader("x-ratelimit-reset", Long.toString(theirs.getEpochSecond() + 600)));

    GitHubException limited = refused(repository);

    assertThat(limited).hasMessageContaining("without a token it is 60 requests an hour");
    requireUntil(repository, limited, Duration.ofMinutes(10));
  }

  @Test
  void lastRequestOfTheHourClosesBeforeAnythingIsRefused() {
    GitHubRepository repository = github.repository();
    github.on(
        get(urlPathEqualTo(PATH)),
        StandIn.json(Samples.of("full-repository"))
            .withHeader("Date", date(StandIn.START))
            .withHeader("x-ratelimit-remaining", "0")
            .withHeader("x-ratelimit-reset", Long.toString(StandIn.START.getEpochSecond() + 900)));

    assertThat(repository.client().send(ApiRequest.get(PATH)).status()).isEqualTo(200);

    GitHubException limited = refused(repository);
    assertThat(limited).hasMessageContaining("was not sent");
    requireUntil(repository, limited, Duration.ofMinutes(15));
  }

  @Test
  void secondaryLimitIsObeyedByRetryAfterInSecondsOrAsADate() {
    GitHubRepository seconds = github.repository();
    refuse(
        StandIn.refusal(403, "You have exceeded a secondary rate limit")
            .withHeader("Retry-After", "90"));
    requireUntil(seconds, refused(seconds), Duration.ofSeconds(90));

    GitHubRepository date = github.repository();
    Instant now = github.clock().instant();
    refuse(
        StandIn.refusal(429, "Too many requests")
            .withHeader("Date", date(now))
            .withHeader("Retry-After", date(now.plusSeconds(120))));
    requireUntil(date, refused(date), Duration.ofMinutes(2));
  }

  @Test
  void limitWithoutATimeIsAMinuteThenTwoThenFour() {
    GitHubRepository repository = github.repository();
    refuse(StandIn.refusal(429, "You have exceeded a secondary rate limit"));

    for (int minutes = 1; minutes <= 4; minutes *= 2) {
      Instant earliest = github.clock().instant().plus(Duration.ofMinutes(minutes));
      Instant until = refused(repository).until().orElseThrow();
      assertThat(until).isBetween(earliest, earliest.plus(JITTER));
      github.clock().advance(Duration.between(github.clock().instant(), until));
    }
    assertThat(github.requests()).hasSize(3);
  }

  @Test
  void absurdTimeIsADay() {
    GitHubRepository repository = github.repository();
    refuse(StandIn.refusal(429, "Too many requests").withHeader("Retry-After", "99999999999"));

    requireUntil(repository, refused(repository), Duration.ofHours(24));
  }

  @Test
  void resetThatHasPassedIsWaitedForAllTheSame() {
    GitHubRepository repository = github.repository();
    refuse(
        StandIn.refusal(403, "API rate limit exceeded")
            .withHeader("Date", date(StandIn.START))
            .withHeader("x-ratelimit-remaining", "0")
            .withHeader("x-ratelimit-reset", "1"));

    requireUntil(repository, refused(repository), Duration.ofSeconds(1));
  }

  @Test
  void troubleThatNamesATimeIsWaitedForToo() {
    GitHubRepository repository = github.repository();
    refuse(StandIn.refusal(503, "Maintenance").withHeader("Retry-After", "120"));

    GitHubException away = refused(repository);

    assertThat(away.kind()).isEqualTo(Kind.RATE_LIMITED);
    assertThat(away).hasMessageContaining("status 503");
    requireUntil(repository, away, Duration.ofMinutes(2));
  }

  @Test
  void limitOfReadsHoldsForWritesToo() {
    GitHubRepository repository = github.repository();
    refuse(StandIn.refusal(429, "Too many requests").withHeader("Retry-After", "60"));
    refused(repository);

    GitHubException limited =
        catchThrowableOfType(
            GitHubException.class,
            () -> repository.client().send(ApiRequest.post(PATH + "/git/refs", JsonText.object())));

    assertThat(limited.kind()).isEqualTo(Kind.RATE_LIMITED);
    assertThat(github.requests()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {403, 429})
  void graphQlHasAPrimaryLimitOfItsOwn(int status) {
    GitHubRepository repository = github.repository();
    refuse(primary(StandIn.refusal(status, "API rate limit exceeded for user 1")));
    refused(repository);
    answerGraphQl(StandIn.json(DATA));

    assertThat(graphQl(repository).path("a").asInt()).isEqualTo(1);

    GitHubRepository other = github.repository();
    answerGraphQl(primary(StandIn.json(limited("API rate limit exceeded for user 1"))));
    assertThatThrownBy(() -> graphQl(other)).hasMessageContaining("the limit of requests");
    github.on(get(urlPathEqualTo(PATH)), StandIn.json(Samples.of("full-repository")));

    assertThat(other.client().send(ApiRequest.get(PATH)).status()).isEqualTo(200);
  }

  @Test
  void secondaryLimitHoldsForRestAndGraphQl() {
    GitHubRepository repository = github.repository();
    refuse(
        StandIn.refusal(429, "You have exceeded a secondary rate limit")
            .withHeader("x-ratelimit-remaining", "4000")
            .withHeader("Retry-After", "60"));
    refused(repository);
    answerGraphQl(StandIn.json(DATA));

    assertThatThrownBy(() -> graphQl(repository)).hasMessageContaining("was not sent");
    assertThat(github.requests()).hasSize(1);

    GitHubRepository other = github.repository();
    answerGraphQl(StandIn.json(limited("You have exceeded a secondary rate limit")));
    assertThatThrownBy(() -> graphQl(other)).hasMessageContaining("a secondary limit");
    assertThat(refused(other)).hasMessageContaining("was not sent");
    assertThat(github.requests()).hasSize(2);
  }

  @Test
  void hostOfFilesIsWaitedForAsItAsksAndGitHubIsNot() throws IOException {
    GitHubRepository repository = github.repository();
    ApiRequest asset = ApiRequest.get(PATH + "/releases/assets/7").accept(ApiRequest.BYTES);
    github.on(
        get(urlPathEqualTo(PATH + "/releases/assets/7")),
        aResponse()
            .withStatus(302)
            .withHeader("Location", github.storage().baseUrl() + "/file?sig=secret"));
    github
        .storage()
        .stubFor(
            get(urlPathEqualTo("/file"))
                .willReturn(aResponse().withStatus(503).withHeader("Retry-After", "90")));

    GitHubException away =
        catchThrowableOfType(GitHubException.class, () -> repository.client().open(asset));

    assertThat(away.kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(away).hasMessageNotContaining("secret");
    Instant earliest = StandIn.START.plusSeconds(90);
    assertThat(away.until().orElseThrow()).isBetween(earliest, earliest.plus(JITTER));
    assertThatThrownBy(() -> repository.client().open(asset))
        .hasMessageContaining("asked for a pause");
    assertThat(github.storage().getAllServeEvents()).hasSize(1);

    github.on(get(urlPathEqualTo(PATH)), StandIn.json(Samples.of("full-repository")));
    assertThat(repository.client().send(ApiRequest.get(PATH)).status()).isEqualTo(200);
    github
        .storage()
        .stubFor(get(urlPathEqualTo("/file")).willReturn(aResponse().withBody("content")));
    github.clock().advance(Duration.ofSeconds(93));
    try (InputStream in = repository.client().open(asset)) {
      assertThat(in.readAllBytes()).hasSize(7);
    }
  }

  private void answerGraphQl(ResponseDefinitionBuilder answer) {
    github.on(post(urlPathEqualTo("/graphql")), answer);
  }

  private static JsonNode graphQl(GitHubRepository repository) {
    return repository.client().graphql("{a}", JsonText.object(), false);
  }

  private static JsonNode limited(String message) {
    JsonNode error = JsonText.object().put("type", "RATE_LIMITED").put("message", message);
    return JsonText.object().set("errors", Samples.list(error));
  }

  private static ResponseDefinitionBuilder primary(ResponseDefinitionBuilder answer) {
    return answer
        .withHeader("Date", date(StandIn.START))
        .withHeader("x-ratelimit-remaining", "0")
        .withHeader("x-ratelimit-reset", Long.toString(StandIn.START.getEpochSecond() + 600));
  }

  /** Checks that nothing is sent before, and something after. */
  private void requireUntil(GitHubRepository repository, GitHubException limited, Duration wait) {
    Instant earliest = github.clock().instant().plus(wait);
    int sent = github.requests().size();
    assertThat(limited.kind()).isEqualTo(Kind.RATE_LIMITED);
    assertThat(limited.retryable()).isTrue();
    assertThat(limited.until().orElseThrow()).isBetween(earliest, earliest.plus(JITTER));

    github.clock().advance(wait.minusMillis(1));
    assertThat(refused(repository).until()).isEqualTo(limited.until());
    assertThat(github.requests()).hasSize(sent);

    github.clock().advance(JITTER.plusMillis(1));
    refused(repository);
    assertThat(github.requests()).hasSize(sent + 1);
  }

  private void refuse(ResponseDefinitionBuilder refusal) {
    github.on(get(urlPathEqualTo(PATH)), refusal);
  }

  private GitHubException refused(GitHubRepository repository) {
    return catchThrowableOfType(
        GitHubException.class, () -> repository.client().send(ApiRequest.get(PATH)));
  }

  private static String date(Instant instant) {
    return DateTimeFormatter.RFC_1123_DATE_TIME.format(instant.atZone(ZoneOffset.UTC));
  }
}
