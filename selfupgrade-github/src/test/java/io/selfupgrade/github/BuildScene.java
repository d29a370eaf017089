package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.selfupgrade.github.GitHubCommitsTest.Commits;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.ReleaseSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A released commit, a newer one that may be built, and the workflow {@code release.yml}. */
final class BuildScene {

  static final String PATH = "/repos/acme/bot";
  static final String RUNS = PATH + "/actions/workflows/release.yml/runs";
  static final String DISPATCHES = PATH + "/actions/workflows/release.yml/dispatches";
  static final String OLD = "a".repeat(40);
  static final String NEW = "b".repeat(40);
  static final int LIMIT = 4096;

  final Publisher publisher;
  final InMemoryStore store;

  private final StandIn github;

  BuildScene(StandIn github) {
    this.github = github;
    this.publisher = new Publisher(github);
    this.store = new InMemoryStore(github.clock());
    publish("v1.0.0", OLD);
    head(NEW);
    dispatchAnswers(7);
    runs();
  }

  /** Moves the branch to a commit that is ahead and checked. */
  void head(String commit) {
    Commits.head(github, commit);
    Commits.compared(github, OLD, commit, "ahead");
    Commits.checks(github, commit, "ci=success", "");
  }

  void publish(String tag, String commit) {
    publisher
        .release(tag)
        .at(commit)
        .with("latest.json", ("index of " + tag).getBytes(StandardCharsets.UTF_8));
    publisher.answer();
  }

  ReleaseSource source() {
    return source(github.repository());
  }

  ReleaseSource source(GitHubRepository repository) {
    return repository
        .releases()
        .builtFrom(repository.commits("main").passing(), "release.yml")
        .sharing(store.sources());
  }

  void answerDispatch(ResponseDefinitionBuilder answer) {
    github.on(post(urlPathEqualTo(DISPATCHES)), answer);
  }

  /** Answers a dispatch with a run, which is queued. */
  void dispatchAnswers(long run) {
    answerDispatch(
        StandIn.json(Samples.of("workflow-dispatch-response").put("workflow_run_id", run)));
    run(run, "queued", "");
  }

  /** Says how a run stands; whoever has seen it gets 304. */
  void run(long id, String status, String conclusion) {
    String path = PATH + "/actions/runs/" + id;
    String etag = "W/\"" + id + status + conclusion + "\"";
    ObjectNode run = Samples.of("workflow-run").put("id", id).put("status", status);
    github.on(
        get(urlPathEqualTo(path)),
        StandIn.json(conclusion.isEmpty() ? run : run.put("conclusion", conclusion))
            .withHeader("ETag", etag));
    github.on(
        get(urlPathEqualTo(path)).withHeader("If-None-Match", equalTo(etag)),
        aResponse().withStatus(304).withHeader("ETag", etag));
  }

  /** Lists runs. */
  void runs(ObjectNode... listed) {
    ObjectNode list = JsonText.object().put("total_count", listed.length);
    list.set("workflow_runs", Samples.list(listed));
    github.on(get(urlPathEqualTo(RUNS)), StandIn.json(list));
  }

  static ObjectNode titled(long id, String title) {
    return Samples.of("workflow-run").put("id", id).put("display_title", title);
  }

  List<LoggedRequest> dispatches() {
    return asked(DISPATCHES);
  }

  List<LoggedRequest> asked(String path) {
    return github.requests().stream().filter(request -> request.getUrl().startsWith(path)).toList();
  }

  static String idOf(LoggedRequest dispatch) {
    return JsonText.read("a dispatch", dispatch.getBody()).path("inputs").path("upgrade").asText();
  }

  /** Lets all look at the same moment; returns what each has seen. */
  static List<String> atOnce(List<? extends ReleaseSource> agents) throws Exception {
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

  /** Looks as a primary does. */
  static String latest(ReleaseSource source) throws IOException {
    source.seek("stable");
    return new String(
        source.latest("stable", LIMIT).orElseThrow().document(), StandardCharsets.UTF_8);
  }
}
