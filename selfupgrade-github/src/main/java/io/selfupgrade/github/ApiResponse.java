package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import io.selfupgrade.github.GitHubException.Kind;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okhttp3.Headers;
import org.jspecify.annotations.Nullable;

/** An answer that was read whole: of status 2xx, or 304. */
final class ApiResponse {

  private static final Pattern NEXT = Pattern.compile("<([^>]+)>;\\s*rel=\"next\"");

  private final ApiRequest request;
  private final int status;
  private final Headers headers;
  private final byte[] body;

  ApiResponse(ApiRequest request, int status, Headers headers, byte[] body) {
    this.request = request;
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  int status() {
    return status;
  }

  /** Tells whether nothing changed since the request's validator was given. */
  boolean unchanged() {
    return status == 304;
  }

  Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name));
  }

  Optional<String> etag() {
    return header("ETag");
  }

  /** Returns the URL of the next page. */
  Optional<String> next() {
    Matcher matcher = NEXT.matcher(header("Link").orElse(""));
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  byte[] bytes() {
    return body;
  }

  String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  Headers headers() {
    return headers;
  }

  /**
   * Reads the answer as JSON.
   *
   * @throws GitHubException {@link Kind#UNEXPECTED} if it is none, {@link Kind#AMBIGUOUS} if it
   *     answers a write
   */
  JsonNode json() {
    requireJson();
    try {
      return JsonText.read(request.toString(), body);
    } catch (GitHubException e) {
      throw unreadable(request, " was answered with what is no JSON", e);
    }
  }

  /**
   * Hands over the items of the list that the answer is, one after another.
   *
   * @return how many there were
   * @throws GitHubException as {@link #json}, also after items were handed over
   */
  int each(Consumer<JsonNode> item) {
    requireJson();
    return JsonText.each(request.toString(), body, item);
  }

  GitHubException withoutList(String where) {
    return unreadable(request, " was answered without a list" + where, null);
  }

  private void requireJson() {
    String type = header("Content-Type").orElse("none");
    if (!JsonText.isJson(type)) {
      throw unreadable(
          request,
          " was answered with status "
              + status
              + " and content of type "
              + type
              + ", expected JSON: see that nothing between here and GitHub answers for it",
          null);
    }
  }

  /** A write that was answered well has been done, however little its answer tells. */
  static GitHubException unreadable(
      ApiRequest request, String what, @Nullable GitHubException cause) {
    return request.manner().repeatable()
        ? new GitHubException(Kind.UNEXPECTED, request + what, cause)
        : new GitHubException(
            Kind.AMBIGUOUS,
            request + what + "; it seems to be done, look before it is sent again",
            cause);
  }
}
