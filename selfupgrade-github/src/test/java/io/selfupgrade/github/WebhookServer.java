package io.selfupgrade.github;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.store.AgentStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The receiver of docs/github.md, on the JDK's own HTTP server. */
final class WebhookServer implements AutoCloseable {

  private final GitHubWebhook webhook;
  private final AgentStore store;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newFixedThreadPool(4);

  WebhookServer(GitHubWebhook webhook, AgentStore store) throws IOException {
    this.webhook = webhook;
    this.store = store;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.createContext("/github", this::receive);
    server.setExecutor(threads);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  static GitHubWebhook described() {
    // region describe
    GitHubWebhook webhook =
        GitHubWebhook.of("acme/my-bot", Secret.env("WEBHOOK_SECRET"))
            .pushesTo("main") // only for agents that follow commits
            .runsOf("release.yml"); // only where it waits for that workflow
    // endregion
    return webhook;
  }

  static GitHubDeliveries missed() {
    // region redeliver
    GitHubDeliveries deliveries =
        GitHubDeliveries.of(
            GitHub.repository("acme/my-bot").token(Secret.env("GITHUB_TOKEN")),
            URI.create("https://bot.example.com/github"));
    // endregion
    return deliveries;
  }

  // region receive
  private void receive(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = webhook.read(exchange.getRequestBody());
      WebhookAnswer answer =
          webhook.accept(
              new AgentName("my-bot"), exchange.getRequestHeaders(), body, store.deliveries());
      byte[] text = answer.text().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(answer.status(), text.length);
      exchange.getResponseBody().write(text);
    }
  }

  // endregion

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
