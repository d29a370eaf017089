package io.selfupgrade.examples.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.failover.Drain;
import io.selfupgrade.failover.Primary;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

final class PrimaryPortTest {

  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Primary LEADS =
      new Primary() {
        @Override
        public long epoch() {
          return 1;
        }

        @Override
        public boolean stillPrimary() {
          return true;
        }
      };

  private final HttpClient client = HttpClient.newHttpClient();
  private int number;
  private ConfigurableApplicationContext context;
  private PrimaryPort port;
  private Slow slow;

  @BeforeEach
  void start() throws Exception {
    try (ServerSocket probe = new ServerSocket(0)) {
      number = probe.getLocalPort();
    }
    context =
        new SpringApplicationBuilder(Web.class)
            .properties("server.port=" + number, "spring.config.location=optional:classpath:/none")
            .run();
    port = context.getBean(PrimaryPort.class);
    slow = context.getBean(Slow.class);
  }

  @AfterEach
  void close() {
    slow.answer.countDown();
    context.close();
  }

  @Test
  void portIsClosedUntilItLeads() throws Exception {
    assertThatThrownBy(() -> get("/quick")).isInstanceOf(ConnectException.class);
    assertThat(localPort()).isEqualTo(-1);

    port.start(LEADS);

    assertThat(get("/quick")).isEqualTo("quick");
    assertThat(localPort()).isEqualTo(number);
  }

  @Test
  void portIsFreeAfterTheDrainAndOpenedAgainWithTheNextLead() throws Exception {
    for (int turn = 0; turn < 3; turn++) {
      port.start(LEADS);
      assertThat(get("/quick")).isEqualTo("quick");

      port.stop(drain(LONG));

      assertThatThrownBy(() -> get("/quick")).isInstanceOf(ConnectException.class);
      requireFree();
    }
  }

  @Test
  void portOfAnotherIsNotTakenAndTriedAgainLater() throws Exception {
    try (ServerSocket other = new ServerSocket(number)) {
      assertThat(other.isBound()).isTrue();
      assertThatThrownBy(() -> port.start(LEADS)).isInstanceOf(BindException.class);
    }

    port.start(LEADS);

    assertThat(get("/quick")).isEqualTo("quick");
  }

  /** Also in a second turn: Spring Boot's own graceful shutdown waits in the first one only. */
  @Test
  void whatIsBeingAnsweredIsFinishedWhileThePortIsClosedAlready() throws Exception {
    for (int turn = 0; turn < 2; turn++) {
      slow.renew();
      port.start(LEADS);
      CompletableFuture<String> answer = ask("/slow");
      assertThat(slow.asked.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();

      CompletableFuture<Void> stop = CompletableFuture.runAsync(this::drainLong);
      awaitClosed();
      assertThat(stop).isNotDone();
      assertThat(answer).isNotDone();
      slow.answer.countDown();

      assertThat(answer.get(LONG.toSeconds(), TimeUnit.SECONDS)).isEqualTo("slow");
      stop.get(LONG.toSeconds(), TimeUnit.SECONDS);
    }
  }

  @Test
  void drainWithoutTimeWaitsForNobody() throws Exception {
    slow.renew();
    port.start(LEADS);
    CompletableFuture<String> answer = ask("/slow");
    assertThat(slow.asked.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();

    port.stop(drain(Duration.ZERO));

    requireFree();
    slow.answer.countDown();
    assertThat(answer).failsWithin(LONG);
  }

  @Test
  void stopWithoutStartDoesNothing() throws Exception {
    port.stop(drain(LONG));
    port.start(LEADS);

    assertThat(get("/quick")).isEqualTo("quick");
  }

  private void drainLong() {
    try {
      port.stop(drain(LONG));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Drain drain(Duration remaining) {
    return new Drain(Drain.Reason.HAND_OVER, remaining);
  }

  private int localPort() {
    return ((WebServerApplicationContext) context).getWebServer().getPort();
  }

  private void awaitClosed() throws Exception {
    long end = System.nanoTime() + LONG.toNanos();
    while (isOpen()) {
      assertThat(System.nanoTime()).isLessThan(end);
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private boolean isOpen() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), number));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private void requireFree() throws Exception {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(number));
    }
  }

  private String get(String path) throws Exception {
    return client.send(request(path), HttpResponse.BodyHandlers.ofString()).body();
  }

  private CompletableFuture<String> ask(String path) {
    return client
        .sendAsync(request(path), HttpResponse.BodyHandlers.ofString())
        .thenApply(HttpResponse::body);
  }

  private HttpRequest request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + number + path)).build();
  }

  @EnableAutoConfiguration
  @Import(Slow.class)
  static class Web {
    @Bean
    static PrimaryPort port(Environment environment) {
      return new PrimaryPort(environment);
    }
  }

  @RestController
  static class Slow {
    private volatile CountDownLatch asked = new CountDownLatch(1);
    private volatile CountDownLatch answer = new CountDownLatch(1);

    void renew() {
      asked = new CountDownLatch(1);
      answer = new CountDownLatch(1);
    }

    @GetMapping("/quick")
    String quick() {
      return "quick";
    }

    @GetMapping("/slow")
    String slow() throws InterruptedException {
      asked.countDown();
      assertThat(answer.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
      return "slow";
    }
  }
}
