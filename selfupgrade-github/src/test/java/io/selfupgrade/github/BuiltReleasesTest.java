package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.selfupgrade.github.GitHubCommitsTest.Commits;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.ReleaseSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A commit that may be built is asked for once, and what is installed is the signed release. */
final class BuiltReleasesTest {

  private static final String PATH = "/repos/acme/bot";
  private static final String RUNS = PATH + "/actions/workflows/release.yml/runs";
  private static final String DISPATCHES = PATH + "/actions/workflows/release.yml/dispatches";
  private static final String OLD = "a".repeat(40);
  private static final String NEW = "b".repeat(40);
  private static final int LIMIT = 4096;

  @RegisterExtension final StandIn github = new StandIn();

  private final Publisher publisher = new Publisher(github);
  private final InMemoryStore store = new InMemoryStore(github.clock());

  @BeforeEach
  void publish() {
    publish("v1.0.0", OLD);
    Commits.head(github, NEW);
    Commits.compared(github, OLD, NEW, "ahead");
    Commits.checks(github, NEW, "ci=success", "");
    answerDispatch(
        StandIn.json(Samples.of("workflow-dispatch-response").put("workflow_run_id", 7)));
    runs();
  }

  @Test
  void commitThatIsAheadIsBuiltOnceByAllWhoShareAStore() throws Exception {
    List<ReleaseSource> agents = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      agents.add(source());
    }

    for (int hour = 0; hour < 3; hour++) {
      assertThat(atOnce(agents)).containsOnly("index of v1.0.0");
      github.clock().advance(Duration.ofHours(1));
    }

    assertThat(dispatches()).hasSize(1);
    JsonNode body = JsonText.read("a dispatch", dispatches().get(0).getBody());
    assertThat(body.path("ref").asText()).isEqualTo("main");
    assertThat(body.path("return_run_details").asBoolean()).isTrue();
    assertThat(body.path("inputs").path("upgrade").asText()).hasSize(36);
    assertThat(body.path("inputs").path("channel").asText()).isEqualTo("stable");
    assertThat(body.path("inputs").path("commit").asText()).hasSize(40);
  }

  @Test
  void signedReleaseThatFollowsIsWhatIsInstalled() throws IOException {
    ReleaseSource source = source();
    assertThat(latest(source)).isEqualTo("index of v1.0.0");
    publish("v1.1.0", NEW);
    github.clock().advance(Duration.ofHours(1));

    assertThat(latest(source)).isEqualTo("index of v1.1.0");
    assertThat(dispatches()).hasSize(1);
  }

  @Test
  void nextCommitIsBuiltAnew() throws IOException {
    latest(source());
    String next = "c".repeat(40);
    Commits.head(github, next);
    Commits.compared(github, OLD, next, "ahead");
    Commits.checks(github, next, "", "ci=success");
    github.clock().advance(Duration.ofHours(1));

    latest(source());

    assertThat(dispatches()).hasSize(2);
  }

  @Test
  void answerThatWasLostIsLookedForByTheRunsName() throws IOException {
    answerDispatch(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER));
    latest(source());
    String id = idOf(dispatches().get(0));
    runs("release 1.1.0 stable " + id);
    github.clock().advance(Duration.ofHours(1));

    latest(source());
    github.clock().advance(Duration.ofHours(1));
    latest(source());

    assertThat(dispatches()).hasSize(1);
    assertThat(asked(RUNS)).hasSize(1);
  }

  @Test
  void whatNeverCameIsAskedForAgainUnderTheSameIdAndNotEarly() throws IOException {
    answerDispatch(StandIn.refusal(502, "Bad Gateway"));
    latest(source());
    github.clock().advance(Copies.FRESH.plusSeconds(1));
    latest(source());
    assertThat(dispatches()).hasSize(1);
    github.clock().advance(BuildOnce.TO_APPEAR);

    latest(source());

    assertThat(dispatches()).hasSize(2);
    assertThat(idOf(dispatches().get(1))).isEqualTo(idOf(dispatches().get(0)));
  }

  @Test
  void nothingIsBuiltOfWhatIsNotAcceptable() throws IOException {
    Commits.checks(github, NEW, "ci=pending", "");
    ReleaseSource source = source();
    latest(source);
    Commits.checks(github, NEW, "ci=success", "");
    assertThat(dispatches()).isEmpty();

    github.clock().advance(Copies.FRESH.plusSeconds(1));
    latest(source);
    assertThat(dispatches()).hasSize(1);
  }

  @Test
  void newsOfTheBranchAndOfItsChecksAreLookedForAtOnce() throws IOException {
    ReleaseSource source = source();
    Commits.head(github, OLD);
    latest(source);
    Commits.head(github, NEW);
    Commits.checks(github, NEW, "ci=pending", "");
    source.expectNews();
    latest(source);
    Commits.checks(github, NEW, "ci=success", "");
    latest(source);
    assertThat(dispatches()).isEmpty();

    source.expectNews();
    latest(source);

    assertThat(dispatches()).hasSize(1);
  }

  @Test
  void branchThatWasRewrittenIsNotBuilt() throws IOException {
    Commits.compared(github, OLD, NEW, "diverged");

    assertThat(latest(source())).isEqualTo("index of v1.0.0");
    assertThat(dispatches()).isEmpty();
  }

  @Test
  void troubleWithTheBranchOrTheWorkflowIsNotInTheWayOfReleases() throws IOException {
    github.on(
        get(urlPathEqualTo(PATH + "/commits/heads%2Fmain")), StandIn.refusal(404, "Not Found"));
    assertThat(latest(source())).isEqualTo("index of v1.0.0");

    Commits.head(github, NEW);
    answerDispatch(StandIn.refusal(422, "Workflow does not have 'workflow_dispatch' trigger"));
    assertThat(latest(source())).isEqualTo("index of v1.0.0");
    assertThat(dispatches()).hasSize(1);
  }

  @Test
  void withoutAnyReleaseTheHeadIsBuilt() throws IOException {
    publisher.delete("v1.0.0");
    publisher.answer();

    assertThat(source().latest("stable", LIMIT)).isEmpty();
    assertThat(dispatches()).hasSize(1);
  }

  @Test
  void newerApiTellsTheRunUnasked() throws IOException {
    GitHubRepository repository = github.repository().apiVersion("2026-03-10");

    latest(source(repository));

    assertThat(dispatches().get(0).getBodyAsString()).doesNotContain("return_run_details");
    assertThat(dispatches().get(0).getHeader("X-GitHub-Api-Version")).isEqualTo("2026-03-10");
  }

  private void publish(String tag, String commit) {
    publisher
        .release(tag)
        .at(commit)
        .with("latest.json", ("index of " + tag).getBytes(StandardCharsets.UTF_8));
    publisher.answer();
  }

  private ReleaseSource source() {
    return source(github.repository());
  }

  private ReleaseSource source(GitHubRepository repository) {
    return repository
        .releases()
        .builtFrom(repository.commits("main").passing(), "release.yml")
        .sharing(store.sources());
  }

  private void answerDispatch(ResponseDefinitionBuilder answer) {
    github.on(post(urlPathEqualTo(DISPATCHES)), answer);
  }

  private void runs(String... titles) {
    ObjectNode list = JsonText.object().put("total_count", titles.length);
    var runs = list.putArray("workflow_runs");
    for (String title : titles) {
      runs.add(Samples.of("workflow-run").put("display_title", title));
    }
    github.on(get(urlPathEqualTo(RUNS)), StandIn.json(list));
  }

  private List<LoggedRequest> dispatches() {
    return asked(DISPATCHES);
  }

  private List<LoggedRequest> asked(String path) {
    return github.requests().stream().filter(request -> request.getUrl().startsWith(path)).toList();
  }

  private static String idOf(LoggedRequest dispatch) {
    return JsonText.read("a dispatch", dispatch.getBody()).path("inputs").path("upgrade").asText();
  }

  private static List<String> atOnce(List<ReleaseSource> agents) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(agents.size());
    try {
      List<Callable<String>> looks = new ArrayList<>();
      agents.forEach(agent -> looks.add(() -> latest(agent)));
      List<String> seen = new ArrayList<>();
      for (Future<String> look : threads.invokeAll(looks)) {
        seen.add(look.get());
      }
      return seen;
    } finally {
      threads.shutdownNow();
    }
  }

  private static String latest(ReleaseSource source) throws IOException {
    return new String(
        source.latest("stable", LIMIT).orElseThrow().document(), StandardCharsets.UTF_8);
  }
}
