package io.selfupgrade.core.release;

import io.selfupgrade.core.json.JsonFormatException;
import io.selfupgrade.core.json.JsonObject;
import io.selfupgrade.core.json.JsonText;
import io.selfupgrade.upgrade.ReasonCode;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The detached Ed25519 signatures of one document (its {@code .sig} file), by key id.
 *
 * <p>What is signed is a prefix that names the document's kind and format, then its bytes: a
 * signature of an index can never pass for one of a manifest.
 */
final class SignatureFile {

  private static final String ALGORITHM = "Ed25519";
  private static final int SIGNATURE_BYTES = 64;
  private static final int MAX_SIGNATURES = 64;
  private static final Pattern KEY_ID = Pattern.compile("[0-9a-f]{32}");
  private static final Set<String> FIELDS = Set.of("format", "signatures");
  private static final Set<String> ENTRY_FIELDS = Set.of("key", "signature");

  private final Map<String, byte[]> byKey;

  private SignatureFile(Map<String, byte[]> byKey) {
    this.byKey = byKey;
  }

  static SignatureFile empty() {
    return new SignatureFile(Map.of());
  }

  /**
   * Decodes a signature file; one without any byte has no signatures.
   *
   * @param document name of the document that it belongs to, for errors
   * @throws RefusalException {@link ReasonCode#UNKNOWN_FORMAT}, {@link
   *     ReasonCode#SIGNATURES_MALFORMED} or {@link ReasonCode#DUPLICATE_SIGNATURE}
   */
  static SignatureFile decode(byte[] signatures, String document) throws RefusalException {
    if (signatures.length == 0) {
      return empty();
    }
    String name = document + ManifestCodec.SIGNATURES;
    try {
      JsonObject json = JsonObject.parse(signatures, IndexCodec.MAX_BYTES);
      ManifestCodec.requireFormat(json, name);
      json.requireOnly(FIELDS);
      Map<String, byte[]> byKey = new TreeMap<>();
      for (JsonObject entry : json.objects("signatures", MAX_SIGNATURES)) {
        entry.requireOnly(ENTRY_FIELDS);
        String key = entry.text("key");
        if (!KEY_ID.matcher(key).matches()) {
          throw new JsonFormatException(
              "key \"" + key + "\" is no 32 lower-case hexadecimal digits");
        }
        if (byKey.put(key, bytes(entry.text("signature"), key)) != null) {
          throw new RefusalException(
              ReasonCode.DUPLICATE_SIGNATURE,
              name + " names key " + key + " twice: each key signs once");
        }
      }
      return new SignatureFile(byKey);
    } catch (JsonFormatException e) {
      throw new RefusalException(
          ReasonCode.SIGNATURES_MALFORMED, name + " is not usable: " + e.getMessage(), e);
    }
  }

  /** Returns the file's bytes, without any white space: no byte of it can change unnoticed. */
  byte[] encode() {
    List<Map<String, Object>> entries = new ArrayList<>();
    byKey.forEach(
        (key, signature) -> {
          Map<String, Object> entry = new LinkedHashMap<>();
          entry.put("key", key);
          entry.put("signature", Base64.getEncoder().encodeToString(signature));
          entries.add(entry);
        });
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("format", ManifestCodec.FORMAT);
    json.put("signatures", entries);
    return JsonText.compact(json);
  }

  /** Returns the ids of the keys that claim to have signed. */
  Set<String> keys() {
    return byKey.keySet();
  }

  /** Returns a copy with the key's signature of the document, in place of an older one of it. */
  SignatureFile signedBy(SigningKey key, String document, byte[] content) {
    Map<String, byte[]> copy = new TreeMap<>(byKey);
    copy.put(key.id(), key.sign(message(document, content)));
    return new SignatureFile(copy);
  }

  /** Tells whether the key's entry is a signature of the document. */
  boolean verifies(String id, PublicKey key, String document, byte[] content) {
    byte[] signature = byKey.get(id);
    if (signature == null) {
      return false;
    }
    try {
      Signature verifier = Signature.getInstance(ALGORITHM);
      verifier.initVerify(key);
      verifier.update(message(document, content));
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static byte[] message(String document, byte[] content) {
    byte[] domain =
        ("selfupgrade:" + document + ":" + ManifestCodec.FORMAT + "\n")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] message = new byte[domain.length + content.length];
    System.arraycopy(domain, 0, message, 0, domain.length);
    System.arraycopy(content, 0, message, domain.length, content.length);
    return message;
  }

  /** Only the one canonical form: a decoder that ignores spare bits would accept four of them. */
  private static byte[] bytes(String base64, String key) throws JsonFormatException {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new JsonFormatException("the signature of key " + key + " is no Base64", e);
    }
    if (bytes.length != SIGNATURE_BYTES
        || !Base64.getEncoder().encodeToString(bytes).equals(base64)) {
      throw new JsonFormatException(
          "the signature of key "
              + key
              + " has "
              + bytes.length
              + " bytes or is no canonical Base64: expected "
              + SIGNATURE_BYTES);
    }
    return bytes;
  }
}
