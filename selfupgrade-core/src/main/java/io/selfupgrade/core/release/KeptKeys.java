package io.selfupgrade.core.release;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.launcher.StateFile;
import io.selfupgrade.upgrade.KeyChange;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Trust;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * The keys that confirmed releases brought and revoked, and those that people installed by, in the
 * file {@code keys} of the home.
 *
 * <p>It only grows. Thread-safe within a process; of two processes one may overwrite what the other
 * just wrote, so whoever runs as the confirmed version keeps its release's keys again and again.
 */
public final class KeptKeys {

  private static final String KEY = "key.";
  private static final String FROM = "from.";
  private static final String REVOKED = "revoked.";
  private static final String THRESHOLD = "threshold";
  private static final String INSTALLED = "installing ";

  private final Home home;

  /** Keeps keys in this home; performs no I/O. */
  public KeptKeys(Home home) {
    this.home = home;
  }

  /**
   * Returns a ring with what is kept.
   *
   * @throws AdapterException if the file cannot be read: then no key counts
   */
  public KeyRing addTo(KeyRing ring) {
    StateFile state = read();
    KeyRing all = ring.without(under(state, REVOKED));
    for (Map.Entry<String, String> entry : under(state, KEY).entrySet()) {
      PublicKey key = decode(entry.getKey(), entry.getValue());
      all =
          all.with(
              new KeyChange(List.of(key), Set.of(), OptionalInt.empty()),
              state.text(FROM + entry.getKey()).orElse("a release"));
    }
    try {
      long least = state.number(THRESHOLD, 1);
      return all.with(
          new KeyChange(List.of(), Set.of(), OptionalInt.of((int) Math.max(1, least))), "");
    } catch (IOException e) {
      throw trouble("read", e);
    }
  }

  /**
   * Returns a ring without the keys that were revoked here.
   *
   * @throws AdapterException if the file cannot be read: then no key counts
   */
  public KeyRing removeFrom(KeyRing ring) {
    return ring.without(under(read(), REVOKED));
  }

  /**
   * Keeps what a confirmed release changes; idempotent.
   *
   * @return whether anything was new
   * @throws AdapterException if the file cannot be read or written
   */
  public synchronized boolean keep(KeyChange change, String version) {
    if (change.isEmpty()) {
      return false;
    }
    StateFile before = read();
    StateFile after = before;
    for (PublicKey key : change.trusted()) {
      String id = Keys.id(key);
      if (after.text(KEY + id).isEmpty()) {
        after = after.with(KEY + id, Base64.getEncoder().encodeToString(key.getEncoded()));
        after = after.with(FROM + id, version);
      }
    }
    for (String id : change.revoked()) {
      if (after.text(REVOKED + id).isEmpty()) {
        after = after.with(REVOKED + id, version);
      }
    }
    try {
      if (change.threshold().orElse(0) > after.number(THRESHOLD, 0)) {
        after = after.with(THRESHOLD, change.threshold().getAsInt());
      }
      if (!after.equals(before)) {
        after.write(home.disk(), home.keys());
      }
    } catch (IOException e) {
      throw trouble("written", e);
    }
    return !after.equals(before);
  }

  /**
   * Keeps the keys that a person named to install a version, and how many of them had to sign.
   *
   * @param after what counts after that version: a key that was revoked is not kept
   * @throws AdapterException if the file cannot be read or written
   */
  void keepNamed(Trust named, KeyRing after, String version) {
    OptionalInt least =
        named.threshold() > 1 ? OptionalInt.of(named.threshold()) : OptionalInt.empty();
    keep(new KeyChange(List.of(), Set.of(), least), INSTALLED + version);
    named
        .keysById()
        .forEach(
            (id, key) -> {
              if (after.revokedBy(id).isEmpty()) {
                keep(
                    new KeyChange(List.of(key), Set.of(), OptionalInt.empty()),
                    INSTALLED + version);
              }
            });
  }

  private StateFile read() {
    try {
      return StateFile.read(home.keys()).orElse(StateFile.empty());
    } catch (IOException e) {
      throw trouble("read", e);
    }
  }

  private static Map<String, String> under(StateFile state, String prefix) {
    Map<String, String> found = new TreeMap<>();
    state
        .values()
        .forEach(
            (key, value) ->
                Optional.of(key)
                    .filter(name -> name.startsWith(prefix))
                    .ifPresent(name -> found.put(name.substring(prefix.length()), value)));
    return found;
  }

  private PublicKey decode(String id, String base64) {
    try {
      PublicKey key =
          KeyFactory.getInstance("Ed25519")
              .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(base64)));
      if (!Keys.id(key).equals(id)) {
        throw new IOException("the key at " + id + " is " + Keys.id(key));
      }
      return key;
    } catch (GeneralSecurityException | IllegalArgumentException | IOException e) {
      throw trouble("read", e);
    }
  }

  private AdapterException trouble(String verb, Exception cause) {
    return new AdapterException(
        "Home",
        home.keys()
            + " cannot be "
            + verb
            + ", so it is not known which keys count: "
            + cause.getMessage(),
        true,
        cause);
  }
}
