package io.selfupgrade.core.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.PrettyPrinter;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
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

  private static PrettyPrinter prettyPrinter() {
    DefaultIndenter lines = new DefaultIndenter("  ", "\n");
    Separators separators =
        Separators.createDefaultInstance().withObjectFieldValueSpacing(Separators.Spacing.AFTER);
    return new DefaultPrettyPrinter(separators).withObjectIndenter(lines).withArrayIndenter(lines);
  }
}
