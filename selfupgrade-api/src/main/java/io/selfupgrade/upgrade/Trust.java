package io.selfupgrade.upgrade;

import java.security.PublicKey;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Whose releases are accepted: Ed25519 public keys, and how many of them must have signed.
 *
 * <p>Or, by {@link #verifiedCommits} alone, whose commits are built on this machine. Immutable.
 * Transport, tags and repository names are never proof; only these keys are.
 */
public final class Trust {

  private final Map<String, PublicKey> keys;
  private final int threshold;
  private final Optional<CommitSigners> signers;

  private Trust(Map<String, PublicKey> keys, int threshold, Optional<CommitSigners> commitSigners) {
    this.keys = Map.copyOf(keys);
    this.threshold = threshold;
    this.signers = commitSigners;
  }

  /**
   * Trusts commits that one of these has signed: they are built and run on this machine.
   *
   * <p>A weaker trust, which nothing but this name gives. Whoever holds a signer's key can run code
   * on this machine as the agent's user, from the moment that a source hands over a commit which
   * that key has signed: in the build, before any check of the result. That goes for each commit
   * that the key ever signed, in whatever repository, if its version is newer. Prefer a workflow
   * that builds and signs, by {@link #keys(PublicKey...)}.
   *
   * @param signers public SSH keys
   */
  public static Trust verifiedCommits(CommitSigners signers) {
    return new Trust(Map.of(), 1, Optional.of(signers));
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
    return new Trust(byId, 1, Optional.empty());
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
    return new Trust(keys, signatures, signers);
  }

  /** Returns the keys by their id. */
  public Map<String, PublicKey> keysById() {
    return keys;
  }

  /** Returns how many distinct keys must have signed. */
  public int threshold() {
    return threshold;
  }

  /** Returns whose commits are built here; empty unless {@link #verifiedCommits} named them. */
  public Optional<CommitSigners> commitSigners() {
    return signers;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Trust trust
        && trust.keys.keySet().equals(keys.keySet())
        && trust.threshold == threshold
        && trust.signers.equals(signers);
  }

  @Override
  public int hashCode() {
    return Objects.hash(keys.keySet(), threshold, signers);
  }

  /** Returns threshold and key ids, or the signers of commits. */
  @Override
  public String toString() {
    return signers.isPresent()
        ? "Trust[" + signers.get() + "]"
        : "Trust[" + threshold + " of " + keys.keySet() + "]";
  }
}
