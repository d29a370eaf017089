package io.selfupgrade.supabase;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What a function answered.
 *
 * @param what was asked, for errors
 * @param status of HTTP
 * @param body as text
 * @param fields the texts, numbers and truth values of the object and of those in it, by names with
 *     dots between; empty if it is no JSON object
 */
record EdgeAnswer(String what, int status, String body, Map<String, String> fields) {

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(16)
                  .maxNameLength(200)
                  .maxNumberLength(50)
                  .maxTokenCount(100_000)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  EdgeAnswer {
    fields = Map.copyOf(fields);
  }

  static EdgeAnswer of(String what, int status, byte[] body) {
    return new EdgeAnswer(
        what, status, new String(body, StandardCharsets.UTF_8), new Reading().fields(body));
  }

  EdgeAnswer requireObject() {
    if (fields.isEmpty()) {
      throw unexpected("no JSON object");
    }
    return this;
  }

  Optional<String> text(String field) {
    return Optional.ofNullable(fields.get(field));
  }

  String require(String field) {
    return text(field).orElseThrow(() -> unexpected("no \"" + field + "\" in it"));
  }

  Optional<UUID> uuid(String field) {
    try {
      return text(field).map(UUID::fromString);
    } catch (IllegalArgumentException e) {
      throw unexpected("\"" + field + "\" is no UUID");
    }
  }

  private RuntimeException unexpected(String seen) {
    return EdgeCall.failure(
        what
            + " was answered with "
            + status
            + " and "
            + seen
            + ": deploy the functions of this version of the library, and check the project's URL",
        false,
        null);
  }

  /** Collects the fields of a document. */
  private static final class Reading {

    private final Map<String, String> found = new HashMap<>();

    Map<String, String> fields(byte[] body) {
      try (JsonParser parser = FACTORY.createParser(body)) {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
          return Map.of();
        }
        object(parser, "");
        return parser.nextToken() == null ? found : Map.of();
      } catch (IOException e) {
        return Map.of();
      }
    }

    private void object(JsonParser parser, String prefix) throws IOException {
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String path = prefix + parser.currentName();
        JsonToken value = parser.nextToken();
        if (value == JsonToken.START_OBJECT) {
          object(parser, path + ".");
        } else if (value == JsonToken.START_ARRAY) {
          parser.skipChildren();
        } else if (value != JsonToken.VALUE_NULL) {
          found.put(path, parser.getText());
        }
      }
    }
  }
}
