package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import io.selfupgrade.github.GitHubException.Kind;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okhttp3.Headers;

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

  /**
   * Reads the answer as JSON.
   *
   * @throws GitHubException {@link Kind#UNEXPECTED} if it is none
   */
  JsonNode json() {
    String type = header("Content-Type").orElse("none");
    if (!JsonText.isJson(type)) {
      throw new GitHubException(
          Kind.UNEXPECTED,
          request
              + " was answered with status "
              + status
              + " and content of type "
              + type
              + ", expected JSON: see that nothing between here and GitHub answers for it",
          null);
    }
    return JsonText.read(request.toString(), body);
  }
}
