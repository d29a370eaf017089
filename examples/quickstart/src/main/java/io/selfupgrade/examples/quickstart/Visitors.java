package io.selfupgrade.examples.quickstart;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The agent's users: a request every 20 ms, repeated once after 200 ms if it is not answered. */
final class Visitors implements AutoCloseable {

  private static final Duration EVERY = Duration.ofMillis(20);
  private static final Duration RETRY_AFTER = Duration.ofMillis(200);
  private static final Duration LONGEST_ANSWER = Duration.ofSeconds(2);
  private static final String RIGHT = "6 x 7 = 42\n";

  private final HttpRequest request;
  private final Clock clock;
  private final ScheduledExecutorService pace;
  private final ExecutorService workers;
  private final HttpClient client;
  private final Queue<Visit> visits = new ConcurrentLinkedQueue<>();
  private final AtomicInteger answers = new AtomicInteger();
  private final Queue<CompletableFuture<Void>> underWay = new ConcurrentLinkedQueue<>();
  private @Nullable ScheduledFuture<?> visiting;

  Visitors(int port, Clock clock) {
    this.clock = clock;
    this.request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
            .timeout(LONGEST_ANSWER)
            .build();
    ThreadFactory daemons =
        task -> {
          Thread thread = new Thread(task, "quickstart-visitor");
          thread.setDaemon(true);
          return thread;
        };
    this.pace = Executors.newSingleThreadScheduledExecutor(daemons);
    this.workers = Executors.newFixedThreadPool(2, daemons);
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(LONGEST_ANSWER)
            .executor(workers)
            .build();
  }

  /** Tells whether the agent answers now. */
  boolean isAnswered() {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  void start() {
    visiting = pace.scheduleAtFixedRate(this::visit, 0, EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Ends the visits and waits for the last answers. */
  void end() throws InterruptedException, ExecutionException, TimeoutException {
    if (visiting != null) {
      visiting.cancel(false);
    }
    pace.shutdown();
    if (!pace.awaitTermination(LONGEST_ANSWER.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new TimeoutException("the visits did not end within " + LONGEST_ANSWER);
    }
    CompletableFuture.allOf(underWay.toArray(CompletableFuture[]::new))
        .get(LONGEST_ANSWER.multipliedBy(3).toMillis(), TimeUnit.MILLISECONDS);
  }

  int answers() {
    return answers.get();
  }

  /** Counts the requests, and those without an answer; what touches the outage is left out. */
  Count count(Instant outageFrom, Instant outageTo) {
    List<Instant> failedAt = new ArrayList<>();
    int wrong = 0;
    int retried = 0;
    for (Visit visit : visits) {
      boolean outside = visit.ended().isBefore(outageFrom) || visit.began().isAfter(outageTo);
      if (outside && visit.result() == Result.FAILED) {
        failedAt.add(visit.began());
      }
      retried += outside && visit.retried() ? 1 : 0;
      wrong += visit.result() == Result.WRONG ? 1 : 0;
    }
    return new Count(visits.size(), failedAt, retried, wrong);
  }

  @Override
  public void close() {
    pace.shutdownNow();
    workers.shutdownNow();
  }

  private void visit() {
    Instant began = clock.instant();
    underWay.add(
        ask()
            .thenCompose(first -> first == Result.FAILED ? again(began) : once(began, first))
            .thenAccept(this::note));
  }

  private CompletableFuture<Visit> once(Instant began, Result result) {
    return CompletableFuture.completedFuture(new Visit(began, clock.instant(), result, false));
  }

  private CompletableFuture<Visit> again(Instant began) {
    return askLater().thenApply(result -> new Visit(began, clock.instant(), result, true));
  }

  private void note(Visit visit) {
    visits.add(visit);
    if (visit.result() != Result.FAILED) {
      answers.incrementAndGet();
    }
  }

  private CompletableFuture<Result> ask() {
    return client
        .sendAsync(request, HttpResponse.BodyHandlers.ofString())
        .handle(
            (response, failure) -> {
              if (failure != null || response.statusCode() != 200) {
                return Result.FAILED;
              }
              return response.body().equals(RIGHT) ? Result.RIGHT : Result.WRONG;
            });
  }

  private CompletableFuture<Result> askLater() {
    Executor later =
        CompletableFuture.delayedExecutor(RETRY_AFTER.toMillis(), TimeUnit.MILLISECONDS, workers);
    return CompletableFuture.runAsync(() -> {}, later).thenCompose(waited -> ask());
  }

  /**
   * What became of the requests.
   *
   * @param requests all of them
   * @param failedAt when those began that were not answered, not even at the second try
   * @param retried answered at the second try, or failed
   * @param wrong answered with something wrong
   */
  record Count(int requests, List<Instant> failedAt, int retried, int wrong) {
    int failed() {
      return failedAt.size();
    }
  }

  private enum Result {
    RIGHT,
    WRONG,
    FAILED
  }

  private record Visit(Instant began, Instant ended, Result result, boolean retried) {}
}
