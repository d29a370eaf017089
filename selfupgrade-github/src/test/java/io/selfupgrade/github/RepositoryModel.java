package io.selfupgrade.github;

import static io.selfupgrade.github.StandIn.json;
import static io.selfupgrade.github.StandIn.refusal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A repository on GitHub that remembers what was done to it, as far as changes need it.
 *
 * <p>A test may let requests fail, before or after they had their effect, and may do something of
 * its own right before one.
 */
final class RepositoryModel implements Function<LoggedRequest, ResponseDefinitionBuilder> {

  static final String MAIN = "main";

  final GitModel git = new GitModel();
  final List<Pull> pulls = new ArrayList<>();
  final Map<String, ObjectNode> statuses = new TreeMap<>();
  final Map<String, ObjectNode> runs = new TreeMap<>();
  final List<ObjectNode> reviews = new ArrayList<>();
  final List<String> writes = new ArrayList<>();
  final Map<String, Runnable> before = new HashMap<>();
  Optional<ResponseDefinitionBuilder> mergeAnswer = Optional.empty();
  Optional<JsonNode> graphQlErrors = Optional.empty();
  Optional<String> alsoChanged = Optional.empty();
  boolean signs = true;
  int requests;
  int dieAt = Integer.MAX_VALUE;
  boolean dieAfterEffect;

  RepositoryModel() {
    git.push(
        MAIN,
        "first",
        Map.of(
            "prompts/greeting.md", GitModel.file("Good morning\n"),
            "prompts/old.md", GitModel.file("old\n"),
            "README.md", GitModel.file("# bot\n")));
  }

  /** Lets requests from one on have no answer; with their effect, for the first of them. */
  void die(int request, boolean afterEffect) {
    dieAt = request;
    dieAfterEffect = afterEffect;
  }

  void revive() {
    dieAt = Integer.MAX_VALUE;
  }

  void status(String context, String state) {
    statuses.put(
        context, Samples.of("simple-commit-status").put("context", context).put("state", state));
  }

  void run(String name, String status, String conclusion) {
    ObjectNode run = Samples.of("check-run").put("name", name).put("status", status);
    runs.put(
        name, conclusion.isEmpty() ? run.putNull("conclusion") : run.put("conclusion", conclusion));
  }

  void review(String login, String state) {
    ObjectNode review = Samples.of("pull-request-review").put("state", state);
    review.set("user", Samples.of("simple-user").put("login", login));
    reviews.add(review);
  }

  @Override
  public synchronized ResponseDefinitionBuilder apply(LoggedRequest request) {
    requests++;
    if (requests > dieAt || (requests == dieAt && !dieAfterEffect)) {
      return WireMock.aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER);
    }
    String path = URI.create(request.getUrl()).getRawPath();
    String route =
        request.getMethod()
            + " "
            + path.replaceFirst("/repos/acme/bot", "").replaceAll("[0-9a-f]{40}", "SHA");
    if (!request.getMethod().value().equals("GET")) {
      writes.add(route);
    }
    Runnable first = before.remove(route);
    if (first != null) {
      first.run();
    }
    ResponseDefinitionBuilder answer =
        path.equals("/graphql") ? graphql(body(request)) : rest(request, segments(path));
    return requests == dieAt
        ? WireMock.aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER)
        : answer;
  }

  private static List<String> segments(String path) {
    return Arrays.stream(path.split("/", -1))
        .skip(4)
        .map(part -> URLDecoder.decode(part, StandardCharsets.UTF_8))
        .toList();
  }

  private static JsonNode body(LoggedRequest request) {
    return JsonText.read("a request", request.getBody());
  }

  private ResponseDefinitionBuilder rest(LoggedRequest request, List<String> path) {
    String method = request.getMethod().value();
    if (path.isEmpty()) {
      return json(Samples.of("full-repository").put("default_branch", MAIN));
    }
    return switch (path.get(0)) {
      case "git" -> git(method, request, path);
      case "commits" -> commits(path);
      case "pulls" -> pulls(method, request, path);
      default -> refusal(404, "Not Found");
    };
  }

  private ResponseDefinitionBuilder git(String method, LoggedRequest request, List<String> path) {
    if (path.get(1).equals("trees")) {
      return tree(path.get(2));
    }
    if (path.get(1).equals("commits")) {
      return gitCommit(git.commits.get(path.get(2)));
    }
    if (method.equals("POST")) {
      String name = body(request).path("ref").asText().substring("refs/heads/".length());
      String sha = body(request).path("sha").asText();
      if (git.branches.containsKey(name) || !git.commits.containsKey(sha)) {
        return refusal(422, "Reference already exists");
      }
      git.branches.put(name, sha);
      return ref(201, name, sha);
    }
    String name = path.get(2).substring("heads/".length());
    String sha = git.branches.get(name);
    if (sha == null) {
      return refusal(404, "Not Found");
    }
    if (method.equals("DELETE")) {
      git.branches.remove(name);
      return WireMock.aResponse().withStatus(204);
    }
    return ref(200, name, sha);
  }

  private static ResponseDefinitionBuilder ref(int status, String name, String sha) {
    ObjectNode ref = Samples.of("git-ref").put("ref", "refs/heads/" + name);
    ((ObjectNode) ref.path("object")).put("sha", sha).put("type", "commit");
    return json(status, ref);
  }

  private ResponseDefinitionBuilder tree(String sha) {
    Map<String, GitModel.Entry> entries = git.tree(sha);
    if (entries == null) {
      return refusal(404, "Not Found");
    }
    ObjectNode answer = Samples.of("git-tree").put("sha", sha).put("truncated", false);
    ArrayNode list = answer.putArray("tree");
    entries.forEach(
        (name, entry) ->
            list.addObject()
                .put("path", name)
                .put("mode", entry.mode())
                .put("type", entry.mode().equals("040000") ? "tree" : "blob")
                .put("sha", entry.sha()));
    return json(answer);
  }

  private static ResponseDefinitionBuilder gitCommit(GitModel.Commit commit) {
    ObjectNode answer =
        Samples.of("git-commit").put("sha", commit.sha()).put("message", commit.message());
    ArrayNode parents = answer.putArray("parents");
    for (String parent : commit.parents()) {
      parents
          .addObject()
          .put("sha", parent)
          .put("url", "https://example.com/x")
          .put("html_url", "https://example.com/x");
    }
    return json(answer);
  }

  private ResponseDefinitionBuilder commits(List<String> path) {
    String sha = path.get(1);
    if (path.size() == 2) {
      ObjectNode answer = Samples.of("commit").put("sha", sha);
      answer.set("files", files(git.commits.get(sha).parents().get(0), sha));
      return json(answer);
    }
    boolean checks = path.get(2).equals("check-runs");
    Map<String, ObjectNode> all = checks ? runs : statuses;
    ObjectNode answer =
        checks ? JsonText.object() : Samples.of("combined-commit-status").put("sha", sha);
    answer.put("total_count", all.size());
    ArrayNode list = answer.putArray(checks ? "check_runs" : "statuses");
    all.values().forEach(list::add);
    return json(answer);
  }

  private ArrayNode files(String from, String to) {
    ArrayNode list = JsonText.array();
    git.difference(from, to)
        .forEach(
            (path, how) ->
                list.add(
                    Samples.of("diff-entry")
                        .put("filename", path)
                        .put("status", how)
                        .put(
                            "sha",
                            how.equals("removed")
                                ? git.commits.get(from).files().get(path).sha()
                                : git.commits.get(to).files().get(path).sha())));
    return list;
  }

  private ResponseDefinitionBuilder pulls(String method, LoggedRequest request, List<String> path) {
    if (path.size() == 1) {
      return method.equals("POST") ? open(body(request)) : list(request);
    }
    Pull pull = pulls.get(Integer.parseInt(path.get(1)) - 1);
    if (path.size() == 2) {
      return json(pull.json(this, "pull-request"));
    }
    return switch (path.get(2)) {
      case "files" -> {
        String head = pull.head(this);
        ArrayNode files = files(pull.from, head);
        alsoChanged.ifPresent(
            name ->
                files.add(Samples.of("diff-entry").put("filename", name).put("status", "added")));
        yield json(files);
      }
      case "reviews" -> json(Samples.list(reviews.toArray(JsonNode[]::new)));
      default -> merge(pull, body(request));
    };
  }

  private ResponseDefinitionBuilder list(LoggedRequest request) {
    String head = request.queryParameter("head").firstValue();
    ArrayNode list = JsonText.array();
    pulls.stream()
        .filter(pull -> head.equals("acme:" + pull.branch))
        .forEach(pull -> list.add(pull.json(this, "pull-request-simple")));
    return json(list);
  }

  private ResponseDefinitionBuilder open(JsonNode body) {
    String branch = body.path("head").asText();
    if (pulls.stream().anyMatch(pull -> pull.branch.equals(branch) && pull.state.equals("open"))) {
      return refusal(422, "A pull request already exists for acme:" + branch + ".");
    }
    pulls.add(new Pull(pulls.size() + 1, branch, body, git.branches.get(MAIN)));
    return json(201, pulls.get(pulls.size() - 1).json(this, "pull-request"));
  }

  private ResponseDefinitionBuilder merge(Pull pull, JsonNode body) {
    if (mergeAnswer.isPresent()) {
      return mergeAnswer.get();
    }
    String head = pull.head(this);
    if (!body.path("sha").asText().equals(head)) {
      return refusal(409, "Head branch was modified. Review and try the merge again.");
    }
    if (!pull.state.equals("open")) {
      return refusal(405, "Pull Request is not mergeable");
    }
    pull.merge(
        this, body.path("commit_title").asText() + "\n\n" + body.path("commit_message").asText());
    return json(
        Samples.of("pull-request-merge-result")
            .put("merged", true)
            .put("sha", pull.merged)
            .put("message", "Pull Request successfully merged"));
  }

  private ResponseDefinitionBuilder graphql(JsonNode body) {
    if (graphQlErrors.isPresent()) {
      ObjectNode answer = JsonText.object().putNull("data");
      answer.set("errors", graphQlErrors.get());
      return json(answer);
    }
    JsonNode input = body.path("variables").path("input");
    String branch = input.path("branch").path("branchName").asText();
    String head = git.branches.get(branch);
    if (!input.path("expectedHeadOid").asText().equals(head)) {
      return error("STALE_DATA", "Expected branch to point to \"x\" but it did not.");
    }
    Map<String, GitModel.Entry> changed = new TreeMap<>();
    for (JsonNode file : input.path("fileChanges").path("additions")) {
      byte[] content = Base64.getDecoder().decode(file.path("contents").asText());
      changed.put(file.path("path").asText(), new GitModel.Entry(GitModel.FILE, content));
    }
    for (JsonNode file : input.path("fileChanges").path("deletions")) {
      changed.put(file.path("path").asText(), GitModel.deleted());
    }
    JsonNode message = input.path("message");
    String sha =
        git.push(
            branch,
            message.path("headline").asText() + "\n\n" + message.path("body").asText(),
            changed);
    ObjectNode answer = JsonText.object();
    ObjectNode commit =
        answer.putObject("data").putObject("createCommitOnBranch").putObject("commit");
    commit.put("oid", sha);
    if (signs) {
      commit.putObject("signature").put("isValid", true);
    } else {
      commit.putNull("signature");
    }
    return json(answer);
  }

  private static ResponseDefinitionBuilder error(String type, String message) {
    ObjectNode answer = JsonText.object();
    answer.putObject("data").putNull("createCommitOnBranch");
    answer.putArray("errors").addObject().put("type", type).put("message", message);
    return json(answer);
  }

  /** A pull request. */
  static final class Pull {
    final int number;
    final String branch;
    final JsonNode asked;
    final String from;
    String into;
    String state = "open";
    boolean draft;
    String merged = "";
    private String lastHead = "";

    Pull(int number, String branch, JsonNode asked, String from) {
      this.from = from;
      this.number = number;
      this.branch = branch;
      this.asked = asked;
      this.into = asked.path("base").asText();
    }

    String head(RepositoryModel model) {
      lastHead = model.git.branches.getOrDefault(branch, lastHead);
      return lastHead;
    }

    void merge(RepositoryModel model, String message) {
      Map<String, GitModel.Entry> files = new TreeMap<>(model.git.commits.get(head(model)).files());
      merged = model.git.push(into, message, files);
      model
          .git
          .difference(merged, head(model))
          .keySet()
          .forEach(path -> model.git.commits.get(merged).files().remove(path));
      state = "closed";
    }

    ObjectNode json(RepositoryModel model, String schema) {
      ObjectNode pull =
          Samples.of(schema).put("number", number).put("state", state).put("draft", draft);
      if (schema.equals("pull-request")) {
        pull.put("merged", !merged.isEmpty());
      }
      pull.put("merge_commit_sha", merged.isEmpty() ? "0".repeat(40) : merged);
      ObjectNode head = (ObjectNode) pull.path("head");
      head.put("ref", branch).put("sha", head(model));
      head.set("repo", Samples.of("repository").put("full_name", StandIn.NAME));
      ((ObjectNode) pull.path("base")).put("ref", into);
      return pull;
    }
  }
}
