package io.selfupgrade.upgrade;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Which keys count at this moment, and which were revoked.
 *
 * @param keys all that are known, by id
 * @param threshold how many of those that count must have signed
 */
public record TrustedKeys(List<Key> keys, int threshold) {

  /** Validates and copies. */
  public TrustedKeys {
    keys = List.copyOf(keys);
  }

  /** Returns the ids of the keys that count. */
  public List<String> inForce() {
    return keys.stream().filter(key -> key.revokedBy().isEmpty()).map(Key::id).toList();
  }

  /** Tells whether so many keys count that a release can be signed by enough of them. */
  public boolean usable() {
    return inForce().size() >= threshold;
  }

  /** Returns which keys count and which do not, on one line. */
  public String summary() {
    List<Key> revoked = keys.stream().filter(key -> key.revokedBy().isPresent()).toList();
    List<Key> counting = keys.stream().filter(key -> key.revokedBy().isEmpty()).toList();
    return threshold + " of " + counting + (revoked.isEmpty() ? "" : "; not " + revoked);
  }

  /**
   * A key.
   *
   * @param id the id by which signatures name it
   * @param from where it comes from: {@code trust(...)}, the version that brought it, or the
   *     installation for which a person named it; empty for one that is known by its revocation
   *     only
   * @param revokedBy the version that revoked it
   */
  public record Key(String id, String from, Optional<String> revokedBy) {

    /** Validates that all parts are there. */
    public Key {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(from, "from");
      Objects.requireNonNull(revokedBy, "revokedBy");
    }

    /** Returns id, origin and revocation. */
    @Override
    public String toString() {
      return id
          + (from.isEmpty() ? "" : " from " + from)
          + revokedBy.map(version -> " revoked by " + version).orElse("");
    }
  }
}
