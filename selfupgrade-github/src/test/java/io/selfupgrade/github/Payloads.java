package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** GitHub's published payloads and schemas of webhooks, and deliveries made of them. */
final class Payloads {

  static final String SECRET = "a secret of thirty-two characters";

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final JsonNode SCHEMAS = read("schemas.json");

  private Payloads() {}

  /**
   * A payload.
   *
   * @param event its name
   * @param json what GitHub has published
   */
  record Payload(String event, ObjectNode json) {
    byte[] body() {
      return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Returns a text at a place such as {@code release.tag_name}. */
    String at(String path) {
      return json.at("/" + path.replace('.', '/')).asText();
    }

    Payload with(String path, JsonNode value) {
      ObjectNode copy = json.deepCopy();
      int dot = path.lastIndexOf('.');
      JsonNode parent = dot < 0 ? copy : copy.at("/" + path.substring(0, dot).replace('.', '/'));
      ((ObjectNode) parent).set(path.substring(dot + 1), value);
      return new Payload(event, copy);
    }

    Payload with(String path, String value) {
      return with(path, MAPPER.getNodeFactory().textNode(value));
    }

    @Override
    public String toString() {
      return event + " " + at("action");
    }
  }

  static List<Payload> all() {
    List<Payload> payloads = new ArrayList<>();
    for (JsonNode each : read("payloads.json")) {
      payloads.add(new Payload(each.get("event").asText(), (ObjectNode) each.get("payload")));
    }
    return payloads;
  }

  static Payload first(String event, String action) {
    return all().stream()
        .filter(each -> each.event().equals(event) && each.at("action").equals(action))
        .findFirst()
        .orElseThrow();
  }

  /** Returns what is wrong with a payload by GitHub's schema of its event. */
  static List<String> violations(Payload payload) {
    String name = payload.event() + "_event";
    if (!SCHEMAS.at("/definitions").has(name)) {
      name = payload.event() + "$event";
    }
    ObjectNode schema = SCHEMAS.deepCopy();
    schema.put("$ref", "#/definitions/" + name);
    JsonSchema compiled =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7).getSchema(schema);
    return compiled.validate(payload.json()).stream().map(Object::toString).toList();
  }

  static JsonNode definition(String name) {
    return SCHEMAS.at("/definitions/" + name.replace("~", "~0").replace("/", "~1"));
  }

  static Map<String, List<String>> headers(String event, String delivery, byte[] body) {
    return headers(event, delivery, "sha256=" + sign(SECRET, body));
  }

  static Map<String, List<String>> headers(String event, String delivery, String signature) {
    Map<String, List<String>> headers = new TreeMap<>();
    headers.put("Content-Type", List.of("application/json"));
    headers.put("User-Agent", List.of("GitHub-Hookshot/044aadd"));
    headers.put("X-GitHub-Delivery", List.of(delivery));
    headers.put("X-GitHub-Event", List.of(event));
    headers.put("X-GitHub-Hook-ID", List.of("292430182"));
    headers.put("X-Hub-Signature-256", List.of(signature));
    return headers;
  }

  static String sign(String secret, byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonNode read(String name) {
    try (InputStream in = Payloads.class.getResourceAsStream("/webhooks/" + name)) {
      return MAPPER.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
