package io.selfupgrade.examples.springai;

import io.selfupgrade.failover.Drain;
import io.selfupgrade.failover.Primary;
import io.selfupgrade.failover.PrimaryWork;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.web.server.GracefulShutdownCallback;
import org.springframework.boot.web.server.GracefulShutdownResult;
import org.springframework.boot.web.server.WebServer;
import org.springframework.boot.web.server.servlet.ServletWebServerFactory;
import org.springframework.core.env.Environment;

/**
 * Keeps the web server's port open only while this process leads, so that two versions share it.
 *
 * <p>Spring Boot makes the server while it starts the context, and believes that it started it: all
 * that takes time is done before the lead comes. What is left for a hand-over is to close the one
 * port and open the other. What is being answered then is finished, as long as the drain has time.
 */
final class PrimaryPort implements PrimaryWork, BeanPostProcessor, Filter {

  private static final int DEFAULT_PORT = 8080;
  private static final Duration LAST_LOOK = Duration.ofMillis(200);

  private final Environment environment;
  private final Object requests = new Object();
  private int underWay;
  private volatile @Nullable Held server;

  PrimaryPort(Environment environment) {
    this.environment = environment;
  }

  /** Takes charge of the server that the factory makes. */
  @Override
  public Object postProcessAfterInitialization(Object bean, String name) {
    if (!(bean instanceof ServletWebServerFactory factory)) {
      return bean;
    }
    return (ServletWebServerFactory)
        initializers -> {
          Held held = new Held(factory.getWebServer(initializers));
          server = held;
          return held;
        };
  }

  @Override
  public void start(Primary primary) throws IOException {
    Held held = server;
    if (held != null) {
      requireFreePort();
      held.open();
    }
  }

  @Override
  public void stop(Drain drain) throws InterruptedException {
    Held held = server;
    if (held != null) {
      CountDownLatch idle = held.closePort();
      if (awaitAnswers(drain.remaining())) {
        // Boot looks every 50 ms, and says that answers were cut off if it is not let look.
        idle.await(LAST_LOOK.toMillis(), TimeUnit.MILLISECONDS);
      }
      held.stop();
    }
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    count(1);
    try {
      chain.doFilter(request, response);
    } finally {
      count(-1);
    }
  }

  private void count(int more) {
    synchronized (requests) {
      underWay += more;
      requests.notifyAll();
    }
  }

  private boolean awaitAnswers(Duration longest) throws InterruptedException {
    long end = System.nanoTime() + longest.toNanos();
    synchronized (requests) {
      while (underWay > 0 && System.nanoTime() - end < 0) {
        requests.wait(Math.max(1, (end - System.nanoTime()) / 1_000_000));
      }
      return underWay == 0;
    }
  }

  /** Finds out beforehand: a Tomcat that could not open its port cannot try again. */
  private void requireFreePort() throws IOException {
    int port = environment.getProperty("server.port", Integer.class, DEFAULT_PORT);
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(port));
    }
  }

  /** A web server that Spring Boot makes and takes apart, and the lead opens and closes. */
  private static final class Held implements WebServer {

    private final WebServer held;
    private boolean open;

    Held(WebServer held) {
      this.held = held;
    }

    synchronized void open() {
      if (!open) {
        held.start();
        open = true;
      }
    }

    /** Returns what is counted down when the server sees nothing under way any more. */
    synchronized CountDownLatch closePort() {
      CountDownLatch idle = new CountDownLatch(open ? 1 : 0);
      if (open) {
        held.shutDownGracefully(result -> idle.countDown());
      }
      return idle;
    }

    /** Does nothing: {@link #open} does, when the lead comes. */
    @Override
    public void start() {}

    @Override
    public synchronized void stop() {
      if (open) {
        open = false;
        held.stop();
      }
    }

    @Override
    public synchronized int getPort() {
      return open ? held.getPort() : -1;
    }

    @Override
    public void shutDownGracefully(GracefulShutdownCallback callback) {
      CountDownLatch unused = closePort();
      callback.shutdownComplete(GracefulShutdownResult.IDLE);
    }

    @Override
    public synchronized void destroy() {
      stop();
      held.destroy();
    }
  }
}
