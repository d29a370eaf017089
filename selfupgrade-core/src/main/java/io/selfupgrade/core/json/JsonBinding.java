package io.selfupgrade.core.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * JSON from values and back, for the payloads of handlers: records, classes with a constructor or
 * fields that Jackson finds, enums, texts, numbers, lists and maps of them.
 *
 * <p>What a document says and a type does not know is left out, so that a payload of a newer
 * version can be read.
 */
public final class JsonBinding {

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private JsonBinding() {}

  /**
   * Returns a value as text.
   *
   * @throws IllegalArgumentException if it cannot be written
   */
  public static String text(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "a value of " + value.getClass().getName() + " cannot be written as JSON", e);
    }
  }

  /**
   * Reads a value.
   *
   * @throws JsonFormatException if the text is no value of that type; the message leaves out what
   *     the text says
   */
  public static <T> T value(String text, Class<T> type) throws JsonFormatException {
    T value;
    try {
      value = MAPPER.readValue(text, type);
    } catch (JsonProcessingException e) {
      e.clearLocation();
      throw new JsonFormatException(
          "the JSON is no " + type.getName() + ": " + e.getOriginalMessage(), e);
    }
    if (value == null) {
      throw new JsonFormatException("the JSON is null: expected a " + type.getName());
    }
    return value;
  }
}
