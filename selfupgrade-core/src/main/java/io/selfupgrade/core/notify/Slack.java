package io.selfupgrade.core.notify;

import io.selfupgrade.agent.ConfigurationException;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.core.json.JsonText;
import io.selfupgrade.observe.Delivery;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Notifier;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Posts news to a Slack channel, by an incoming webhook.
 *
 * <p>Its URL is the secret: it is in no log, no exception and no row. Redirects are not followed.
 * Slack knows no idempotency key, so that a message may come twice after a crash; its last line
 * names the event. Source: docs.slack.dev, "Sending messages using incoming webhooks", "Formatting
 * message text" and "Rate limits".
 */
public final class Slack implements Notifier {

  private static final Duration TO_CONNECT = Duration.ofSeconds(5);
  private static final Duration TO_ANSWER = Duration.ofSeconds(10);
  private static final Duration IN_ALL = Duration.ofSeconds(15);
  private static final Duration LONGEST_PAUSE = Duration.ofHours(6);

  /** Slack shortens messages after 40,000 characters, and advises to stay below 4,000. */
  private static final int LONGEST_TEXT = 3_500;

  private static final int TOO_MANY_REQUESTS = 429;
  private static final int FIRST_SERVER_ERROR = 500;
  private static final Set<String> THIS_MACHINE = Set.of("127.0.0.1", "localhost", "[::1]");

  private final Secret url;
  private final Duration inAll;

  private Slack(Secret url, Duration inAll) {
    this.url = url;
    this.inAll = inAll;
  }

  /**
   * Describes the webhook; the URL is read at each delivery.
   *
   * @param url {@code https://hooks.slack.com/services/...}, or another that takes the same; plain
   *     {@code http} is for this machine only
   */
  public static Slack webhook(Secret url) {
    return new Slack(Objects.requireNonNull(url, "url"), IN_ALL);
  }

  /** Returns the same with another time for a delivery; for tests. */
  Slack within(Duration time) {
    return new Slack(url, time);
  }

  @Override
  public String name() {
    return "slack";
  }

  @Override
  public Delivery deliver(Notification notification) {
    Optional<URI> target = target();
    if (target.isEmpty()) {
      return new Delivery.Impossible(
          "the webhook's URL is not set or not usable: expected"
              + " https://hooks.slack.com/services/...");
    }
    HttpRequest request =
        HttpRequest.newBuilder(target.get())
            .timeout(TO_ANSWER)
            .header("Content-Type", "application/json; charset=utf-8")
            .POST(BodyPublishers.ofByteArray(JsonText.compact(Map.of("text", text(notification)))))
            .build();
    HttpClient client =
        HttpClient.newBuilder()
            .connectTimeout(TO_CONNECT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1)
            .build();
    try {
      return send(client, request);
    } finally {
      close(client);
    }
  }

  /** Returns the class only: the URL is a secret. */
  @Override
  public String toString() {
    return "Slack[webhook]";
  }

  private Delivery send(HttpClient client, HttpRequest request) {
    // What Slack says in the body is not read: the status tells enough, and no limit is needed.
    CompletableFuture<HttpResponse<Void>> answer =
        client.sendAsync(request, BodyHandlers.discarding());
    try {
      return judged(answer.get(inAll.toMillis(), TimeUnit.MILLISECONDS));
    } catch (ExecutionException e) {
      // The message of a network exception may name the address: its kind is told, no more.
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return later("the webhook cannot be reached: " + cause.getClass().getSimpleName());
    } catch (TimeoutException e) {
      return later("no answer within " + inAll);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return later("interrupted");
    } finally {
      answer.cancel(true);
    }
  }

  private static Delivery judged(HttpResponse<Void> answer) {
    int status = answer.statusCode();
    if (status == 200) {
      return new Delivery.Delivered();
    }
    if (status == TOO_MANY_REQUESTS || status >= FIRST_SERVER_ERROR) {
      Optional<Duration> pause = answer.headers().firstValue("Retry-After").flatMap(Slack::seconds);
      return new Delivery.Later("Slack answered " + status, pause);
    }
    return new Delivery.Impossible(
        "Slack answered "
            + status
            + (status >= 300 && status < 400
                ? ", a redirect, which is not followed: check the webhook's URL"
                : ": check that the webhook and its channel still exist, or make a new one"));
  }

  private static Delivery later(String why) {
    return new Delivery.Later(why, Optional.empty());
  }

  private static Optional<Duration> seconds(String text) {
    try {
      long seconds = Long.parseLong(text.trim());
      return seconds < 0
          ? Optional.empty()
          : Optional.of(Duration.ofSeconds(Math.min(seconds, LONGEST_PAUSE.toSeconds())));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private Optional<URI> target() {
    try {
      URI target = new URI(url.reveal().trim());
      String host = target.getHost();
      boolean safe =
          "https".equals(target.getScheme())
              || ("http".equals(target.getScheme()) && host != null && THIS_MACHINE.contains(host));
      return safe && host != null ? Optional.of(target) : Optional.empty();
    } catch (URISyntaxException | ConfigurationException e) {
      // Neither is passed on: the first has the URL in its message.
      return Optional.empty();
    }
  }

  private static String text(Notification notification) {
    String reference = "\n_" + escaped(notification.key()) + "_";
    String title = "*" + escaped(cut(notification.title(), LONGEST_TEXT / 4)) + "*";
    int room = LONGEST_TEXT - reference.length() - title.length();
    String body = notification.text().isEmpty() ? "" : "\n" + escapedWithin(notification, room);
    return title + body + reference;
  }

  private static String escapedWithin(Notification notification, int room) {
    String text = notification.text();
    String whole = escaped(text);
    while (whole.length() > room && !text.isEmpty()) {
      text = cut(text, text.length() - Math.max(1, (whole.length() - room) / 5) - 1);
      whole = escaped(text) + " ...";
    }
    return whole;
  }

  private static String cut(String text, int longest) {
    if (text.length() <= longest) {
      return text;
    }
    int end = Math.max(0, longest);
    return text.substring(
        0, end > 0 && Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end);
  }

  /** Escapes the three characters that Slack gives a meaning, so that nobody is pinged by a log. */
  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  /** Ends the client's thread; before JDK 21 that happens when it is collected. */
  private static void close(Object client) {
    if (client instanceof AutoCloseable closeable) {
      try {
        closeable.close();
      } catch (Exception e) {
        throw new IllegalStateException("closing the HTTP client failed", e);
      }
    }
  }
}
