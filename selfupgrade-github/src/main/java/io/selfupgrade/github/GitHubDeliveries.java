package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.upgrade.MissedDeliveries;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What GitHub could not deliver: it does not try again by itself, and does so when it is asked.
 *
 * <p>Give it to {@code missedDeliveries(...)} of the builder: the agent asks when it first leads,
 * and every hour. GitHub can deliver again for three days (GitHub Docs, "Redelivering webhooks");
 * later, and whatever happens here, the agent looks by itself. Thread-safe.
 *
 * <p>The token needs the permission "Webhooks: read and write" on the repository; for an App it is
 * the App itself that asks, by its key.
 */
public final class GitHubDeliveries implements MissedDeliveries {

  private static final Logger LOG = LoggerFactory.getLogger(GitHubDeliveries.class);
  private static final Duration AS_FAR_BACK = Duration.ofDays(3);
  private static final int MOST_SEEN = 2_000;
  private static final int MOST_ASKED = 50;

  /** One that has failed that often is refused for a reason that stays. */
  private static final int MOST_ATTEMPTS = 5;

  private static final int MOST_HOOKS = 100;

  private final GitHubRepository repository;
  private final Optional<URI> receiver;

  private GitHubDeliveries(GitHubRepository repository, Optional<URI> receiver) {
    this.repository = repository;
    this.receiver = receiver;
  }

  /**
   * Describes the deliveries of a repository's webhook; performs no I/O.
   *
   * @param receiver the URL that was entered at the webhook
   */
  public static GitHubDeliveries of(GitHubRepository repository, URI receiver) {
    Objects.requireNonNull(repository, "repository");
    return new GitHubDeliveries(repository, Optional.of(receiver));
  }

  /**
   * Describes the deliveries of an App's webhook for its installation; performs no I/O.
   *
   * @param repository one that {@link GitHubRepository#app} was called on
   * @throws IllegalArgumentException if it was not
   */
  public static GitHubDeliveries ofApp(GitHubRepository repository) {
    if (repository.settings().app().isEmpty()) {
      throw new IllegalArgumentException(
          repository + " is not reached by an App: call app(...) on it first");
    }
    return new GitHubDeliveries(repository, Optional.empty());
  }

  @Override
  public String name() {
    return (receiver.isPresent() ? "webhook of " : "App's webhook of ") + repository.fullName();
  }

  /**
   * Has what failed delivered again, oldest first; returns when GitHub has taken it on.
   *
   * <p>May be called again at any time: what arrives twice has no effect.
   *
   * @throws GitHubException if GitHub does not say what failed
   */
  @Override
  public Redelivered redeliver() {
    String path = path();
    ApiRequest request = as(ApiRequest.get(path));
    ApiClient.Items listed = repository.client().list(request, "", MOST_SEEN);
    List<JsonNode> newestFirst = listed.items();
    if (!listed.complete()) {
      LOG.warn(
          "{} has more than {} deliveries: one that failed before those is not asked for again",
          repository,
          MOST_SEEN);
    }
    List<JsonNode> failed = failed(newestFirst);
    int asked = 0;
    for (JsonNode delivery : failed.subList(0, Math.min(MOST_ASKED, failed.size()))) {
      asked += ask(path + "/" + JsonText.number(delivery, "id") + "/attempts") ? 1 : 0;
    }
    return new Redelivered(newestFirst.size(), failed.size(), asked);
  }

  /** Returns what it is, for logs and errors, without secrets. */
  @Override
  public String toString() {
    return "deliveries of the " + name();
  }

  /** Returns the last attempt of each delivery of which no attempt was good, oldest first. */
  private List<JsonNode> failed(List<JsonNode> newestFirst) {
    Instant oldest = repository.settings().clock().instant().minus(AS_FAR_BACK);
    Map<String, List<JsonNode>> attempts = new LinkedHashMap<>();
    for (JsonNode attempt : newestFirst) {
      attempts
          .computeIfAbsent(JsonText.text(attempt, "guid"), id -> new ArrayList<>())
          .add(attempt);
    }
    List<JsonNode> failed = new ArrayList<>();
    for (List<JsonNode> ofOne : attempts.values()) {
      JsonNode last = ofOne.get(0);
      boolean wanted =
          isOurs(last)
              && WebhookFilter.EVENTS.contains(JsonText.text(last, "event"))
              && ofOne.size() < MOST_ATTEMPTS
              && JsonText.time(last, "delivered_at").isAfter(oldest);
      if (wanted && ofOne.stream().noneMatch(GitHubDeliveries::isGood)) {
        failed.add(0, last);
      }
    }
    return failed;
  }

  private static boolean isGood(JsonNode attempt) {
    long status = JsonText.number(attempt, "status_code");
    return status >= 200 && status < 300;
  }

  private boolean isOurs(JsonNode attempt) {
    return receiver.isPresent()
        || repository
            .settings()
            .app()
            .filter(app -> attempt.path("installation_id").asLong() == app.installation())
            .isPresent();
  }

  /** Asks for one; tells whether GitHub has taken it on, or may have. */
  private boolean ask(String path) {
    try {
      repository.client().send(as(ApiRequest.write("POST", path, Optional.empty())));
      return true;
    } catch (GitHubException e) {
      if (e.kind() == Kind.AMBIGUOUS) {
        return true;
      }
      if (e.kind() == Kind.INVALID || e.kind() == Kind.NOT_FOUND) {
        // Too old by now: the next one may not be.
        return false;
      }
      throw e;
    }
  }

  private ApiRequest as(ApiRequest request) {
    return receiver.isPresent() ? request : request.asApp();
  }

  private String path() {
    return receiver
        .map(url -> repository.path("hooks", hook(url), "deliveries"))
        .orElse("/app/hook/deliveries");
  }

  private long hook(URI url) {
    ApiRequest request = ApiRequest.get(repository.path("hooks"));
    for (JsonNode hook : repository.client().list(request, "", MOST_HOOKS).items()) {
      if (hook.path("config").path("url").asText().equals(url.toString())) {
        return JsonText.number(hook, "id");
      }
    }
    throw new GitHubException(
        Kind.NOT_FOUND,
        "no webhook of "
            + repository
            + " has the URL of the receiver at "
            + url.getHost()
            + ": enter the same one in both places",
        null);
  }
}
