package io.selfupgrade.examples.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes maps, lists, texts and numbers as JSON. */
final class JsonFile {

  private JsonFile() {}

  static void write(Path file, Map<String, Object> object) throws IOException {
    Files.writeString(file, json(object, "\n") + "\n");
  }

  private static String json(Object value, String lineBreak) {
    String inner = lineBreak + "  ";
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(entry -> text(entry.getKey()) + ": " + json(entry.getValue(), inner))
          .collect(Collectors.joining("," + inner, "{" + inner, lineBreak + "}"));
    }
    if (value instanceof Collection<?> list) {
      return list.stream().map(one -> json(one, inner)).collect(Collectors.joining(", ", "[", "]"));
    }
    if (value instanceof Number number) {
      double plain = number.doubleValue();
      if (Double.isNaN(plain) || Double.isInfinite(plain)) {
        throw new IllegalArgumentException("no number of JSON: " + number);
      }
      return number.toString();
    }
    return text(value);
  }

  private static String text(Object value) {
    return '"' + value.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
