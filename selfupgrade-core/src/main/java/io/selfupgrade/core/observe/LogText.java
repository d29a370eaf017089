package io.selfupgrade.core.observe;

import io.selfupgrade.agent.Json;
import io.selfupgrade.core.json.JsonText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes of what a host logs what every store can keep, whatever it is; never throws. */
final class LogText {

  private static final int LONGEST_MESSAGE = 10_000;
  private static final int LONGEST_CONTEXT = 100_000;
  private static final int DEEPEST = 8;
  private static final int MOST_VALUES = 1_000;

  private LogText() {}

  static String message(String text) {
    String clean = clean(text);
    if (clean.length() <= LONGEST_MESSAGE) {
      return clean;
    }
    int end =
        LONGEST_MESSAGE - (Character.isHighSurrogate(clean.charAt(LONGEST_MESSAGE - 1)) ? 1 : 0);
    return clean.substring(0, end) + " ... (" + clean.length() + " characters)";
  }

  static Json context(Map<String, ?> context) {
    if (context.isEmpty()) {
      return Json.EMPTY;
    }
    try {
      String json =
          new String(JsonText.compact(new Values().map(context, 0)), StandardCharsets.UTF_8);
      return json.length() <= LONGEST_CONTEXT
          ? Json.of(json)
          : Json.of("{\"tooLong\":" + json.length() + "}");
    } catch (RuntimeException e) {
      // Whatever a host's object does when it is read: the event itself matters more.
      return Json.of("{\"unreadable\":\"" + e.getClass().getSimpleName() + "\"}");
    }
  }

  /** Replaces what Postgres cannot keep in a text: NUL, and halves of surrogate pairs. */
  private static String clean(String text) {
    StringBuilder clean = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean paired =
          Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (paired) {
        if (clean != null) {
          clean.append(c).append(text.charAt(i + 1));
        }
        i++;
        continue;
      }
      boolean bad = c == 0 || Character.isSurrogate(c);
      if (bad && clean == null) {
        clean = new StringBuilder(text.length()).append(text, 0, i);
      }
      if (clean != null) {
        clean.append(bad ? '\ufffd' : c);
      }
    }
    return clean == null ? text : clean.toString();
  }

  /** Turns values into those that JSON knows; a value in a value too deep becomes its type. */
  private static final class Values {
    private int count;

    Map<String, Object> map(Map<?, ?> map, int depth) {
      Map<String, Object> plain = new LinkedHashMap<>();
      map.forEach(
          (key, value) -> {
            if (count < MOST_VALUES) {
              plain.put(clean(String.valueOf(key)), plain(value, depth + 1));
            }
          });
      return plain;
    }

    private Object plain(@Nullable Object value, int depth) {
      count++;
      if (value instanceof Boolean || value instanceof Integer || value instanceof Long) {
        return value;
      }
      if (value instanceof Double number && Double.isFinite(number)) {
        return number;
      }
      if (value == null || value instanceof CharSequence) {
        return clean(String.valueOf(value));
      }
      if (depth >= DEEPEST && (value instanceof Map || value instanceof Iterable)) {
        return value.getClass().getSimpleName();
      }
      if (value instanceof Map<?, ?> map) {
        return map(map, depth);
      }
      if (value instanceof Iterable<?> values) {
        List<Object> list = new ArrayList<>();
        for (Object one : values) {
          if (count >= MOST_VALUES) {
            break;
          }
          list.add(plain(one, depth + 1));
        }
        return list;
      }
      return clean(value.toString());
    }
  }
}
