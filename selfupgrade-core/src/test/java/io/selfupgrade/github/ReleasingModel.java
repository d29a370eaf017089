package io.selfupgrade.github;

import static io.selfupgrade.github.StandIn.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/**
 * A repository with a workflow that builds releases: it tells of its branch and its runs, and what
 * a run does a test plays.
 */
final class ReleasingModel implements Function<LoggedRequest, ResponseDefinitionBuilder> {

  static final long RUN = 7001;

  final RepositoryModel repository = new RepositoryModel();
  final List<JsonNode> dispatched = new CopyOnWriteArrayList<>();
  volatile boolean built;

  /** Returns the commit that the branch points to. */
  String head() {
    synchronized (repository) {
      return repository.git.branches.get(RepositoryModel.MAIN);
    }
  }

  @Override
  public ResponseDefinitionBuilder apply(LoggedRequest request) {
    String path = URI.create(request.getUrl()).getRawPath().replaceFirst(Publisher.PATH, "");
    if (path.equals("/commits/heads%2F" + RepositoryModel.MAIN)) {
      return WireMock.aResponse()
          .withHeader("Content-Type", "application/vnd.github.sha; charset=utf-8")
          .withBody(head());
    }
    if (path.startsWith("/compare/")) {
      return compare(path.substring("/compare/".length()).split("\\.\\.\\.", 2));
    }
    if (path.startsWith("/actions/")) {
      return actions(request, path);
    }
    return repository.apply(request);
  }

  private ResponseDefinitionBuilder compare(String[] commits) {
    synchronized (repository) {
      List<String> history = new ArrayList<>(List.of(commits[1]));
      for (int i = 0; i < history.size(); i++) {
        history.addAll(repository.git.commits.get(history.get(i)).parents());
      }
      int ahead = history.indexOf(commits[0]);
      return json(
          Samples.of("commit-comparison")
              .put("status", ahead > 0 ? "ahead" : ahead == 0 ? "identical" : "diverged")
              .put("ahead_by", Math.max(0, ahead)));
    }
  }

  private ResponseDefinitionBuilder actions(LoggedRequest request, String path) {
    if (path.endsWith("/dispatches")) {
      dispatched.add(JsonText.read("a dispatch", request.getBody()));
      return json(Samples.of("workflow-dispatch-response").put("workflow_run_id", RUN));
    }
    ObjectNode run = Samples.of("workflow-run").put("id", RUN);
    run.put("status", built ? "completed" : "in_progress");
    if (built) {
      run.put("conclusion", "success");
    }
    return json(run);
  }

  /** Returns what the workflow was told, by the names of its inputs. */
  Map<String, String> inputs() {
    JsonNode inputs = dispatched.get(0).path("inputs");
    return Map.of(
        "commit", inputs.path("commit").asText(),
        "channel", inputs.path("channel").asText(),
        "upgrade", inputs.path("upgrade").asText());
  }
}
