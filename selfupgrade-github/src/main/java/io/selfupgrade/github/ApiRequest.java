package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A request, as its sender means it.
 *
 * @param method in capitals
 * @param path from {@link GitHubRepository#path}, below the API's base URL, encoded
 * @param query not yet encoded, in this order
 * @param body of a write
 * @param accept the media type that is asked for
 * @param validator an ETag of an earlier answer: unchanged is status 304
 * @param manner limits, and whether it may be sent again
 */
record ApiRequest(
    String method,
    String path,
    Map<String, String> query,
    Optional<JsonNode> body,
    String accept,
    Optional<String> validator,
    Manner manner) {

  /** What GitHub recommends. */
  static final String JSON = "application/vnd.github+json";

  /** The bytes of a release's asset or of a file. */
  static final String BYTES = "application/octet-stream";

  /** The content of a file in the repository, as it is. */
  static final String RAW = "application/vnd.github.raw";

  /** The SHA of a commit, as text. */
  static final String SHA = "application/vnd.github.sha";

  private static final int MEBIBYTE = 1 << 20;

  ApiRequest {
    query = Collections.unmodifiableMap(new LinkedHashMap<>(query));
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("path \"" + path + "\" does not begin with /");
    }
  }

  /** Reads, which may be sent again; at most 8 MiB. */
  static ApiRequest get(String path) {
    return new ApiRequest(
        "GET",
        path,
        Map.of(),
        Optional.empty(),
        JSON,
        Optional.empty(),
        new Manner(8 * MEBIBYTE, Optional.empty(), true, false));
  }

  /** Writes, which is sent once; an answer that is lost is {@code AMBIGUOUS}. */
  static ApiRequest write(String method, String path, Optional<JsonNode> body) {
    return new ApiRequest(
        method,
        path,
        Map.of(),
        body,
        JSON,
        Optional.empty(),
        new Manner(MEBIBYTE, Optional.empty(), false, false));
  }

  static ApiRequest post(String path, JsonNode body) {
    return write("POST", path, Optional.of(body));
  }

  ApiRequest query(String key, Object value) {
    Map<String, String> changed = new LinkedHashMap<>(query);
    changed.put(key, String.valueOf(value));
    return new ApiRequest(method, path, changed, body, accept, validator, manner);
  }

  ApiRequest accept(String type) {
    return new ApiRequest(method, path, query, body, type, validator, manner);
  }

  /** Asks for a change only. */
  ApiRequest unless(Optional<String> etag) {
    return new ApiRequest(method, path, query, body, accept, etag, manner);
  }

  /** Limits the answer, counted as it is read. */
  ApiRequest upTo(int bytes) {
    return with(new Manner(bytes, manner.total, manner.repeatable, manner.asApp));
  }

  /** Limits the time, redirects and further tries included. */
  ApiRequest within(Duration total) {
    return with(new Manner(manner.maxBytes, Optional.of(total), manner.repeatable, manner.asApp));
  }

  /** Says that it may be sent again although it writes: the second time changes nothing. */
  ApiRequest repeatable() {
    return with(new Manner(manner.maxBytes, manner.total, true, manner.asApp));
  }

  /** Sends it as the App itself, not as its installation. */
  ApiRequest asApp() {
    return with(new Manner(manner.maxBytes, manner.total, manner.repeatable, true));
  }

  /** Says what it is, for errors: never a body or a header. */
  @Override
  public String toString() {
    return method + " " + path;
  }

  private ApiRequest with(Manner changed) {
    return new ApiRequest(method, path, query, body, accept, validator, changed);
  }

  /**
   * Limits, and whether it may be sent again.
   *
   * @param maxBytes of the answer
   * @param total empty for the client's own
   * @param repeatable whether it may be sent again without looking
   * @param asApp whether the App's own token is sent
   */
  record Manner(int maxBytes, Optional<Duration> total, boolean repeatable, boolean asApp) {}
}
