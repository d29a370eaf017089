package io.selfupgrade.core.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A JSON object that was read strictly; each accessor checks presence and type.
 *
 * <p>Immutable and thread-safe. Errors name the field by its path in the document.
 */
public final class JsonObject {

  /** Prefix of field names that readers ignore: room for notes of whoever writes the document. */
  public static final String EXTENSION = "x-";

  private static final int MAX_DEPTH = 16;
  private static final int MAX_NAME_LENGTH = 256;
  private static final int MAX_NUMBER_LENGTH = 32;
  private static final int MAX_STRING_LENGTH = 1 << 16;
  private static final int SHOWN = 80;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxNameLength(MAX_NAME_LENGTH)
                          .maxNumberLength(MAX_NUMBER_LENGTH)
                          .maxStringLength(MAX_STRING_LENGTH)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final String path;
  private final JsonNode node;

  private JsonObject(String path, JsonNode node) {
    this.path = path;
    this.node = node;
  }

  /**
   * Parses a document that is one object.
   *
   * @param utf8 the document's bytes
   * @param maxBytes limit of their number
   * @throws JsonFormatException if it is longer, not UTF-8, not JSON, beyond a limit of depth,
   *     name, number or string length, names a key twice, or is no object
   */
  public static JsonObject parse(byte[] utf8, int maxBytes) throws JsonFormatException {
    if (utf8.length > maxBytes) {
      throw new JsonFormatException(
          "document has " + utf8.length + " bytes: expected at most " + maxBytes);
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
      JsonNode node = MAPPER.readTree(text);
      if (!node.isObject()) {
        throw new JsonFormatException("document is no JSON object: expected { ... }");
      }
      return new JsonObject("", node);
    } catch (CharacterCodingException e) {
      throw new JsonFormatException("document is not UTF-8 text", e);
    } catch (JsonProcessingException e) {
      throw new JsonFormatException("document is no usable JSON: " + e.getOriginalMessage(), e);
    }
  }

  /**
   * Refuses fields of other names, except those that begin with {@link #EXTENSION}.
   *
   * @throws JsonFormatException if there is one
   */
  public void requireOnly(Set<String> names) throws JsonFormatException {
    for (Iterator<String> fields = node.fieldNames(); fields.hasNext(); ) {
      String field = fields.next();
      if (!names.contains(field) && !field.startsWith(EXTENSION)) {
        throw new JsonFormatException(
            "unknown field " + at(shown(field)) + ": expected only " + String.join(", ", names));
      }
    }
  }

  /** Tells whether the field is there. */
  public boolean has(String field) {
    return node.has(field);
  }

  /**
   * Returns a text.
   *
   * @throws JsonFormatException if the field is absent or no text
   */
  public String text(String field) throws JsonFormatException {
    return textOf(required(field), at(field));
  }

  /**
   * Returns a text, empty if the field is absent.
   *
   * @throws JsonFormatException if the field is no text
   */
  public Optional<String> optionalText(String field) throws JsonFormatException {
    return has(field) ? Optional.of(text(field)) : Optional.empty();
  }

  /**
   * Returns a whole number that fits into 64 bits.
   *
   * @throws JsonFormatException if the field is absent or no such number
   */
  public long number(String field) throws JsonFormatException {
    JsonNode value = required(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw wrong(at(field), value, "a whole number");
    }
    return value.longValue();
  }

  /**
   * Returns a whole number within a range.
   *
   * @throws JsonFormatException if the field is absent or no such number
   */
  public int number(String field, int min, int max) throws JsonFormatException {
    long value = number(field);
    if (value < min || value > max) {
      throw new JsonFormatException(
          at(field) + " is " + value + ": expected " + min + " to " + max);
    }
    return (int) value;
  }

  /**
   * Returns an instant, written as ISO 8601 in UTC such as {@code 2026-01-31T12:00:00Z}.
   *
   * @throws JsonFormatException if the field is absent or no such text
   */
  public Instant instant(String field) throws JsonFormatException {
    String text = text(field);
    try {
      return Instant.parse(text);
    } catch (DateTimeException e) {
      throw new JsonFormatException(
          at(field) + " is \"" + shown(text) + "\": expected a time such as 2026-01-31T12:00:00Z",
          e);
    }
  }

  /**
   * Returns an object.
   *
   * @throws JsonFormatException if the field is absent or no object
   */
  public JsonObject object(String field) throws JsonFormatException {
    return objectOf(required(field), at(field));
  }

  /**
   * Returns a list of objects.
   *
   * @param max limit of their number
   * @throws JsonFormatException if the field is absent, no such list, or longer
   */
  public List<JsonObject> objects(String field, int max) throws JsonFormatException {
    JsonNode array = array(field, max);
    List<JsonObject> items = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      items.add(objectOf(array.get(i), at(field) + "[" + i + "]"));
    }
    return items;
  }

  /**
   * Returns a list of texts.
   *
   * @param max limit of their number
   * @throws JsonFormatException if the field is absent, no such list, or longer
   */
  public List<String> texts(String field, int max) throws JsonFormatException {
    JsonNode array = array(field, max);
    List<String> items = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      items.add(textOf(array.get(i), at(field) + "[" + i + "]"));
    }
    return items;
  }

  private JsonNode array(String field, int max) throws JsonFormatException {
    JsonNode value = required(field);
    if (!value.isArray()) {
      throw wrong(at(field), value, "a list");
    }
    if (value.size() > max) {
      throw new JsonFormatException(
          at(field) + " has " + value.size() + " entries: expected at most " + max);
    }
    return value;
  }

  private JsonNode required(String field) throws JsonFormatException {
    JsonNode value = node.get(field);
    if (value == null) {
      throw new JsonFormatException("field " + at(field) + " is missing");
    }
    return value;
  }

  private String at(String field) {
    return path.isEmpty() ? field : path + "." + field;
  }

  private static String textOf(JsonNode value, String where) throws JsonFormatException {
    if (!value.isTextual()) {
      throw wrong(where, value, "a text");
    }
    return value.textValue();
  }

  private static JsonObject objectOf(JsonNode value, String where) throws JsonFormatException {
    if (!value.isObject()) {
      throw wrong(where, value, "an object");
    }
    return new JsonObject(where, value);
  }

  private static JsonFormatException wrong(String where, JsonNode value, String expected) {
    return new JsonFormatException(
        where + " is " + shown(value.toString()) + ": expected " + expected);
  }

  private static String shown(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
  }
}
