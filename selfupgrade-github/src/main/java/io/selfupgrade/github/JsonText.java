package io.selfupgrade.github;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selfupgrade.github.GitHubException.Kind;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** JSON as GitHub sends it: unknown fields do not matter, a missing one is named. */
final class JsonText {

  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private static final ObjectReader ITEM =
      MAPPER.readerFor(JsonNode.class).without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private JsonText() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  static boolean isJson(String contentType) {
    String type = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    return type.equals("application/json")
        || (type.startsWith("application/") && type.endsWith("+json"));
  }

  static byte[] write(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("the tree cannot be written as JSON", e);
    }
  }

  /**
   * Parses a document.
   *
   * @param what names it in the error
   */
  static JsonNode read(String what, byte[] text) {
    try {
      JsonNode node = MAPPER.readTree(text);
      if (node == null || node.isMissingNode()) {
        throw new GitHubException(Kind.UNEXPECTED, what + " was answered with no JSON", null);
      }
      return node;
    } catch (IOException e) {
      throw new GitHubException(
          Kind.UNEXPECTED,
          what + " was answered with JSON that cannot be read, after " + text.length + " bytes",
          e);
    }
  }

  /**
   * Parses a list, and hands over each item as soon as it is read.
   *
   * @param what names it in the error
   * @return how many there were
   */
  static int each(String what, byte[] text, Consumer<JsonNode> item) {
    int count = 0;
    try (JsonParser parser = MAPPER.createParser(text)) {
      boolean list = parser.nextToken() == JsonToken.START_ARRAY;
      while (list && parser.nextToken() != JsonToken.END_ARRAY) {
        item.accept(ITEM.readValue(parser));
        count++;
      }
      if (!list || parser.nextToken() != null) {
        throw new GitHubException(Kind.UNEXPECTED, what + " was answered without a list", null);
      }
      return count;
    } catch (IOException e) {
      throw new GitHubException(
          Kind.UNEXPECTED, what + " was answered with a list that ends after " + count, e);
    }
  }

  /** Returns a text that must be there. */
  static String text(JsonNode node, String field) {
    return optionalText(node, field).orElseThrow(() -> missing(node, field, "a text"));
  }

  static Optional<String> optionalText(JsonNode node, String field) {
    JsonNode value = node.path(field);
    return value.isTextual() ? Optional.of(value.textValue()) : Optional.empty();
  }

  /** Returns a whole number that must be there. */
  static long number(JsonNode node, String field) {
    JsonNode value = node.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw missing(node, field, "a whole number");
    }
    return value.longValue();
  }

  /** Returns a truth value that must be there. */
  static boolean flag(JsonNode node, String field) {
    JsonNode value = node.path(field);
    if (!value.isBoolean()) {
      throw missing(node, field, "true or false");
    }
    return value.booleanValue();
  }

  /** Returns a time that must be there. */
  static Instant time(JsonNode node, String field) {
    try {
      return Instant.parse(text(node, field));
    } catch (DateTimeParseException e) {
      throw missing(node, field, "a time such as 2026-11-23T07:00:00Z");
    }
  }

  /** Returns a list that must be there. */
  static ArrayNode list(JsonNode node, String field) {
    if (node.path(field) instanceof ArrayNode list) {
      return list;
    }
    throw missing(node, field, "a list");
  }

  /** Returns an object that must be there. */
  static ObjectNode object(JsonNode node, String field) {
    if (node.path(field) instanceof ObjectNode object) {
      return object;
    }
    throw missing(node, field, "an object");
  }

  private static GitHubException missing(JsonNode node, String field, String expected) {
    return new GitHubException(
        Kind.UNEXPECTED,
        "an answer has "
            + node.path(field).getNodeType().toString().toLowerCase(Locale.ROOT)
            + " as \""
            + field
            + "\", expected "
            + expected
            + ": see whether this version of GitHub's API is one that this library knows",
        null);
  }
}
