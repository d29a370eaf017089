package io.selfupgrade.core.release;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.json.JsonFormatException;
import io.selfupgrade.core.json.JsonObject;
import io.selfupgrade.core.json.JsonText;
import io.selfupgrade.upgrade.ReasonCode;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads and writes {@code latest.json}, format 1. */
public final class IndexCodec {

  /** Longest index, and longest signature file of one, in bytes. */
  public static final int MAX_BYTES = 64 << 10;

  static final String DOCUMENT = "latest.json";

  private static final Set<String> FIELDS =
      Set.of("format", "name", "channel", "version", "serial", "created", "expires");

  private IndexCodec() {}

  /**
   * Decodes an index; says nothing about who wrote it.
   *
   * @throws RefusalException {@link ReasonCode#UNKNOWN_FORMAT} or {@link
   *     ReasonCode#MANIFEST_INVALID}
   */
  static ReleaseIndex decode(byte[] document) throws RefusalException {
    try {
      JsonObject json = JsonObject.parse(document, MAX_BYTES);
      ManifestCodec.requireFormat(json, DOCUMENT);
      json.requireOnly(FIELDS);
      return new ReleaseIndex(
          new AgentName(json.text("name")).value(),
          json.text("channel"),
          Version.parse(json.text("version")),
          json.number("serial"),
          json.instant("created"),
          expires(json));
    } catch (JsonFormatException | IllegalArgumentException e) {
      throw new RefusalException(
          ReasonCode.MANIFEST_INVALID, DOCUMENT + " is not usable: " + e.getMessage(), e);
    }
  }

  /** Encodes an index; {@link #decode} gives it back. */
  static byte[] encode(ReleaseIndex index) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("format", ManifestCodec.FORMAT);
    json.put("name", index.name());
    json.put("channel", index.channel());
    json.put("version", index.version().toString());
    json.put("serial", index.serial());
    json.put("created", index.created().toString());
    index.expires().ifPresent(instant -> json.put("expires", instant.toString()));
    return JsonText.pretty(json);
  }

  static Optional<Instant> expires(JsonObject json) throws JsonFormatException {
    return json.has("expires") ? Optional.of(json.instant("expires")) : Optional.empty();
  }
}
