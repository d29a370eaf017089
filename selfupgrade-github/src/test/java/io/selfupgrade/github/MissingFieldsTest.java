package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.github.GitHubException.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers that have more than is known of, and such that lack what somebody needs of them. */
final class MissingFieldsTest {

  private static final String PATH = "/repos/acme/bot";
  private static final String DISPATCH = PATH + "/actions/workflows/deploy.yml/dispatches";

  @RegisterExtension final StandIn github = new StandIn();

  @Test
  void unknownFieldsDoNotMatter() throws IOException {
    github.answersWrongly(PATH);
    github.answersWrongly(PATH + "/releases");
    github.on(
        get(urlPathEqualTo(PATH)),
        StandIn.json(Samples.of("full-repository").put("brand_new", true)));
    github.on(
        get(urlPathEqualTo(PATH + "/releases")),
        StandIn.json(
            Samples.list(Samples.of("release").put("brand_new", 1).put("tag_name", "v1.0.0"))));

    assertThat(github.repository().releases().latest("stable", 4096)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"assets", "tag_name", "draft", "prerelease"})
  void releaseWithoutAFieldIsNamed(String field) {
    github.answersWrongly(PATH + "/releases");
    ObjectNode release = Samples.of("release").put("tag_name", "v1.0.0");
    release.remove(field);
    github.on(get(urlPathEqualTo(PATH + "/releases")), StandIn.json(Samples.list(release)));

    assertNamed(
        catchThrowableOfType(
            IOException.class, () -> github.repository().releases().latest("stable", 4096)),
        field);
  }

  @Test
  void comparisonWithoutItsStatusIsNamed() {
    String[] commits = {"a".repeat(40), "b".repeat(40)};
    String path = PATH + "/compare/" + commits[0] + "..." + commits[1];
    github.answersWrongly(path);
    GitHubCommitsTest.Commits.head(github, commits[1]);
    ObjectNode comparison = Samples.of("commit-comparison");
    comparison.remove("status");
    github.on(get(urlPathEqualTo(path)), StandIn.json(comparison));

    assertNamed(
        catchThrowableOfType(
            GitHubException.class, () -> github.repository().commits("main").check(commits[0])),
        "status");
  }

  @Test
  void runWithoutItsIdIsNamed() {
    String path = PATH + "/actions/workflows/deploy.yml/runs";
    github.answersWrongly(path);
    UUID id = UUID.randomUUID();
    ObjectNode run = Samples.of("workflow-run").put("display_title", "deploy 1.4.0 " + id);
    run.remove("id");
    ObjectNode list = JsonText.object().put("total_count", 1);
    list.set("workflow_runs", Samples.list(run));
    github.on(get(urlPathEqualTo(path)), StandIn.json(list));
    Runs runs = new Runs(github.repository(), "deploy.yml");

    assertNamed(
        catchThrowableOfType(
            GitHubException.class,
            () -> runs.find(id, new Budget(Pace.REAL, Duration.ofMinutes(1)))),
        "id");
  }

  /** There may be a run all the same: {@code BuiltReleasesTest} shows that it is looked for. */
  @Test
  void dispatchThatDoesNotTellItsRunIsNamed() {
    github.answersWrongly(DISPATCH);
    ObjectNode answer = Samples.of("workflow-dispatch-response");
    answer.remove("workflow_run_id");
    github.on(post(urlPathEqualTo(DISPATCH)), StandIn.json(answer));
    RunRequest request = new RunRequest(github.repository(), "deploy.yml");

    assertNamed(
        catchThrowableOfType(
            GitHubException.class,
            () -> request.send("main", Map.of(), new Budget(Pace.REAL, Duration.ofMinutes(1)))),
        "workflow_run_id");
    assertThat(github.requests()).hasSize(1);
  }

  private static void assertNamed(Exception failure, String field) {
    assertThat(failure).hasMessageContaining("\"" + field + "\", expected");
    Throwable seen = failure instanceof GitHubException ? failure : failure.getCause();
    assertThat(((GitHubException) seen).kind()).isEqualTo(Kind.UNEXPECTED);
  }
}
