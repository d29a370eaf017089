package io.selfupgrade.github;

import io.selfupgrade.github.GitHubException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okhttp3.Response;

/** One try of a request, with the redirects that it meets. */
final class Exchange {

  private static final int MOST_HOPS = 5;
  private static final Pattern IN_A_REPOSITORY = Pattern.compile("/repos/[^/]+/[^/]+");
  private static final Pattern BY_ID = Pattern.compile("/repositories/(\\d{1,19})(?:/.*)?");

  private final ClientSettings settings;
  private final Transport transport;
  private final RateLimits limits;
  private final Refusals refusals;
  private final Hosts hosts;

  Exchange(ClientSettings settings, RateLimits limits) {
    this.settings = settings;
    this.limits = limits;
    this.transport = new Transport(settings);
    this.refusals = new Refusals(settings, limits);
    this.hosts = new Hosts(settings);
  }

  /**
   * Sends, follows redirects, and returns an answer of status 2xx or 304 whose body is not read.
   *
   * @param authorization for the API's host alone
   */
  Response open(ApiRequest request, URI first, Optional<String> authorization, Deadline deadline) {
    URI uri = first;
    boolean own = true;
    for (int hop = 0; hop <= MOST_HOPS; hop++) {
      limits.requireOpen(request, own ? Optional.empty() : Optional.of(uri.getHost()));
      requireTime(request, deadline);
      Response response = send(uri, request, own ? authorization : Optional.empty(), deadline);
      boolean redirected = response.code() >= 300 && response.code() < 400;
      if (!redirected || response.code() == 304) {
        return accepted(request, response, uri, own);
      }
      String location = response.header("Location");
      response.close();
      if (location == null) {
        throw new GitHubException(
            Kind.UNEXPECTED,
            request + " was answered with status " + response.code() + " and no Location",
            null);
      }
      URI next = hosts.follow(request, uri, location);
      own = own && Hosts.sameOrigin(uri, next) && isOfTheApi(request, response.code(), next);
      if (!own && !request.method().equals("GET")) {
        throw new GitHubException(
            Kind.UNEXPECTED,
            request + " was redirected to " + next.getHost() + ": a write is not sent elsewhere",
            null);
      }
      uri = next;
    }
    throw new GitHubException(
        Kind.UNEXPECTED,
        request + " was redirected more than " + MOST_HOPS + " times: not followed further",
        null);
  }

  /** Reads a body up to a limit, counted as it arrives. */
  ApiResponse whole(ApiRequest request, Response response) {
    int most = request.manner().maxBytes();
    try (InputStream in = response.body().byteStream()) {
      byte[] body = in.readNBytes(most);
      if (in.read() >= 0) {
        throw ApiResponse.unreadable(
            request,
            " was answered with more than the limit of " + most + " bytes: not read",
            null);
      }
      return new ApiResponse(request, response.code(), response.headers(), body);
    } catch (IOException e) {
      throw broken(request, e, true);
    }
  }

  private Response send(
      URI uri, ApiRequest request, Optional<String> authorization, Deadline deadline) {
    Sent sent = new Sent();
    try {
      return transport.send(uri, request, authorization, deadline.left(), sent);
    } catch (IOException e) {
      throw broken(request, e, sent.begun());
    }
  }

  private Response accepted(ApiRequest request, Response response, URI uri, boolean own) {
    if (response.code() < 400) {
      if (own) {
        limits.note(request, response.headers());
      }
      return response;
    }
    if (!own) {
      response.close();
      throw limits.elsewhere(request, uri.getHost(), response.code(), response.headers());
    }
    byte[] body;
    try (InputStream in = response.body().byteStream()) {
      body = in.readNBytes(Refusals.MAX_BYTES);
    } catch (IOException e) {
      body = new byte[0];
    }
    throw refusals.of(request, response.code(), response.headers(), body);
  }

  private static void requireTime(ApiRequest request, Deadline deadline) {
    if (deadline.passed()) {
      throw new GitHubException(
          Kind.UNAVAILABLE, request + " was not sent: the time for it is over", null);
    }
  }

  /**
   * Tells whether a redirect stays where the token is for: in the API, and for something in a
   * repository in that one. A server of one's own has its files beside the API, at the same origin.
   *
   * @throws GitHubException {@link Kind#MOVED} if it leads into another repository: this one was
   *     renamed or transferred. GitHub answers reads with 301 then, and writes with 307
   */
  private boolean isOfTheApi(ApiRequest request, int status, URI next) {
    String base = settings.api().getRawPath() + "/";
    if (!next.getRawPath().startsWith(base)) {
      return false;
    }
    Optional<String> repository = repositoryOf(request.path());
    if (repository.isEmpty()) {
      return true;
    }
    String below = next.getRawPath().substring(base.length() - 1);
    Optional<String> target = repositoryOf(below);
    Matcher id = BY_ID.matcher(below);
    if (id.matches() || (target.isPresent() && !target.get().equalsIgnoreCase(repository.get()))) {
      throw moved(request, status, id.matches() ? Optional.of(id.group(1)) : Optional.empty());
    }
    return target.isPresent();
  }

  private static Optional<String> repositoryOf(String path) {
    Matcher matcher = IN_A_REPOSITORY.matcher(path);
    return matcher.lookingAt() ? Optional.of(matcher.group()) : Optional.empty();
  }

  private static GitHubException moved(ApiRequest request, int status, Optional<String> id) {
    return new GitHubException(
        Kind.MOVED,
        request
            + " was answered with status "
            + status
            + ": the repository was renamed or transferred"
            + id.map(known -> ", its id is " + known).orElse("")
            + "; see that it is still the one that is meant, and give its name of now to"
            + " GitHub.repository(...)"
            + id.map(known -> ", with expectingId(" + known + ")").orElse(""),
        null);
  }

  private static GitHubException broken(ApiRequest request, IOException cause, boolean sent) {
    String what = request + " failed: " + Refusals.shortened(String.valueOf(cause.getMessage()));
    if (sent && !request.manner().repeatable()) {
      return new GitHubException(
          Kind.AMBIGUOUS,
          what + "; it may have been done all the same, look before it is sent again",
          cause);
    }
    return new GitHubException(
        Kind.UNAVAILABLE, what + "; see that GitHub can be reached from here", cause);
  }

  /** Returns where a request goes. */
  URI uri(ApiRequest request) {
    StringBuilder url = new StringBuilder();
    url.append(
        request.path().equals(ApiClient.GRAPHQL)
            ? settings.graphql()
            : settings.api() + request.path());
    char separator = '?';
    for (var entry : request.query().entrySet()) {
      url.append(separator).append(encoded(entry.getKey())).append('=');
      url.append(encoded(entry.getValue()));
      separator = '&';
    }
    return URI.create(url.toString());
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
