package io.selfupgrade.upgrade;

import java.security.PublicKey;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Whose releases are accepted: Ed25519 public keys, and how many of them must have signed.
 *
 * <p>Immutable. Transport, tags and repository names are never proof; only these keys are.
 */
public final class Trust {

  private final Map<String, PublicKey> keys;
  private final int threshold;

  private Trust(Map<String, PublicKey> keys, int threshold) {
    this.keys = Map.copyOf(keys);
    this.threshold = threshold;
  }

  /**
   * Trusts releases that at least one of these keys signed.
   *
   * @param keys Ed25519 public keys, at least one, no two alike; see {@link Keys}
   * @throws IllegalArgumentException if there is none, one twice, or one of another algorithm
   */
  public static Trust keys(PublicKey... keys) {
    return keys(Arrays.asList(keys));
  }

  /**
   * Trusts releases that at least one of these keys signed.
   *
   * @param keys Ed25519 public keys, at least one, no two alike; see {@link Keys}
   * @throws IllegalArgumentException if there is none, one twice, or one of another algorithm
   */
  public static Trust keys(List<PublicKey> keys) {
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("no key is trusted: name at least one public key");
    }
    Map<String, PublicKey> byId = new LinkedHashMap<>();
    for (PublicKey key : keys) {
      String id = Keys.id(key);
      if (byId.put(id, key) != null) {
        throw new IllegalArgumentException("key " + id + " is named twice: name each key once");
      }
    }
    return new Trust(byId, 1);
  }

  /**
   * Returns the same keys with another number of signatures that a release needs.
   *
   * @param signatures from 1 to the number of keys
   * @throws IllegalArgumentException if it is out of that range
   */
  public Trust threshold(int signatures) {
    if (signatures < 1 || signatures > keys.size()) {
      throw new IllegalArgumentException(
          "threshold "
              + signatures
              + " is not usable with "
              + keys.size()
              + " keys: expected 1 to "
              + keys.size());
    }
    return new Trust(keys, signatures);
  }

  /** Returns the keys by their id. */
  public Map<String, PublicKey> keysById() {
    return keys;
  }

  /** Returns how many distinct keys must have signed. */
  public int threshold() {
    return threshold;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Trust trust
        && trust.keys.keySet().equals(keys.keySet())
        && trust.threshold == threshold;
  }

  @Override
  public int hashCode() {
    return Objects.hash(keys.keySet(), threshold);
  }

  /** Returns threshold and key ids. */
  @Override
  public String toString() {
    return "Trust[" + threshold + " of " + keys.keySet() + "]";
  }
}
