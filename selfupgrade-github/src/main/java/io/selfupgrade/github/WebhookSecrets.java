package io.selfupgrade.github;

import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.github.GitHubWebhook.RefusedDelivery;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The secret that deliveries are signed with, and the one before it. */
final class WebhookSecrets {

  private static final String ALGORITHM = "HmacSHA256";
  private static final int SHORTEST = 16;

  private final Secret current;
  private final Optional<Secret> previous;

  WebhookSecrets(Secret current, Optional<Secret> previous) {
    this.current = Objects.requireNonNull(current, "secret");
    this.previous = previous;
  }

  WebhookSecrets rotating(Secret older) {
    return new WebhookSecrets(current, Optional.of(older));
  }

  /**
   * Checks a signature; takes as long for one that is good as for one that is not.
   *
   * @return a digest of the signature, by which the body is known again and nothing can be signed
   */
  String check(String signature, byte[] body) throws RefusedDelivery {
    byte[] given = HexFormat.of().parseHex(signature);
    boolean good = MessageDigest.isEqual(mac(current, body), given);
    if (previous.isPresent()) {
      good |= MessageDigest.isEqual(mac(previous.get(), body), given);
    }
    if (!good) {
      throw new RefusedDelivery(
          401, "the signature is not that of the body: compare the secrets of webhook and agent");
    }
    return HexFormat.of().formatHex(sha256(given));
  }

  private static byte[] mac(Secret secret, byte[] body) {
    byte[] key = secret.reveal().getBytes(StandardCharsets.UTF_8);
    if (key.length < SHORTEST) {
      throw new ConfigurationException(
          List.of(
              "the webhook's secret has fewer than "
                  + SHORTEST
                  + " bytes: enter a long random one, here and at GitHub"));
    }
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
      return mac.doFinal(body);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no " + ALGORITHM, e);
    }
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }
}
