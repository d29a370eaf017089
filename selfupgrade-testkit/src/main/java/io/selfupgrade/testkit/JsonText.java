package io.selfupgrade.testkit;

import io.selfupgrade.agent.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a JSON text, RFC 8259, as codecs do: maps, lists, strings, numbers, truth values, null. */
final class JsonText {

  private final String text;
  private int at;

  private JsonText(String text) {
    this.text = text;
  }

  /**
   * Reads an object.
   *
   * @throws IllegalArgumentException if it is none
   */
  static Map<String, @Nullable Object> object(Json json) {
    JsonText reader = new JsonText(json.text());
    reader.space();
    if (reader.peek() != '{') {
      throw reader.unexpected("an object");
    }
    Map<String, @Nullable Object> read = reader.object();
    reader.space();
    if (reader.at < reader.text.length()) {
      throw reader.unexpected("the end");
    }
    return read;
  }

  private @Nullable Object value() {
    space();
    return switch (peek()) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Map<String, @Nullable Object> object() {
    Map<String, @Nullable Object> read = new LinkedHashMap<>();
    expect('{');
    if (ends('}')) {
      return read;
    }
    do {
      space();
      String key = string();
      space();
      expect(':');
      read.put(key, value());
    } while (another('}'));
    return read;
  }

  private List<@Nullable Object> array() {
    List<@Nullable Object> read = new ArrayList<>();
    expect('[');
    if (ends(']')) {
      return read;
    }
    do {
      read.add(value());
    } while (another(']'));
    return read;
  }

  private boolean ends(char end) {
    space();
    if (peek() != end) {
      return false;
    }
    at++;
    return true;
  }

  private boolean another(char end) {
    if (ends(end)) {
      return false;
    }
    expect(',');
    return true;
  }

  private String string() {
    StringBuilder read = new StringBuilder();
    expect('"');
    while (peek() != '"') {
      char next = text.charAt(at++);
      if (next < ' ') {
        throw unexpected("no control character");
      }
      read.append(next == '\\' ? escaped() : next);
    }
    at++;
    return read.toString();
  }

  private char escaped() {
    char kind = peek();
    at++;
    return switch (kind) {
      case '"', '\\', '/' -> kind;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> hexadecimal();
      default -> throw unexpected("an escape");
    };
  }

  private char hexadecimal() {
    at += 4;
    if (at > text.length()) {
      throw unexpected("four hexadecimal digits");
    }
    return (char) Integer.parseInt(text, at - 4, at, 16);
  }

  private BigDecimal number() {
    int start = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    try {
      return new BigDecimal(text.substring(start, at));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(unexpected("a value").getMessage(), e);
    }
  }

  private @Nullable Object word(String word, @Nullable Object means) {
    if (!text.startsWith(word, at)) {
      throw unexpected(word);
    }
    at += word.length();
    return means;
  }

  private void expect(char wanted) {
    if (peek() != wanted) {
      throw unexpected("\"" + wanted + "\"");
    }
    at++;
  }

  private char peek() {
    if (at >= text.length()) {
      throw unexpected("more");
    }
    return text.charAt(at);
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private IllegalArgumentException unexpected(String wanted) {
    return new IllegalArgumentException(
        "JSON of " + text.length() + " characters: expected " + wanted + " at " + at);
  }
}
