package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The smallest objects that fit GitHub's description, for a test to write its own values over.
 *
 * <p>{@code Samples.of("release").put("tag_name", "v1.2.0")} has every field that GitHub always
 * sends, and nothing else.
 */
final class Samples {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private Samples() {}

  /**
   * Makes one of a schema.
   *
   * @param schema its name among the components, such as {@code release-asset}
   */
  static ObjectNode of(String schema) {
    JsonNode found = Description.TREE.at("/components/schemas/" + schema);
    if (found.isMissingNode()) {
      throw new IllegalArgumentException(
          "the slice has no schema " + schema + ": see src/test/openapi/slice.mjs");
    }
    return (ObjectNode) sample(found);
  }

  /** Makes the answer of an operation, such as of {@code get /rate_limit} with status 200. */
  static JsonNode answer(String method, String path, int status) {
    JsonNode operation = Description.TREE.path("paths").path(path).path(method);
    JsonNode response = resolved(operation.path("responses").path(String.valueOf(status)));
    JsonNode schema = response.path("content").path("application/json").path("schema");
    if (schema.isMissingNode()) {
      throw new IllegalArgumentException(
          "the slice has no JSON for status " + status + " of " + method + " " + path);
    }
    return sample(schema);
  }

  /** Makes a list. */
  static ArrayNode list(JsonNode... items) {
    ArrayNode list = NODES.arrayNode();
    for (JsonNode item : items) {
      list.add(item);
    }
    return list;
  }

  private static JsonNode sample(JsonNode reference) {
    JsonNode schema = resolved(reference);
    if (schema.path("nullable").asBoolean()) {
      // The validator takes no null where there is a choice.
      return schema.has("oneOf") ? sample(schema.path("oneOf").path(1)) : NODES.nullNode();
    }
    if (schema.has("enum")) {
      return schema.path("enum").path(0);
    }
    for (String choice : new String[] {"oneOf", "anyOf"}) {
      if (schema.has(choice)) {
        JsonNode chosen = sample(schema.path(choice).path(0));
        return chosen.isObject() ? merged((ObjectNode) chosen, schema) : chosen;
      }
    }
    if (schema.has("allOf")) {
      ObjectNode all = NODES.objectNode();
      schema.path("allOf").forEach(part -> all.setAll((ObjectNode) sample(part)));
      return all;
    }
    return switch (schema.path("type").asText("object")) {
      case "string" -> NODES.textNode(text(schema));
      case "integer", "number" -> NODES.numberNode(schema.path("minimum").asInt(1));
      case "boolean" -> NODES.booleanNode(false);
      case "array" -> array(schema);
      default -> merged(NODES.objectNode(), schema);
    };
  }

  private static ArrayNode array(JsonNode schema) {
    ArrayNode array = NODES.arrayNode();
    for (int i = 0; i < schema.path("minItems").asInt(0); i++) {
      array.add(sample(schema.path("items")));
    }
    return array;
  }

  private static ObjectNode merged(ObjectNode object, JsonNode schema) {
    for (JsonNode name : schema.path("required")) {
      JsonNode property = schema.path("properties").path(name.asText());
      if (!object.has(name.asText()) && !property.isMissingNode()) {
        object.set(name.asText(), sample(property));
      }
    }
    return object;
  }

  private static String text(JsonNode schema) {
    return switch (schema.path("format").asText()) {
      case "uri" -> "https://example.com/x";
      case "date-time" -> "2026-11-01T00:00:00Z";
      case "date" -> "2026-11-01";
      case "email" -> "a@example.com";
      default -> "x".repeat(Math.max(1, schema.path("minLength").asInt(1)));
    };
  }

  private static JsonNode resolved(JsonNode schema) {
    JsonNode at = schema;
    while (at.has("$ref")) {
      at = Description.TREE.at(at.path("$ref").asText().substring(1));
    }
    return at;
  }
}
