package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.http.Request;
import com.github.tomakehurst.wiremock.http.Response;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.upgrade.KeptUntil;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;

/**
 * The workflow {@code deploy.yml} of a GitHub on this machine, for the tests of other modules:
 * whoever plays the platform hears what is dispatched, and says how the runs go on.
 *
 * <p>Each request and each answer has to fit GitHub's own description; what does not fails {@link
 * #close}.
 */
public final class LocalActions implements AutoCloseable {

  private static final String RECORDS = Actions.REPO + "/deployments";
  private static final int RECORD = 900;

  private final StandIn github = new StandIn();
  private final Actions actions;
  private final BiConsumer<String, String> dispatched;
  private final List<ObjectNode> records = new CopyOnWriteArrayList<>();

  /**
   * Begins.
   *
   * @param dispatched hears id and version of each dispatch, before it is answered
   */
  public LocalActions(BiConsumer<String, String> dispatched) {
    this.dispatched = dispatched;
    github.begin();
    this.actions = new Actions(github);
    actions.alsoHeardBy(this::hear);
    github.on(
        post(urlPathMatching(RECORDS + "/\\d+/statuses")),
        StandIn.json(201, Samples.of("deployment-status")));
    showRecords();
  }

  /** Returns the workflow as an agent describes it that is told this URL. */
  public static GitHubWorkflow workflow(String url, KeptUntil keeps) {
    return GitHub.repository(StandIn.NAME)
        .at(URI.create(url))
        .token(Secret.of(Actions.TOKEN))
        .workflow("deploy.yml")
        .keeping(keeps)
        .recordingDeployments();
  }

  /** Returns where it is. */
  public String url() {
    return github.url();
  }

  /** Lets the answer to the next dispatch be lost, after it was carried out. */
  public void loseNextAnswer() {
    actions.answer(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER));
  }

  /** Lets the run of a deployment do a step of its one job. */
  public void runs(String deployment, String step) {
    long run = actions.runOf(deployment);
    actions.job(run, "in_progress", "", step);
    actions.run(run, "in_progress", "");
  }

  /** Ends the run of a deployment well. */
  public void succeeds(String deployment) {
    actions.run(actions.runOf(deployment), "completed", "success");
  }

  /** Lets the run of a deployment fail at a step, whose job has this log. */
  public void fails(String deployment, String step, String log) {
    long run = actions.runOf(deployment);
    actions.log(log);
    actions.job(run, "completed", "failure", step);
    actions.run(run, "completed", "failure");
  }

  /** Returns how many runs were dispatched. */
  public int dispatched() {
    return actions.dispatched();
  }

  /** Returns the states that were recorded of deployments, oldest first. */
  public List<String> statuses() {
    return github.requests().stream()
        .filter(request -> request.getUrl().endsWith("/statuses"))
        .map(request -> JsonText.read("a status", request.getBody()).path("state").asText())
        .toList();
  }

  private void hear(Request request, Response response) {
    boolean posted = request.getMethod().getName().equals("POST");
    if (posted && request.getUrl().equals(Actions.WORKFLOW + "/dispatches")) {
      JsonNode inputs = JsonText.read("a dispatch", request.getBody()).path("inputs");
      dispatched.accept(inputs.path("upgrade").asText(), inputs.path("version").asText());
    } else if (posted && request.getUrl().equals(RECORDS)) {
      ObjectNode record = Samples.of("deployment").put("id", RECORD + records.size());
      record.set("payload", JsonText.read("a record", request.getBody()).path("payload"));
      records.add(record);
      showRecords();
    }
  }

  private void showRecords() {
    github.on(
        get(urlPathEqualTo(RECORDS)), StandIn.json(Samples.list(records.toArray(new JsonNode[0]))));
    ObjectNode next = Samples.of("deployment").put("id", RECORD + records.size());
    next.putObject("payload");
    github.on(post(urlPathEqualTo(RECORDS)), StandIn.json(201, next));
  }

  @Override
  public void close() {
    github.end();
  }
}
