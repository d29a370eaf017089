package io.selfupgrade.upgrade;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Whose commits are built on this machine: public SSH keys, as Git signs by.
 *
 * <p>Read from the text of OpenSSH's {@code allowed_signers} (principals, key type, key; see
 * ssh-keygen(1)) or {@code authorized_keys} (key type, key), a key a line, {@code #} begins a
 * comment. Ed25519, ECDSA and RSA from 2,048 bits are read. Who a principal is counts for nothing:
 * each key that is named may sign. Options other than {@code namespaces}, certificates and keys on
 * hardware are refused, because what they would limit is not looked at. Immutable.
 */
public final class CommitSigners {

  private static final int MAX_BYTES = 64 << 10;
  private static final int MAX_KEYS = 100;
  private static final String NAMESPACES = "namespaces=\"";

  private final Map<String, PublicKey> keys;

  private CommitSigners(Map<String, PublicKey> keys) {
    this.keys = new LinkedHashMap<>(keys);
  }

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException as {@link #parse}
   * @throws UncheckedIOException if it cannot be read
   */
  public static CommitSigners file(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return parse(
          new String(in.readNBytes(MAX_BYTES + 1), StandardCharsets.UTF_8), file.toString());
    } catch (IOException e) {
      throw new UncheckedIOException("signers' file " + file + " cannot be read", e);
    }
  }

  /**
   * Parses the text of such a file.
   *
   * @throws IllegalArgumentException if a line cannot be read or says what is not supported, or if
   *     there is no key, or one twice
   */
  public static CommitSigners parse(String text) {
    return parse(text, "the given text");
  }

  private static CommitSigners parse(String text, String where) {
    if (text.length() > MAX_BYTES) {
      throw new IllegalArgumentException(where + " is longer than " + MAX_BYTES + " bytes");
    }
    Map<String, PublicKey> keys = new LinkedHashMap<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      if (!line.isBlank() && !line.strip().startsWith("#")) {
        String place = "line " + number + " of " + where;
        Optional<Signer> signer = signer(words(line.strip(), place), place);
        if (signer.isPresent() && keys.put(signer.get().fingerprint, signer.get().key) != null) {
          throw new IllegalArgumentException(place + " names a key that an earlier one names too");
        }
      }
    }
    if (keys.isEmpty() || keys.size() > MAX_KEYS) {
      throw new IllegalArgumentException(
          where
              + " has "
              + keys.size()
              + " keys for Git: expected 1 to "
              + MAX_KEYS
              + ", such as the line: ada@example.com ssh-ed25519 AAAA...");
    }
    return new CommitSigners(keys);
  }

  /** Returns the key of that form, if it may sign: the type's name and its parts, as SSH sends. */
  public Optional<PublicKey> key(byte[] wire) {
    return Optional.ofNullable(keys.get(fingerprint(wire)));
  }

  /** Returns the fingerprints of the keys, as {@code ssh-keygen -l} shows them. */
  public Set<String> fingerprints() {
    return Set.copyOf(keys.keySet());
  }

  /** Returns the fingerprint of a key of that form. */
  public static String fingerprint(byte[] wire) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(wire);
      return "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CommitSigners signers && signers.keys.keySet().equals(keys.keySet());
  }

  @Override
  public int hashCode() {
    return keys.keySet().hashCode();
  }

  /** Returns the fingerprints. */
  @Override
  public String toString() {
    return "CommitSigners" + keys.keySet();
  }

  /** Empty for a key that is for something else than Git. */
  private static Optional<Signer> signer(List<String> words, String place) {
    int type = SshPublicKey.knows(words.get(0)) ? 0 : 1;
    boolean forGit = true;
    if (type == 1 && words.size() > 1 && !SshPublicKey.knows(words.get(1))) {
      forGit = forGit(words.get(1), place);
      type = 2;
    }
    if (words.size() < type + 2 || !SshPublicKey.knows(words.get(type))) {
      throw new IllegalArgumentException(
          place
              + " is not usable: expected \"PRINCIPAL TYPE KEY\" or \"TYPE KEY\" with a type of"
              + " ssh-ed25519, ecdsa-sha2-nistp256, -384 or -521, or ssh-rsa; keys on hardware and"
              + " certificates are not supported");
    }
    try {
      byte[] wire = Base64.getDecoder().decode(words.get(type + 1));
      PublicKey key = SshPublicKey.read(words.get(type), wire);
      return forGit ? Optional.of(new Signer(fingerprint(wire), key)) : Optional.empty();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(place + " holds no usable key: " + e.getMessage(), e);
    }
  }

  private static boolean forGit(String options, String place) {
    if (options.startsWith(NAMESPACES)
        && options.indexOf('"', NAMESPACES.length()) == options.length() - 1) {
      String names = options.substring(NAMESPACES.length(), options.length() - 1);
      return Arrays.asList(names.split(",", -1)).contains("git");
    }
    throw new IllegalArgumentException(
        place
            + " has options other than namespaces=\"...\", or an unknown type of key: what they"
            + " limit is not looked at, so take the line or the options out");
  }

  /** Splits at blanks that are not within quotes. */
  private static List<String> words(String line, String place) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean quoted = false;
    for (char c : (line + " ").toCharArray()) {
      quoted ^= c == '"';
      if (!quoted && (c == ' ' || c == '\t')) {
        if (word.length() > 0) {
          words.add(word.toString());
          word.setLength(0);
        }
      } else {
        word.append(c);
      }
    }
    if (quoted) {
      throw new IllegalArgumentException(place + " has a quote that does not end");
    }
    return words;
  }

  private record Signer(String fingerprint, PublicKey key) {}
}
