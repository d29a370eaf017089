package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.extension.ResponseDefinitionTransformerV2;
import com.github.tomakehurst.wiremock.http.RequestListener;
import com.github.tomakehurst.wiremock.http.ResponseDefinition;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/** A server that one test has at a time: to start one takes longer than most tests do. */
final class Lent {

  private static final Queue<Lent> IDLE = new ConcurrentLinkedQueue<>();
  private static final int THREADS = 32;
  private static final int LAST = 10;

  private final AtomicReference<Function<LoggedRequest, ResponseDefinitionBuilder>> model =
      new AtomicReference<>(request -> StandIn.refusal(500, "there is no model"));

  private final WireMockServer server =
      new WireMockServer(
          options()
              .extensions(new Model(model))
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

  /** Lets a model answer what no stub answers. */
  void serve(Function<LoggedRequest, ResponseDefinitionBuilder> repository) {
    model.set(repository);
    server()
        .stubFor(
            any(anyUrl()).atPriority(LAST).willReturn(aResponse().withTransformers(Model.NAME)));
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

  /** Answers by a model. */
  private record Model(AtomicReference<Function<LoggedRequest, ResponseDefinitionBuilder>> model)
      implements ResponseDefinitionTransformerV2 {

    private static final String NAME = "model";

    @Override
    public ResponseDefinition transform(ServeEvent event) {
      return model.get().apply(event.getRequest()).build();
    }

    @Override
    public String getName() {
      return NAME;
    }

    @Override
    public boolean applyGlobally() {
      return false;
    }
  }
}
