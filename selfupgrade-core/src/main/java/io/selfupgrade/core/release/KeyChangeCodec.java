package io.selfupgrade.core.release;

import io.selfupgrade.core.json.JsonFormatException;
import io.selfupgrade.core.json.JsonObject;
import io.selfupgrade.upgrade.KeyChange;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/** Reads and writes the part {@code keys} of {@code release.json}. */
final class KeyChangeCodec {

  static final String FIELD = "keys";

  private static final int MAX_KEYS = 64;
  private static final Set<String> FIELDS = Set.of("trusted", "revoked", "threshold");

  private KeyChangeCodec() {}

  static KeyChange decode(JsonObject manifest) throws JsonFormatException {
    if (!manifest.has(FIELD)) {
      return KeyChange.NONE;
    }
    JsonObject json = manifest.object(FIELD);
    json.requireOnly(FIELDS);
    List<PublicKey> trusted = new ArrayList<>();
    for (String text : json.has("trusted") ? json.texts("trusted", MAX_KEYS) : List.<String>of()) {
      trusted.add(key(text));
    }
    List<String> revoked = json.has("revoked") ? json.texts("revoked", MAX_KEYS) : List.of();
    OptionalInt threshold =
        json.has("threshold")
            ? OptionalInt.of(json.number("threshold", 1, MAX_KEYS))
            : OptionalInt.empty();
    return new KeyChange(trusted, new TreeSet<>(revoked), threshold);
  }

  static void encode(KeyChange change, Map<String, Object> manifest) {
    if (change.isEmpty()) {
      return;
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put(
        "trusted",
        change.trusted().stream()
            .map(key -> Base64.getEncoder().encodeToString(key.getEncoded()))
            .toList());
    json.put("revoked", List.copyOf(new TreeSet<>(change.revoked())));
    change.threshold().ifPresent(least -> json.put("threshold", least));
    manifest.put(FIELD, json);
  }

  private static PublicKey key(String base64) throws JsonFormatException {
    try {
      return KeyFactory.getInstance("Ed25519")
          .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(base64)));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new JsonFormatException("keys.trusted holds no Base64 of an Ed25519 public key", e);
    }
  }
}
