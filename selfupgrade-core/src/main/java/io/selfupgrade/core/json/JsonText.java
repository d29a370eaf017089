package io.selfupgrade.core.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.PrettyPrinter;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Writes JSON from maps, collections, texts, numbers and booleans, in the order they are given.
 *
 * <p>The same value gives the same bytes on each platform: UTF-8, line feeds.
 */
public final class JsonText {

  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final JsonMapper STRICT =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final PrettyPrinter PRETTY = prettyPrinter();

  private JsonText() {}

  /** Returns the object as bytes, indented by two spaces, with a line feed at the end. */
  public static byte[] pretty(Map<String, ?> object) {
    try {
      String text = MAPPER.writer(PRETTY).writeValueAsString(object);
      return (text + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("a value cannot be written as JSON: " + object, e);
    }
  }

  /** Returns the object as bytes without any white space between its tokens. */
  public static byte[] compact(Map<String, ?> object) {
    try {
      return MAPPER.writeValueAsBytes(object);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("a value cannot be written as JSON: " + object, e);
    }
  }

  /**
   * Checks that a text is one JSON document, of any type.
   *
   * @param what names it in messages
   * @param maxBytes limit of its length in UTF-8
   * @throws IllegalArgumentException if it is longer, no JSON, or has a character that stores
   *     cannot keep
   */
  public static void requireJson(String what, String text, int maxBytes) {
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > maxBytes) {
      throw new IllegalArgumentException(
          what + " has " + bytes + " bytes: expected at most " + maxBytes);
    }
    if (text.contains("\\u0000")) {
      throw new IllegalArgumentException(
          what + " contains the character \\u0000, which stores cannot keep");
    }
    try {
      if (STRICT.readTree(text).isMissingNode()) {
        throw new IllegalArgumentException(what + " is empty: expected a JSON document");
      }
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(what + " is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** Checks that a text is a JSON object, as {@link #requireJson} does. */
  public static void requireJsonObject(String what, String text, int maxBytes) {
    requireJson(what, text, maxBytes);
    if (!text.strip().startsWith("{")) {
      throw new IllegalArgumentException(what + " is no JSON object: expected { ... }");
    }
  }

  private static PrettyPrinter prettyPrinter() {
    DefaultIndenter lines = new DefaultIndenter("  ", "\n");
    Separators separators =
        Separators.createDefaultInstance().withObjectFieldValueSpacing(Separators.Spacing.AFTER);
    return new DefaultPrettyPrinter(separators).withObjectIndenter(lines).withArrayIndenter(lines);
  }
}
