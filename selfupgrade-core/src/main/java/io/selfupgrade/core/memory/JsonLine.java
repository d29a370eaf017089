package io.selfupgrade.core.memory;

import io.selfupgrade.agent.Json;
import io.selfupgrade.core.json.JsonBinding;
import io.selfupgrade.core.json.JsonFormatException;
import io.selfupgrade.core.json.JsonText;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.Tier;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A line of a file of JSON lines, as it is written.
 *
 * @param content what it says
 * @param tier its label
 * @param metadata an object
 * @param importance 0 to 1
 * @param externalId an id of the caller's
 */
record JsonLine(
    @Nullable String content,
    @Nullable String tier,
    @Nullable Map<String, Object> metadata,
    @Nullable Double importance,
    @Nullable String externalId) {

  /**
   * Reads a line.
   *
   * @param otherwise tier of a line that names none
   * @throws JsonFormatException if it is no such object
   * @throws IllegalArgumentException if a part is out of its range
   */
  static Memory memory(String line, Tier otherwise) throws JsonFormatException {
    JsonLine read = JsonBinding.value(line, JsonLine.class);
    if (read.content == null) {
      throw new IllegalArgumentException("has no content: expected {\"content\": \"...\"}");
    }
    Memory memory =
        Memory.of(read.content).tier(read.tier == null ? otherwise : Tier.labelled(read.tier));
    if (read.metadata != null) {
      byte[] utf8 = JsonText.compact(read.metadata);
      memory = memory.metadata(Json.of(new String(utf8, StandardCharsets.UTF_8)));
    }
    if (read.importance != null) {
      memory = memory.importance(read.importance);
    }
    return read.externalId == null ? memory : memory.externalId(read.externalId);
  }
}
