package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.github.GitHubException.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lists of several pages, and GraphQL, whose errors come with status 200. */
final class PagesTest {

  private static final String RELEASES = "/repos/acme/bot/releases";

  @RegisterExtension final StandIn github = new StandIn();

  @Test
  void emptyPageIsTheEnd() {
    github.on(get(urlPathEqualTo(RELEASES)), StandIn.json(Samples.list()));

    ApiClient.Items items = list(100);

    assertThat(items.items()).isEmpty();
    assertThat(items.complete()).isTrue();
  }

  @Test
  void emptyPageThatNamesANextOneIsNotTheEnd() {
    String url = github.url() + "/repositories/42/releases?per_page=100&page=2";
    github.on(
        get(urlPathEqualTo(RELEASES)),
        StandIn.json(Samples.list()).withHeader("Link", "<" + url + ">; rel=\"next\""));
    github.on(
        get(urlPathEqualTo(RELEASES)).withQueryParam("page", equalTo("2")),
        StandIn.json(Samples.list(Samples.of("release").put("id", 7))));

    ApiClient.Items items = list(100);

    assertThat(items.items()).extracting(item -> item.path("id").asInt()).containsExactly(7);
    assertThat(items.complete()).isTrue();
  }

  @Test
  void threePagesAreReadInTheirOrder() {
    threePages();

    ApiClient.Items items = list(100);

    assertThat(items.items()).extracting(item -> item.path("id").asInt()).containsExactly(1, 2, 3);
    assertThat(items.complete()).isTrue();
  }

  @Test
  void noMorePagesAreReadThanAreWanted() {
    threePages();

    ApiClient.Items items = list(2);

    assertThat(items.items()).extracting(item -> item.path("id").asInt()).containsExactly(1, 2);
    assertThat(items.complete()).isFalse();
    assertThat(github.requests()).hasSize(2);
  }

  @Test
  void listThatIsNoneIsNamed() {
    github.answersWrongly(RELEASES);
    github.on(get(urlPathEqualTo(RELEASES)), StandIn.json(JsonText.object()));

    assertThat(catchThrowableOfType(GitHubException.class, () -> list(2)))
        .hasMessageContaining("without a list");
  }

  @ParameterizedTest
  @CsvSource({
    "NOT_FOUND, NOT_FOUND, NOT_FOUND",
    "FORBIDDEN, FORBIDDEN, FORBIDDEN",
    "INSUFFICIENT_SCOPES, FORBIDDEN, FORBIDDEN",
    "RATE_LIMITED, RATE_LIMITED, RATE_LIMITED",
    "STALE_DATA, CONFLICT, CONFLICT",
    "UNPROCESSABLE, INVALID, INVALID",
    "SOMETHING_NEW, UNEXPECTED, AMBIGUOUS",
    "'', UNAVAILABLE, AMBIGUOUS"
  })
  void errorsOfGraphQlComeWithStatus200(String type, Kind ofQuery, Kind ofMutation) {
    ObjectNode error = JsonText.object().put("message", "As GitHub says");
    ObjectNode answer = JsonText.object();
    answer.set("data", JsonText.object().putNull("repository"));
    answer.set("errors", Samples.list(type.isEmpty() ? error : error.put("type", type)));
    github.on(post(urlPathEqualTo("/graphql")), StandIn.json(answer));

    assertThat(graphql(false).kind()).isEqualTo(ofQuery);
    assertThat(graphql(true).kind()).isEqualTo(ofMutation);
    assertThat(graphql(true)).hasMessageContaining("As GitHub says");
  }

  @Test
  void graphQlSendsQueryAndVariables() {
    JsonNode data = JsonText.object().set("data", JsonText.object().put("a", 1));
    github.on(post(urlPathEqualTo("/graphql")), StandIn.json(data));

    github
        .repository()
        .client()
        .graphql("query($n:Int!){a(n:$n)}", JsonText.object().put("n", 2), false);

    assertThat(github.requests().get(0).getBodyAsString())
        .isEqualTo("{\"query\":\"query($n:Int!){a(n:$n)}\",\"variables\":{\"n\":2}}");
  }

  private GitHubException graphql(boolean changes) {
    return catchThrowableOfType(
        GitHubException.class,
        () -> github.repository().client().graphql("{a}", JsonText.object(), changes));
  }

  private void threePages() {
    for (int page = 3; page >= 1; page--) {
      var request = get(urlPathEqualTo(RELEASES));
      if (page > 1) {
        request = request.withQueryParam("page", equalTo(Integer.toString(page)));
      }
      var answer = StandIn.json(Samples.list(Samples.of("release").put("id", page)));
      if (page < 3) {
        String url = github.url() + "/repositories/42/releases?per_page=100&page=" + (page + 1);
        answer =
            answer.withHeader("Link", "<" + url + ">; rel=\"next\", <" + url + ">; rel=\"last\"");
      }
      github.server().stubFor(request.atPriority(4 - page).willReturn(answer));
    }
  }

  private ApiClient.Items list(int most) {
    return github.repository().client().list(ApiRequest.get(RELEASES), "", most);
  }
}
