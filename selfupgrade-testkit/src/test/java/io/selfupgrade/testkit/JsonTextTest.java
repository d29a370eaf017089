package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.Json;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** JSON as codecs read it. */
class JsonTextTest {

  @Test
  void everyKindOfValueIsRead() {
    Json json =
        Json.of(
            " { \"n\" : -1.50e+2, \"t\":true ,\"f\": false,\"z\":null, \"s\": \"a\","
                + " \"a\": [ 1 , [ ] , { } ], \"o\": {\"k\": {\"k\": 0}} }\n");

    Map<String, ?> read = JsonText.object(json);

    assertThat(read).containsOnlyKeys("n", "t", "f", "z", "s", "a", "o");
    assertThat(read.get("n")).isEqualTo(new BigDecimal("-1.50e+2"));
    assertThat(read.get("t")).isEqualTo(true);
    assertThat(read.get("f")).isEqualTo(false);
    assertThat(read.get("z")).isNull();
    assertThat(read.get("s")).isEqualTo("a");
    assertThat(read.get("a")).isEqualTo(Arrays.asList(BigDecimal.ONE, List.of(), Map.of()));
    assertThat(read.get("o")).isEqualTo(Map.of("k", Map.of("k", BigDecimal.ZERO)));
  }

  @Test
  void escapesAreRead() {
    Json json = Json.of("{\"\\\"k\\\\\": \"\\/\\b\\f\\n\\r\\t\\u00e4\\ud83d\\ude00\u00e4\"}");

    assertThat(JsonText.object(json).get("\"k\\")).isEqualTo("/\b\f\n\r\t\u00e4\ud83d\ude00\u00e4");
  }

  @Test
  void whatIsNoObjectIsRefused() {
    for (String text :
        List.of(
            "1",
            "[]",
            "{",
            "{}}",
            "{,}",
            "{\"a\"}",
            "{\"a\": 1,}",
            "{a: 1}",
            "{\"a\": 1 \"b\": 2}",
            "{\"a\": [1,]}",
            "{\"a\": tru}",
            "{\"a\": 1.2.3}",
            "{\"a\": \"\\x\"}",
            "{\"a\": \"\\u12\"}",
            "{\"a\": \"\\u00zz\"}",
            "{\"a\": \"\n\"}",
            "{\"a\": \"b}")) {
      assertThatThrownBy(() -> JsonText.object(Json.of(text)))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
