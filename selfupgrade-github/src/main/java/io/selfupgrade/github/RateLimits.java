package io.selfupgrade.github;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What GitHub's headers say about when to ask again; nothing is sent before that.
 *
 * <p>A reset is an instant on GitHub's clock: it is counted from the answer's Date, so that this
 * machine's clock may be wrong.
 */
final class RateLimits {

  private static final Duration SECONDARY = Duration.ofMinutes(1);
  private static final Duration LONGEST = Duration.ofHours(24);
  private static final int MOST_DOUBLINGS = 5;
  private static final int JITTER_MILLIS = 2_000;
  private static final String REST = "core";
  private static final String GRAPHQL = "graphql";
  private static final String APP = "app";

  private final Clock clock;
  private final Map<String, Closed> closed = new ConcurrentHashMap<>();
  private final AtomicInteger strikes = new AtomicInteger();

  RateLimits(Clock clock) {
    this.clock = clock;
  }

  /**
   * Refuses what would come too early.
   *
   * @param host that a redirect leads to; empty for the API itself
   * @throws GitHubException {@link GitHubException.Kind#RATE_LIMITED}, for another host {@link
   *     GitHubException.Kind#UNAVAILABLE}
   */
  void requireOpen(ApiRequest request, Optional<String> host) {
    Closed now = closed.get(host.map(RateLimits::at).orElseGet(() -> resource(request)));
    if (now == null || !clock.instant().isBefore(now.until()) || now.pause().passed()) {
      return;
    }
    String after = ", ask again after " + now.until();
    throw host.isPresent()
        ? GitHubException.away(
            request + " was not sent on to " + host.get() + ": it asked for a pause" + after,
            now.until())
        : GitHubException.limited(
            request + " was not sent: GitHub's limit is reached" + after, now.until());
  }

  /** Takes note of what an answer that is no refusal says. */
  void note(ApiRequest request, Headers headers) {
    strikes.set(0);
    if ("0".equals(headers.get("x-ratelimit-remaining"))) {
      reset(headers).ifPresent(wait -> close(wait, resource(request)));
    }
  }

  /** Reads the refusal of another host, which is no limit of GitHub's and holds for it alone. */
  GitHubException elsewhere(ApiRequest request, String host, int status, Headers headers) {
    String what = request + " was sent on to " + host + ", which answered with status " + status;
    Optional<Duration> after = retryAfter(headers).filter(wait -> wait.toSeconds() > 0);
    if (after.isEmpty()) {
      return new GitHubException(
          GitHubException.Kind.UNAVAILABLE, what + ": try again later", null);
    }
    Instant until = close(after.get(), at(host));
    return GitHubException.away(what + ": try again after " + until, until);
  }

  /**
   * Reads a refusal.
   *
   * @return empty if it is not about limits
   */
  Optional<GitHubException> refusal(
      ApiRequest request, int status, Headers headers, String message) {
    boolean secondary =
        message.contains("secondary rate limit") || message.contains("abuse detection");
    boolean empty = "0".equals(headers.get("x-ratelimit-remaining"));
    Optional<Duration> after = retryAfter(headers);
    if (status >= 500 && after.filter(wait -> wait.toSeconds() > 0).isPresent()) {
      return Optional.of(away(request, status, close(after.get(), all(request))));
    }
    return status == 429 || (status == 403 && (secondary || empty || after.isPresent()))
        ? Optional.of(limited(request, headers, "with status " + status, secondary))
        : Optional.empty();
  }

  private GitHubException limited(
      ApiRequest request, Headers headers, String how, boolean secondary) {
    boolean empty = "0".equals(headers.get("x-ratelimit-remaining"));
    Duration wait =
        retryAfter(headers)
            .or(() -> empty ? reset(headers) : Optional.empty())
            .orElseGet(this::grow);
    boolean primary = empty && !secondary;
    Instant until = close(wait, primary ? new String[] {resource(request)} : all(request));
    String anonymous =
        "60".equals(headers.get("x-ratelimit-limit"))
            ? "; without a token it is 60 requests an hour: give one"
            : "";
    return GitHubException.limited(
        request
            + " was refused "
            + how
            + ": "
            + (primary ? "the limit of requests" : "a secondary limit")
            + " is reached until "
            + until
            + ", nothing is sent before"
            + anonymous,
        until);
  }

  /**
   * Reads an error of GraphQL, which comes with status 200.
   *
   * @return empty if it is not about limits
   */
  Optional<GitHubException> refusal(ApiRequest request, Headers headers, JsonNode error) {
    String type = error.path("type").asText("");
    String message = error.path("message").asText("");
    boolean limit = type.equals("RATE_LIMITED") || type.equals("RATE_LIMIT");
    boolean secondary = message.toLowerCase(Locale.ROOT).contains("secondary rate limit");
    String how = "with status 200 (" + Refusals.shortened(message) + ")";
    return limit || secondary
        ? Optional.of(limited(request, headers, how, secondary))
        : Optional.empty();
  }

  /** A write is unknown then, and is not sent again before that time either. */
  private static GitHubException away(ApiRequest request, int status, Instant until) {
    String what = request + " was answered with status " + status + ": GitHub is away until ";
    return request.manner().repeatable()
        ? GitHubException.limited(what + until + ", nothing is sent before", until)
        : new GitHubException(
            GitHubException.Kind.AMBIGUOUS,
            what + until + "; it may have been done all the same, look before it is sent again",
            null);
  }

  private Instant close(Duration wait, String... resources) {
    Duration bounded = wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
    Duration all =
        (bounded.isNegative() ? Duration.ofSeconds(1) : bounded)
            .plusMillis(ThreadLocalRandom.current().nextInt(JITTER_MILLIS));
    Closed added = new Closed(clock.instant().plus(all), Deadline.in(all));
    Instant until = added.until();
    for (String resource : resources) {
      Instant of =
          closed
              .merge(resource, added, (old, now) -> old.until().isAfter(now.until()) ? old : now)
              .until();
      until = of.isAfter(until) ? of : until;
    }
    return until;
  }

  private Duration grow() {
    return SECONDARY.multipliedBy(1L << Math.min(MOST_DOUBLINGS, strikes.getAndIncrement()));
  }

  private Optional<Duration> retryAfter(Headers headers) {
    String value = headers.get(Transport.RETRY_AFTER);
    if (value == null) {
      return Optional.empty();
    }
    Optional<Duration> seconds = number(value).map(Duration::ofSeconds);
    return seconds.or(() -> date(value).map(at -> Duration.between(now(headers), at)));
  }

  private Optional<Duration> reset(Headers headers) {
    return number(headers.get("x-ratelimit-reset"))
        .map(Instant::ofEpochSecond)
        .map(at -> Duration.between(now(headers), at));
  }

  /** Returns GitHub's time, to the second that its Date has. */
  private Instant now(Headers headers) {
    return date(headers.get("Date")).orElseGet(clock::instant);
  }

  private static Optional<Long> number(@Nullable String value) {
    return value != null && value.matches("\\d{1,11}")
        ? Optional.of(Long.parseLong(value))
        : Optional.empty();
  }

  private static Optional<Instant> date(@Nullable String value) {
    if (value == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /**
   * A time in which nothing is sent, on two clocks: one that was set back does not prolong it.
   *
   * @param until its end on the wall clock
   * @param pause its end on the monotonic clock
   */
  private record Closed(Instant until, Deadline pause) {}

  /** GraphQL and the App itself have primary limits of their own. */
  private static String resource(ApiRequest request) {
    if (request.manner().asApp()) {
      return APP;
    }
    return request.path().equals(ApiClient.GRAPHQL) ? GRAPHQL : REST;
  }

  /** REST and GraphQL share a secondary limit; the App itself is somebody else. */
  private static String[] all(ApiRequest request) {
    return request.manner().asApp() ? new String[] {APP} : new String[] {REST, GRAPHQL};
  }

  private static String at(String host) {
    return "at " + host;
  }
}
