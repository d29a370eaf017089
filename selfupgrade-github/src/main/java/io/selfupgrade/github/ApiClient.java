package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.selfupgrade.github.GitHubException.Kind;
import java.io.InputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import okhttp3.Response;

/**
 * The one way to GitHub: every rule of talking to it is kept here.
 *
 * <p>A read is tried again when GitHub is in trouble; a write is sent once, and an answer to it
 * that is lost is {@link Kind#AMBIGUOUS}. Redirects are followed by hand, limits of GitHub are
 * waited for by not sending, and everything has a limit of time and bytes. Thread-safe; no I/O
 * before the first request.
 */
final class ApiClient {

  /** Path that stands for the GraphQL endpoint, which is elsewhere on a server of one's own. */
  static final String GRAPHQL = "/graphql";

  /** How many items GitHub puts on a page at most. */
  static final int PAGE = 100;

  private static final int MOST_PAGES = 40;

  private final ClientSettings settings;
  private final Credentials credentials;
  private final RateLimits limits;
  private final Retry retry;
  private volatile Optional<Exchange> exchange = Optional.empty();

  /**
   * Makes a client.
   *
   * @param repository the one repository that an App's tokens are asked for
   */
  ApiClient(ClientSettings settings, String repository) {
    this.settings = settings;
    this.limits = new RateLimits(settings.clock());
    this.credentials = new Credentials(settings, repository, this::send);
    ClientTimes times = settings.times();
    this.retry =
        Retry.of(
            "github",
            RetryConfig.custom()
                .maxAttempts(times.attempts())
                .intervalFunction(
                    IntervalFunction.ofExponentialRandomBackoff(times.firstWait(), 2.0, 0.5))
                .retryOnException(ApiClient::mayBeTriedAgain)
                .build());
  }

  ClientSettings settings() {
    return settings;
  }

  /**
   * Sends and reads the whole answer: of status 2xx, or 304 to a request with a validator.
   *
   * @throws GitHubException for every other answer, and for none
   */
  ApiResponse send(ApiRequest request) {
    Deadline deadline = deadline(request);
    return trying(
        request, deadline, () -> exchange().whole(request, authorized(request, deadline)));
  }

  /** Sends a read of something that may not be there: 404 is empty. */
  Optional<ApiResponse> find(ApiRequest request) {
    try {
      return Optional.of(send(request));
    } catch (GitHubException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Opens the body of an answer of any size; whoever gets it counts and closes it.
   *
   * <p>Reading it throws an {@link java.io.IOException} when the connection breaks, when nothing
   * comes for too long, and when it takes longer than a download may.
   */
  InputStream open(ApiRequest request) {
    Deadline deadline = Deadline.in(request.manner().total().orElse(settings.times().download()));
    return trying(request, deadline, () -> authorized(request, deadline).body().byteStream());
  }

  /**
   * Reads the pages of a list, all of them within the time of one request; of a validator the first
   * page alone is asked by.
   *
   * @param field of each page that holds its items; empty if the page itself is the list
   * @param most how many items are wanted at most
   */
  Items list(ApiRequest request, String field, int most) {
    List<JsonNode> items = new ArrayList<>();
    Listed listed =
        pages(
            request.query("per_page", Math.min(PAGE, most)),
            most,
            response -> items(response, field, items));
    return new Items(
        List.copyOf(items.subList(0, Math.min(most, items.size()))),
        listed.complete(),
        listed.etag(),
        listed.unchanged());
  }

  /**
   * Reads the pages of a list likewise, and keeps none of its items: each is handed over as it is
   * read, so that a long list of large ones takes no more room than a page.
   */
  Listed each(ApiRequest request, int perPage, int most, Consumer<JsonNode> item) {
    return pages(request.query("per_page", perPage), most, response -> response.each(item));
  }

  private Listed pages(ApiRequest request, int most, ToIntFunction<ApiResponse> reader) {
    Deadline deadline = deadline(request);
    Optional<String> etag = Optional.empty();
    int count = 0;
    ApiRequest next = request;
    for (int page = 1; page <= MOST_PAGES; page++) {
      ApiResponse response = send(next.within(deadline.left()));
      if (page == 1) {
        etag = response.etag();
        if (response.unchanged()) {
          return new Listed(0, true, etag, true);
        }
        next = next.unless(Optional.empty());
      }
      count += reader.applyAsInt(response);
      Optional<String> link = response.next();
      if (link.isEmpty() || count >= most) {
        return new Listed(page, link.isEmpty() && count <= most, etag, false);
      }
      next = following(next, link.get());
    }
    return new Listed(MOST_PAGES, false, etag, false);
  }

  private static int items(ApiResponse response, String field, List<JsonNode> items) {
    JsonNode root = response.json();
    if (!((field.isEmpty() ? root : root.path(field)) instanceof ArrayNode array)) {
      throw response.withoutList(ofField(field));
    }
    array.forEach(items::add);
    return array.size();
  }

  /**
   * Asks by GraphQL.
   *
   * @param changes whether it is a mutation, which is sent once
   * @return what is in {@code data}
   * @throws GitHubException also for errors that come with status 200
   */
  JsonNode graphql(String query, ObjectNode variables, boolean changes) {
    ObjectNode body = JsonText.object().put("query", query);
    body.set("variables", variables);
    ApiRequest request = ApiRequest.post(GRAPHQL, body);
    ApiRequest sent = changes ? request : request.repeatable();
    ApiResponse response = send(sent);
    JsonNode answer = response.json();
    JsonNode errors = answer.path("errors");
    if (errors.isArray() && !errors.isEmpty()) {
      throw limits
          .refusal(sent, response.headers(), errors.path(0))
          .orElseGet(() -> GraphQlErrors.of(errors, changes));
    }
    if (!answer.path("data").isObject()) {
      throw ApiResponse.unreadable(sent, " was answered without \"data\"", null);
    }
    return JsonText.object(answer, "data");
  }

  private <T> T trying(ApiRequest request, Deadline deadline, Supplier<T> attempt) {
    if (!request.manner().repeatable()) {
      return attempt.get();
    }
    return retry.executeSupplier(
        () -> {
          try {
            return attempt.get();
          } catch (GitHubException e) {
            throw deadline.passed() ? new GitHubException(e.kind(), late(e), e) : e;
          }
        });
  }

  /** Opens, and once more if an App's token was withdrawn before its time: a 401 did nothing. */
  private Response authorized(ApiRequest request, Deadline deadline) {
    URI uri = exchange().uri(request);
    Optional<String> authorization = credentials.authorization(request, deadline);
    try {
      return exchange().open(request, uri, authorization, deadline);
    } catch (GitHubException e) {
      if (e.kind() != Kind.BAD_CREDENTIALS || !credentials.renew(request, authorization)) {
        throw e;
      }
      return exchange().open(request, uri, credentials.authorization(request, deadline), deadline);
    }
  }

  private Deadline deadline(ApiRequest request) {
    return Deadline.in(request.manner().total().orElse(settings.times().total()));
  }

  private synchronized Exchange exchange() {
    if (exchange.isEmpty()) {
      exchange = Optional.of(new Exchange(settings, limits));
    }
    return exchange.get();
  }

  private static boolean mayBeTriedAgain(Throwable failure) {
    return failure instanceof GitHubException e
        && e.kind() == Kind.UNAVAILABLE
        && e.until().isEmpty()
        && !(e.getCause() instanceof GitHubException)
        && !Thread.currentThread().isInterrupted();
  }

  private static String late(GitHubException e) {
    return e.operation() + "; the time for it is over";
  }

  /** Takes the place in the list from GitHub's link, and nothing else of it. */
  private static ApiRequest following(ApiRequest request, String link) {
    int question = link.indexOf('?');
    String query = question < 0 ? null : link.substring(question + 1);
    ApiRequest next = request;
    for (String pair : query == null ? new String[0] : query.split("&", -1)) {
      String[] parts = pair.split("=", 2);
      if (parts.length == 2) {
        next = next.query(decoded(parts[0]), decoded(parts[1]));
      }
    }
    return next;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static String ofField(String field) {
    return field.isEmpty() ? "" : " in \"" + field + "\"";
  }

  /**
   * The items of a list.
   *
   * @param items in GitHub's order
   * @param complete whether there are no more
   * @param etag of the first page
   * @param unchanged whether the first page is what the request's validator stands for
   */
  record Items(List<JsonNode> items, boolean complete, Optional<String> etag, boolean unchanged) {}

  /**
   * What is known of a list whose items were handed over.
   *
   * @param pages how many were read
   * @param complete whether there are no more items
   * @param etag of the first page
   * @param unchanged whether the first page is what the request's validator stands for
   */
  record Listed(int pages, boolean complete, Optional<String> etag, boolean unchanged) {}
}
