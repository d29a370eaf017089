package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.github.GitHubException.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the client sends, and reads of good answers; for refusals see {@link FailureTableTest}. */
final class ApiClientTest {

  private static final String REPOSITORY = "/repos/acme/bot";

  @RegisterExtension final StandIn github = new StandIn();

  @Test
  void requestSaysWhoAsksAndForWhichVersionOfTheApi() {
    github.on(get(urlPathEqualTo(REPOSITORY)), StandIn.json(Samples.of("full-repository")));
    GitHubRepository repository = github.repository().token(Secret.of("t0ken"));

    JsonNode answer = repository.client().send(ApiRequest.get(repository.path())).json();

    assertThat(JsonText.number(answer, "id")).isEqualTo(1);
    LoggedRequest sent = github.requests().get(0);
    assertThat(sent.getHeader("Accept")).isEqualTo("application/vnd.github+json");
    assertThat(sent.getHeader("X-GitHub-Api-Version")).isEqualTo("2022-11-28");
    assertThat(sent.getHeader("User-Agent")).startsWith("selfupgrade-github/");
    assertThat(sent.getHeader("Authorization")).isEqualTo("Bearer t0ken");
  }

  @Test
  void branchWithASlashIsOnePartOfThePath() {
    GitHubRepository repository = github.repository();
    github.on(
        get(urlPathEqualTo(REPOSITORY + "/commits/release%2F1.x")),
        StandIn.json(Samples.of("commit")));

    ApiResponse answer =
        repository.client().send(ApiRequest.get(repository.path("commits", "release/1.x")));

    assertThat(answer.status()).isEqualTo(200);
  }

  @Test
  void writeCarriesItsBody() {
    GitHubRepository repository = github.repository();
    String path = repository.path("actions", "workflows", "deploy.yml", "dispatches");
    github.on(post(urlPathEqualTo(path)), StandIn.json(Samples.of("workflow-dispatch-response")));

    ApiResponse answer =
        repository
            .client()
            .send(
                ApiRequest.post(
                    path, JsonText.object().put("ref", "main").put("return_run_details", true)));

    assertThat(JsonText.number(answer.json(), "workflow_run_id")).isEqualTo(1);
    assertThat(github.requests().get(0).getBodyAsString()).contains("\"ref\":\"main\"");
  }

  @Test
  void serverOfOnesOwnHasItsApiBelowAPath() {
    github.on(
        get(urlPathEqualTo("/api/v3" + REPOSITORY)), StandIn.json(Samples.of("full-repository")));
    github.on(
        post(urlPathEqualTo("/api/graphql")),
        StandIn.json(JsonText.object().set("data", JsonText.object().put("a", 1))));
    GitHubRepository repository = github.enterprise();

    assertThat(repository.client().send(ApiRequest.get(repository.path())).status()).isEqualTo(200);
    assertThat(
            repository.client().graphql("query { a }", JsonText.object(), false).path("a").asInt())
        .isEqualTo(1);
  }

  @Test
  void whatIsNotThereIsEmptyToWhoSearches() {
    GitHubRepository repository = github.repository();
    github.on(
        get(urlPathEqualTo(REPOSITORY + "/releases/tags/v9")), StandIn.refusal(404, "Not Found"));

    assertThat(repository.client().find(ApiRequest.get(repository.path("releases", "tags", "v9"))))
        .isEmpty();
    assertThatThrownBy(
            () ->
                repository.client().send(ApiRequest.get(repository.path("releases", "tags", "v9"))))
        .isInstanceOfSatisfying(
            GitHubException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND))
        .hasMessageContaining("no token was given");
  }
}
