package io.selfupgrade.github;

import com.atlassian.oai.validator.OpenApiInteractionValidator;
import com.atlassian.oai.validator.model.SimpleRequest;
import com.atlassian.oai.validator.model.SimpleResponse;
import com.atlassian.oai.validator.report.LevelResolver;
import com.atlassian.oai.validator.report.ValidationReport;
import com.atlassian.oai.validator.report.ValidationReport.Level;
import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.http.HttpHeader;
import com.github.tomakehurst.wiremock.http.Request;
import com.github.tomakehurst.wiremock.http.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The slice of GitHub's own description of its REST API that is beside the tests, and whether a
 * request and its answer fit it.
 *
 * <p>What the description leaves to prose is allowed: redirects, 304, and the refusals that any
 * request may meet, where it has no words for them. Media types other than JSON are not described
 * at all; of these the request is checked.
 */
final class Description {

  static final JsonNode TREE = load();

  private static final Set<Integer> ANYWHERE =
      Set.of(
          301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 408, 409, 410, 422, 429, 451, 500, 502,
          503, 504);

  private static final Pattern UNDESCRIBED =
      Pattern.compile("validation\\.response\\.(?:status\\.unknown|body\\.unexpected) ");

  private static final OpenApiInteractionValidator VALIDATOR =
      OpenApiInteractionValidator.createForInlineApiSpecification(TREE.toString())
          .withBasePathOverride("/")
          .withLevelResolver(
              LevelResolver.create()
                  .withLevel("validation.request.parameter.query.unexpected", Level.ERROR)
                  .build())
          .build();

  private Description() {}

  /** Reads the description, if it was not read before: no request is to wait for that. */
  static void prepare() {
    if (TREE.isEmpty()) {
      throw new IllegalStateException("GitHub's description is empty");
    }
  }

  /**
   * Returns what does not fit; empty if all does.
   *
   * @param answer whether the answer has to fit, too
   */
  static List<String> misfits(Request request, Response response, String path, boolean answer) {
    SimpleRequest asked = request(request, path);
    ValidationReport report = VALIDATOR.validateRequest(asked);
    List<String> misfits = new ArrayList<>(errors("request", request, report));
    boolean unknown = !misfits.isEmpty() && misfits.get(0).contains("validation.request.path");
    boolean json = JsonText.isJson(request.getHeader("Accept"));
    if (answer && !unknown && json && described(response)) {
      ValidationReport answered =
          VALIDATOR.validateResponse(path, asked.getMethod(), response(response));
      errors("answer", request, answered).stream()
          .filter(misfit -> !(anywhere(response) && UNDESCRIBED.matcher(misfit).find()))
          .forEach(misfits::add);
    }
    return misfits;
  }

  private static boolean described(Response response) {
    boolean body = response.getBody() != null && response.getBody().length > 0;
    return response.getFault() == null && (body || !anywhere(response));
  }

  private static boolean anywhere(Response response) {
    return ANYWHERE.contains(response.getStatus());
  }

  private static List<String> errors(String what, Request request, ValidationReport report) {
    return report.getMessages().stream()
        .filter(message -> message.getLevel() == Level.ERROR)
        .map(
            message ->
                what
                    + " of "
                    + request.getMethod()
                    + " "
                    + request.getUrl()
                    + ": "
                    + message.getKey()
                    + " "
                    + message.getMessage())
        .toList();
  }

  private static SimpleRequest request(Request request, String path) {
    var builder = new SimpleRequest.Builder(request.getMethod().getName(), path);
    for (HttpHeader header : request.getHeaders().all()) {
      if (!header.keyEquals("Accept")) {
        builder.withHeader(header.key(), header.values());
      }
    }
    accepted(request.getHeader("Accept")).ifPresent(builder::withAccept);
    String query = URI.create(request.getAbsoluteUrl()).getRawQuery();
    for (String pair : query == null ? new String[0] : query.split("&", -1)) {
      String[] parts = pair.split("=", 2);
      builder.withQueryParam(decoded(parts[0]), decoded(parts[parts.length - 1]));
    }
    if (request.getBody() != null && request.getBody().length > 0) {
      builder.withBody(request.getBody());
    }
    return builder.build();
  }

  /** GitHub describes its answers as plain JSON, whatever it recommends, and no file's bytes. */
  private static Optional<String> accepted(String type) {
    if (type.equals(ApiRequest.BYTES) || type.equals(ApiRequest.RAW)) {
      return Optional.empty();
    }
    return Optional.of(type.equals(ApiRequest.JSON) ? "application/json" : type);
  }

  private static SimpleResponse response(Response response) {
    var builder = new SimpleResponse.Builder(response.getStatus());
    if (response.getHeaders() != null) {
      for (HttpHeader header : response.getHeaders().all()) {
        builder.withHeader(header.key(), header.values());
      }
    }
    byte[] body = response.getBody();
    if (body != null && body.length > 0) {
      builder.withBody(body);
    }
    return builder.build();
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static JsonNode load() {
    try (InputStream in = Description.class.getResourceAsStream("/openapi/github.json")) {
      return JsonText.read("the description", in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
