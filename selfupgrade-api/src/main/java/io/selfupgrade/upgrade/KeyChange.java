package io.selfupgrade.upgrade;

import java.security.PublicKey;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Which keys a release brings and which it revokes; in force once the release is confirmed.
 *
 * <p>A release that brings keys is signed by each of them, and by enough keys of before and after.
 * Revoking is for ever: no later release brings the key back.
 *
 * @param trusted Ed25519 public keys that count from then on, at most 16
 * @param revoked ids of keys that no longer count from then on, at most 64
 * @param threshold how many signatures a release needs from then on at the least; empty for no
 *     change. It never lowers what was asked for before
 */
public record KeyChange(List<PublicKey> trusted, Set<String> revoked, OptionalInt threshold) {

  /** Nothing changes. */
  public static final KeyChange NONE = new KeyChange(List.of(), Set.of(), OptionalInt.empty());

  private static final int MAX_TRUSTED = 16;
  private static final int MAX_REVOKED = 64;
  private static final Pattern ID = Pattern.compile("[0-9a-f]{32}");

  /**
   * Validates and copies.
   *
   * @throws IllegalArgumentException if there are too many, a key is named twice or is brought and
   *     revoked at once, an id is none, or the threshold is below 1
   */
  public KeyChange {
    trusted = List.copyOf(trusted);
    revoked = Set.copyOf(revoked);
    if (trusted.size() > MAX_TRUSTED || revoked.size() > MAX_REVOKED) {
      throw new IllegalArgumentException(
          trusted.size()
              + " keys are brought and "
              + revoked.size()
              + " revoked: expected at most "
              + MAX_TRUSTED
              + " and "
              + MAX_REVOKED);
    }
    for (String id : revoked) {
      if (!ID.matcher(id).matches()) {
        throw new IllegalArgumentException(
            "\"" + id + "\" is no key id: expected 32 lower-case hexadecimal digits");
      }
    }
    Set<String> seen = new HashSet<>(revoked);
    for (PublicKey key : trusted) {
      if (!seen.add(Keys.id(key))) {
        throw new IllegalArgumentException(
            "key " + Keys.id(key) + " is named twice, or both brought and revoked");
      }
    }
    if (threshold.isPresent() && threshold.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "threshold " + threshold.getAsInt() + " is not usable: expected 1 or more");
    }
  }

  /** Tells whether nothing changes. */
  public boolean isEmpty() {
    return trusted.isEmpty() && revoked.isEmpty() && threshold.isEmpty();
  }

  /** Returns what changes, on one line. */
  public String summary() {
    if (isEmpty()) {
      return "no change of keys";
    }
    return "brings keys "
        + trusted.stream().map(Keys::id).toList()
        + ", revokes "
        + new TreeSet<>(revoked)
        + (threshold.isPresent() ? ", asks for " + threshold.getAsInt() + " signatures" : "");
  }
}
