package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.upgrade.Deployment;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says on GitHub's pages what is deployed where. Whatever goes wrong with it is logged and else
 * changes nothing.
 */
final class DeploymentRecords {

  private static final Logger LOG = LoggerFactory.getLogger(GitHubWorkflow.class);
  private static final Duration REQUEST = Duration.ofSeconds(5);
  private static final String KEY = "selfupgrade_deployment";
  private static final String TASK = "deploy";

  private final GitHubRepository repository;
  private final WorkflowTerms terms;

  DeploymentRecords(GitHubRepository repository, WorkflowTerms terms) {
    this.repository = repository;
    this.terms = terms;
  }

  /** Sets the state of a deployment's record, which is made if there is none. */
  void set(Deployment deployment, String state, URI log) {
    if (!terms.records()) {
      return;
    }
    try {
      Optional<Long> record = find(deployment);
      Optional<Long> known = record.isPresent() ? record : make(deployment);
      if (known.isPresent()) {
        repository.client().send(status(known.get(), state, log));
      }
    } catch (GitHubException e) {
      LOG.warn("deployment {} is not recorded as {}", deployment.id(), state, e);
    }
  }

  /** Returns the state that says how a run ended; empty if that is not known. */
  static Optional<String> state(RunResult result) {
    if (result instanceof RunResult.Succeeded) {
      return Optional.of("success");
    }
    if (result instanceof RunResult.Cancelled) {
      return Optional.of("inactive");
    }
    return result instanceof RunResult.Unknown ? Optional.empty() : Optional.of("failure");
  }

  private Optional<Long> find(Deployment deployment) {
    ApiRequest request =
        ApiRequest.get(repository.path("deployments"))
            .query("task", TASK)
            .query("environment", terms.environment())
            .within(REQUEST);
    for (JsonNode item : repository.client().list(request, "", 100).items()) {
      // GitHub returns the payload as it came, or as a text.
      JsonNode payload = item.path("payload");
      String text = payload.isTextual() ? payload.textValue() : payload.path(KEY).asText("");
      if (text.contains(deployment.id().toString())) {
        return Optional.of(JsonText.number(item, "id"));
      }
    }
    return Optional.empty();
  }

  private Optional<Long> make(Deployment deployment) {
    ObjectNode body =
        JsonText.object()
            .put("ref", terms.refOf(deployment.version()))
            .put("task", TASK)
            .put("auto_merge", false)
            .put("environment", terms.environment())
            .put("description", described(deployment));
    body.putArray("required_contexts");
    body.putObject("payload")
        .put(KEY, deployment.id().toString())
        .put("agent", deployment.agent().value())
        .put("version", deployment.version().toString());
    ApiResponse answer =
        repository
            .client()
            .send(ApiRequest.post(repository.path("deployments"), body).within(REQUEST));
    if (answer.status() != 201) {
      LOG.warn(
          "deployment {} is not recorded: GitHub answered with status {}, expected 201",
          deployment.id(),
          answer.status());
      return Optional.empty();
    }
    return Optional.of(JsonText.number(answer.json(), "id"));
  }

  private ApiRequest status(long record, String state, URI log) {
    return ApiRequest.post(
            repository.path("deployments", record, "statuses"),
            JsonText.object().put("state", state).put("log_url", log.toString()))
        .within(REQUEST);
  }

  private static String described(Deployment deployment) {
    String text = deployment.version() + " of " + deployment.agent().value();
    return text.length() > 140 ? text.substring(0, 140) : text;
  }
}
