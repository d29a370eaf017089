package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import io.selfupgrade.github.GitHubException.Kind;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/** The tokens of a GitHub App: its own, signed here, and its installation's, made by GitHub. */
final class AppTokens {

  /** GitHub accepts ten minutes from its own clock at most. */
  private static final Duration LIFE = Duration.ofMinutes(9);

  private static final Duration SKEW = Duration.ofMinutes(1);
  private static final Duration RENEWED_BEFORE = Duration.ofMinutes(5);
  private static final Base64.Encoder URL = Base64.getUrlEncoder().withoutPadding();

  private final GitHubApp app;
  private final String repository;
  private final Credentials.Sender sender;
  private final Clock clock;
  private final ReentrantLock asking = new ReentrantLock();
  private volatile Optional<Installation> installation = Optional.empty();

  AppTokens(GitHubApp app, String repository, Credentials.Sender sender, Clock clock) {
    this.app = app;
    this.repository = repository;
    this.sender = sender;
    this.clock = clock;
  }

  /** Signs a token of the App itself (RFC 7519, RS256). */
  String appToken() {
    Instant now = clock.instant();
    String header = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
    byte[] claims =
        JsonText.write(
            JsonText.object()
                .put("iat", now.minus(SKEW).getEpochSecond())
                .put("exp", now.plus(LIFE).getEpochSecond())
                .put("iss", app.id()));
    String signed =
        URL.encodeToString(header.getBytes(StandardCharsets.UTF_8))
            + "."
            + URL.encodeToString(claims);
    return signed + "." + URL.encodeToString(sign(signed));
  }

  /** Returns a token of the installation that lasts, asking GitHub for one if need be. */
  String installationToken(Deadline deadline) {
    Instant now = clock.instant();
    Optional<String> known = lasting(now);
    if (known.isPresent()) {
      return known.get();
    }
    take(deadline);
    try {
      if (lasting(now).isEmpty()) {
        installation = Optional.of(make(now, deadline));
      }
      return installation.orElseThrow().token();
    } finally {
      asking.unlock();
    }
  }

  private Optional<String> lasting(Instant now) {
    return installation.filter(it -> now.isBefore(it.renewAt())).map(Installation::token);
  }

  /** One asks for all; who waits for him has a time, too. */
  private void take(Deadline deadline) {
    try {
      if (asking.tryLock(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new GitHubException(
        Kind.UNAVAILABLE, "the App's token is still asked for, nothing was sent", null);
  }

  /** Drops the token if it is one of those, and tells whether it did. */
  boolean forget(Predicate<String> rejected) {
    Optional<Installation> now = installation;
    boolean drop = now.filter(it -> rejected.test(it.token())).isPresent();
    if (drop) {
      installation = Optional.empty();
    }
    return drop;
  }

  /** Asks for this one repository; asking twice makes two tokens, which harms nobody. */
  private Installation make(Instant now, Deadline deadline) {
    var body = JsonText.object();
    body.set("repositories", JsonText.array().add(repository));
    ApiRequest request =
        ApiRequest.post("/app/installations/" + app.installation() + "/access_tokens", body)
            .asApp()
            .repeatable()
            .within(deadline.left());
    ApiResponse response;
    try {
      response = sender.send(request);
    } catch (GitHubException e) {
      // With a cause that was tried again already, it is not once more.
      throw e.kind() == Kind.UNAVAILABLE ? new GitHubException(e.kind(), e.operation(), e) : e;
    }
    JsonNode answer = response.json();
    Duration life =
        Duration.between(
            response.header("Date").flatMap(AppTokens::date).orElse(now),
            JsonText.time(answer, "expires_at"));
    return new Installation(JsonText.text(answer, "token"), now.plus(life).minus(RENEWED_BEFORE));
  }

  private byte[] sign(String text) {
    PrivateKey key = Pem.rsaKey(app.privateKey());
    try {
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(key);
      signature.update(text.getBytes(StandardCharsets.US_ASCII));
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new GitHubException(
          Kind.BAD_CREDENTIALS,
          "the private key of App " + app.id() + " cannot sign: make a new one",
          e);
    }
  }

  private static Optional<Instant> date(String value) {
    try {
      return Optional.of(
          ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** A token of the installation; never printed. */
  private static final class Installation {

    private final String token;
    private final Instant renewAt;

    Installation(String token, Instant renewAt) {
      this.token = token;
      this.renewAt = renewAt;
    }

    String token() {
      return token;
    }

    Instant renewAt() {
      return renewAt;
    }
  }
}
