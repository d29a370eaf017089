package io.selfupgrade.core.release;

import io.selfupgrade.upgrade.KeyChange;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.TrustedKeys;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The keys that count: those of {@code trust(...)} and of confirmed releases, less the revoked.
 *
 * <p>Immutable. Keys and revocations only add up, and a revocation wins over whatever brings the
 * key: so the order in which releases were confirmed, and how often, makes no difference.
 */
public final class KeyRing {

  private static final String BUILDER = "trust(...)";

  private final Map<String, PublicKey> known;
  private final Map<String, String> origins;
  private final Map<String, String> revoked;
  private final int threshold;

  private KeyRing(
      Map<String, PublicKey> known,
      Map<String, String> origins,
      Map<String, String> revoked,
      int threshold) {
    this.known = new TreeMap<>(known);
    this.origins = new TreeMap<>(origins);
    this.revoked = new TreeMap<>(revoked);
    this.threshold = threshold;
  }

  /** Returns the keys of {@code trust(...)}. */
  public static KeyRing of(Trust trust) {
    Map<String, String> origins = new TreeMap<>();
    trust.keysById().keySet().forEach(id -> origins.put(id, BUILDER));
    return new KeyRing(trust.keysById(), origins, Map.of(), trust.threshold());
  }

  /** Returns these keys and what a release changes about them. */
  public KeyRing with(KeyChange change, String version) {
    Map<String, PublicKey> keys = new TreeMap<>(known);
    Map<String, String> from = new TreeMap<>(origins);
    for (PublicKey key : change.trusted()) {
      keys.putIfAbsent(Keys.id(key), key);
      from.putIfAbsent(Keys.id(key), version);
    }
    int least = Math.max(threshold, change.threshold().orElse(threshold));
    Map<String, String> without = new TreeMap<>();
    change.revoked().forEach(id -> without.put(id, version));
    return new KeyRing(keys, from, revoked, least).without(without);
  }

  /** Returns these keys without some that were revoked, by the version that did. */
  public KeyRing without(Map<String, String> more) {
    Map<String, String> all = new TreeMap<>(more);
    all.putAll(revoked);
    return new KeyRing(known, origins, all, threshold);
  }

  /** Returns the keys that count, by id. */
  public Map<String, PublicKey> inForce() {
    Map<String, PublicKey> keys = new TreeMap<>(known);
    keys.keySet().removeAll(revoked.keySet());
    return keys;
  }

  /** Returns which version revoked a key; empty if none did. */
  public Optional<String> revokedBy(String id) {
    return Optional.ofNullable(revoked.get(id));
  }

  /** Returns how many of the keys that count must have signed. */
  public int threshold() {
    return threshold;
  }

  /** Returns the same for people. */
  public TrustedKeys describe() {
    Set<String> ids = new TreeSet<>(known.keySet());
    ids.addAll(revoked.keySet());
    List<TrustedKeys.Key> keys = new ArrayList<>();
    for (String id : ids) {
      keys.add(new TrustedKeys.Key(id, origins.getOrDefault(id, ""), revokedBy(id)));
    }
    return new TrustedKeys(keys, threshold);
  }
}
