package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.http.RequestListener;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A server that one test has at a time: to start one takes longer than most tests do. */
final class Lent {

  private static final Queue<Lent> IDLE = new ConcurrentLinkedQueue<>();
  private static final int THREADS = 32;

  private final WireMockServer server =
      new WireMockServer(
          options()
              .dynamicPort()
              .bindAddress("127.0.0.1")
              .containerThreads(THREADS)
              .jettyStopTimeout(1L)
              .stubRequestLoggingDisabled(true));
  private volatile Optional<RequestListener> listener = Optional.empty();

  private Lent() {
    server.addMockServiceRequestListener(
        (request, response) ->
            listener.ifPresent(heard -> heard.requestReceived(request, response)));
  }

  static Lent one() {
    Lent idle = IDLE.poll();
    return idle == null ? new Lent() : idle;
  }

  WireMockServer server() {
    if (!server.isRunning()) {
      server.start();
    }
    return server;
  }

  void heardBy(RequestListener heard) {
    listener = Optional.of(heard);
  }

  /**
   * Ends the loan.
   *
   * @param used whether it is used up, because answers are still under way
   */
  void giveBack(boolean used) {
    listener = Optional.empty();
    if (used) {
      server.stop();
    } else {
      server.resetAll();
      IDLE.add(this);
    }
  }
}
