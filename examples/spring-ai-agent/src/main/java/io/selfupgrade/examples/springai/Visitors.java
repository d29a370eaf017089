package io.selfupgrade.examples.springai;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Users of the demonstration's agent: one asks every 20 ms which version answers. */
final class Visitors implements AutoCloseable {

  private static final Duration EVERY = Duration.ofMillis(20);
  private static final Duration LONGEST = Duration.ofSeconds(20);

  private final URI agent;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(LONGEST).build();
  private final ScheduledExecutorService pace =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "visitors");
            thread.setDaemon(true);
            return thread;
          });
  private @Nullable ScheduledFuture<?> visiting;
  private int answered;
  private int refused;
  private long lastNanos;
  private Duration longestGap = Duration.ZERO;

  Visitors(int port) {
    this.agent = URI.create("http://127.0.0.1:" + port);
  }

  /** Returns the version that answers; none if nobody does. */
  String version() throws InterruptedException {
    try {
      return send(HttpRequest.newBuilder(agent.resolve("/version")).build());
    } catch (IOException e) {
      return "none";
    }
  }

  /** Returns how the agent says it is. */
  String health() throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(agent.resolve("/actuator/health")).build());
  }

  /** Says something, and returns the answer. */
  String say(String text) throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(agent.resolve("/chat/demo"))
            .header("Content-Type", "text/plain")
            .POST(HttpRequest.BodyPublishers.ofString(text))
            .build());
  }

  private String send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(request.uri() + ": " + response.statusCode() + " " + response.body());
    }
    return response.body();
  }

  /** Lets them come. */
  void come() {
    visiting = pace.scheduleWithFixedDelay(this::visit, 0, EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void visit() {
    try {
      boolean good = !version().equals("none");
      note(good);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void note(boolean good) {
    long now = System.nanoTime();
    if (good) {
      Duration gap = Duration.ofNanos(answered == 0 ? 0 : now - lastNanos);
      longestGap = gap.compareTo(longestGap) > 0 ? gap : longestGap;
      lastNanos = now;
      answered++;
    } else {
      refused++;
    }
  }

  /** Returns the longest time between two answers. */
  synchronized Duration longestGap() {
    return longestGap;
  }

  /** Returns one line for people. */
  synchronized String summary() {
    return answered
        + " requests answered, "
        + refused
        + " refused; longest time between two answers "
        + longestGap.toMillis()
        + " ms";
  }

  @Override
  public void close() {
    if (visiting != null) {
      visiting.cancel(true);
    }
    pace.shutdownNow();
  }
}
