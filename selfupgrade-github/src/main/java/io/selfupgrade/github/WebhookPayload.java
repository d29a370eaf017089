package io.selfupgrade.github;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.selfupgrade.github.GitHubWebhook.RefusedDelivery;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Reads a few fields of a payload, without making a tree of the rest. */
final class WebhookPayload {

  private static final int LONGEST_VALUE = 500;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(32)
                  .maxNameLength(500)
                  .maxNumberLength(100)
                  .maxStringLength(4 << 20)
                  .maxTokenCount(1_000_000)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // Names come from outside: what is kept of them for the next body would only grow.
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private final JsonParser parser;
  private final Set<String> wanted;
  private final Map<String, String> found = new HashMap<>();

  private WebhookPayload(JsonParser parser, Set<String> wanted) {
    this.parser = parser;
    this.wanted = wanted;
  }

  /**
   * Returns the texts, numbers and truth values at some places; what is null there, or something
   * else, is absent.
   *
   * @param wanted names joined by dots
   */
  static Map<String, String> read(byte[] body, Set<String> wanted) throws RefusedDelivery {
    try (JsonParser parser = FACTORY.createParser(body)) {
      WebhookPayload payload = new WebhookPayload(parser, wanted);
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw malformed();
      }
      payload.object("");
      if (parser.nextToken() != null) {
        throw malformed();
      }
      return payload.found;
    } catch (IOException e) {
      // Without Jackson's message, which repeats parts of the body.
      throw malformed();
    }
  }

  private void object(String prefix) throws IOException, RefusedDelivery {
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String path = prefix + parser.currentName();
      JsonToken value = parser.nextToken();
      if (value == JsonToken.START_OBJECT && leadsOn(path)) {
        object(path + ".");
      } else if (value.isStructStart()) {
        parser.skipChildren();
      } else if (value != JsonToken.VALUE_NULL && wanted.contains(path)) {
        found.put(path, value());
      }
    }
  }

  private boolean leadsOn(String path) {
    return wanted.stream().anyMatch(each -> each.startsWith(path + "."));
  }

  private String value() throws IOException, RefusedDelivery {
    if (parser.getTextLength() > LONGEST_VALUE) {
      throw malformed();
    }
    return parser.getText();
  }

  private static RefusedDelivery malformed() {
    return new RefusedDelivery(
        400, "the body is not the JSON of a GitHub event, or beyond the limits for one");
  }
}
