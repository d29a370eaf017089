package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.RequestListener;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.Deployment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Plays the workflow {@code deploy.yml} on the stand-in: what is dispatched becomes a run, and a
 * test says how that goes on.
 *
 * <p>Whoever waits lets time pass, and with each wait the next thing happens that was given to
 * {@link #then}.
 */
final class Actions {

  static final String REPO = "/repos/acme/bot";
  static final String WORKFLOW = REPO + "/actions/workflows/deploy.yml";
  static final String RUNS = REPO + "/actions/runs/";
  static final String TOKEN = "t0ken-of-nobody";

  private static final long FIRST = 4000;
  private static final int JOB = 77;

  private final StandIn github;
  private final List<ObjectNode> runs = new CopyOnWriteArrayList<>();
  private final Set<Long> told = ConcurrentHashMap.newKeySet();
  private final AtomicInteger versions = new AtomicInteger();
  private final Deque<Runnable> script = new ArrayDeque<>();
  private final List<Duration> pauses = new ArrayList<>();
  private volatile RequestListener also = (request, response) -> {};
  private boolean titled = true;
  private boolean hidden;

  Actions(StandIn github) {
    this.github = github;
    github.heardBy(
        (request, response) -> {
          boolean dispatched = request.getUrl().equals(WORKFLOW + "/dispatches");
          boolean lost = response.getFault() != null || response.getStatus() >= 500;
          if (dispatched && (response.getStatus() < 300 || lost)) {
            add(JsonText.read("a dispatch", request.getBody()).path("inputs"));
          }
          also.requestReceived(request, response);
        });
    github.on(
        get(urlPathEqualTo(WORKFLOW)), StandIn.json(Samples.of("workflow").put("state", "active")));
    github.on(get(urlPathMatching(REPO + "/contents/.*")), StandIn.refusal(404, "Not Found"));
    list();
    answer(details(FIRST));
  }

  /** Returns the workflow, as one process has it. */
  GitHubWorkflow workflow() {
    return workflow(github.repository());
  }

  GitHubWorkflow workflow(GitHubRepository repository) {
    return GitHubWorkflow.named(repository.token(Secret.of(TOKEN)), "deploy.yml", pace());
  }

  Pace pace() {
    return new Pace() {
      @Override
      public long nanos() {
        return Duration.between(StandIn.START, github.clock().instant()).toNanos();
      }

      @Override
      public void pause(Duration time) throws InterruptedException {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        pauses.add(time);
        github.clock().advance(time);
        if (!script.isEmpty()) {
          script.remove().run();
        }
      }
    };
  }

  /** Lets something happen at the next wait for which nothing was given yet. */
  Actions then(Runnable next) {
    script.add(next);
    return this;
  }

  List<Duration> pauses() {
    return pauses;
  }

  /** Lets somebody hear of each request too, before it is answered. */
  void alsoHeardBy(RequestListener other) {
    also = other;
  }

  /** Sets the answer to a dispatch. */
  void answer(ResponseDefinitionBuilder answer) {
    github.on(post(urlPathEqualTo(WORKFLOW + "/dispatches")), answer);
  }

  /** Leaves the id out of titles, as a workflow without run-name. */
  void leaveOutTitles() {
    titled = false;
  }

  /** Leaves new runs out of the list until {@link #list()}, as GitHub does for a while. */
  void hide() {
    hidden = true;
  }

  /** Answers the list of runs with what there is. */
  void list() {
    hidden = false;
    ObjectNode list =
        (ObjectNode)
            Samples.answer(
                "get", "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs", 200);
    ArrayNode items = list.putArray("workflow_runs");
    for (int i = runs.size() - 1; i >= 0; i--) {
      items.add(runs.get(i));
    }
    list(StandIn.json(list.put("total_count", runs.size())));
  }

  void list(ResponseDefinitionBuilder answer) {
    github.on(get(urlPathEqualTo(WORKFLOW + "/runs")), answer);
  }

  /** Puts a run into the list that was dispatched with these inputs. */
  private void add(JsonNode inputs) {
    String title = "deploy " + inputs.path("version").asText() + " ";
    long id = FIRST + runs.size();
    runs.add(run(id, titled ? title + inputs.path("upgrade").asText() : "deploy"));
    if (!told.contains(id)) {
      run(id, "queued", "");
    }
    if (!hidden) {
      list();
    }
    answer(details(FIRST + runs.size()));
  }

  /** Says how the first run stands, with an ETag of its own. */
  void run(String status, String conclusion) {
    run(FIRST, status, conclusion);
  }

  /** Says how a run stands, with an ETag of its own. */
  void run(long id, String status, String conclusion) {
    told.add(id);
    ObjectNode run = run(id, "deploy 1.4.0").put("status", status);
    changing(RUNS + id, conclusion.isEmpty() ? run : run.put("conclusion", conclusion));
  }

  /** Returns the number of the run that was dispatched for a deployment. */
  long runOf(String deployment) {
    return runs.stream()
        .filter(run -> run.path("display_title").asText().contains(deployment))
        .mapToLong(run -> run.path("id").asLong())
        .min()
        .orElseThrow();
  }

  /** Says how the one job of the first run stands. */
  void job(String status, String conclusion, String step) {
    job(FIRST, status, conclusion, step);
  }

  /** Says how the one job of a run stands, which is called {@code deploy}. */
  void job(long run, String status, String conclusion, String step) {
    ObjectNode job = Samples.of("job").put("id", JOB).put("name", "deploy").put("status", status);
    if (!conclusion.isEmpty()) {
      job.put("conclusion", conclusion);
    }
    ObjectNode one = job.putArray("steps").addObject();
    one.put("name", step).put("status", status).put("number", 1);
    one.set("conclusion", job.path("conclusion"));
    ObjectNode jobs = JsonText.object().put("total_count", 1);
    jobs.set("jobs", Samples.list(job));
    changing(RUNS + run + "/jobs", jobs);
  }

  void noJobs() {
    noJobs(FIRST);
  }

  void noJobs(long run) {
    ObjectNode jobs = JsonText.object().put("total_count", 0);
    jobs.set("jobs", JsonText.array());
    changing(RUNS + run + "/jobs", jobs);
  }

  /** Sets the log of the one job, which is on another host. */
  void log(String text) {
    github.storage().stubFor(get(urlPathEqualTo("/log")).willReturn(aResponse().withBody(text)));
    github.on(
        get(urlPathEqualTo(REPO + "/actions/jobs/" + JOB + "/logs")),
        aResponse().withStatus(302).withHeader("Location", github.storage().baseUrl() + "/log"));
  }

  /** Answers whoever has seen it with 304. */
  private void changing(String path, JsonNode body) {
    String etag = "\"v" + versions.incrementAndGet() + "\"";
    github.on(get(urlPathEqualTo(path)), StandIn.json(body).withHeader("ETag", etag));
    github.on(
        get(urlPathEqualTo(path)).withHeader("If-None-Match", equalTo(etag)),
        aResponse().withStatus(304).withHeader("ETag", etag));
  }

  /** Shows the workflow's file to whoever reads it. */
  void file(String yaml) {
    github.on(
        get(urlPathMatching(REPO + "/contents/.*")),
        aResponse().withHeader("Content-Type", ApiRequest.RAW).withBody(yaml));
  }

  /** Returns how many runs there are. */
  int dispatched() {
    return runs.size();
  }

  /** Returns what was posted to a path, oldest first. */
  List<JsonNode> posted(String path) {
    return requests("POST", path).stream()
        .map(request -> JsonText.read("a request", request.getBody()))
        .toList();
  }

  List<LoggedRequest> requests(String method, String path) {
    return github.requests().stream()
        .filter(it -> it.getMethod().getName().equals(method))
        .filter(it -> it.getUrl().split("\\?", 2)[0].equals(path))
        .toList();
  }

  String page(String below) {
    return github.url() + "/acme/bot/actions/" + below;
  }

  static Deployment deployment(String version) {
    return new Deployment(UUID.randomUUID(), new AgentName("bot"), Version.parse(version));
  }

  static long first() {
    return FIRST;
  }

  private static ResponseDefinitionBuilder details(long run) {
    return StandIn.json(Samples.of("workflow-dispatch-response").put("workflow_run_id", run));
  }

  private static ObjectNode run(long id, String title) {
    return Samples.of("workflow-run")
        .put("id", id)
        .put("display_title", title)
        .put("event", "workflow_dispatch");
  }
}
