package io.selfupgrade.examples.springai;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.selfupgrade.memory.Embedder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.ai.embedding.EmbeddingModel;

/** With a key the models of a service are used; here of one that this test plays. */
final class OpenAiTest {

  private static final String KEY = "key-of-this-test";

  private final Map<String, String> asked = new ConcurrentHashMap<>();
  private final ModelConfiguration models = new ModelConfiguration();
  private HttpServer service;
  private AgentSettings settings;

  @BeforeEach
  void start() throws IOException {
    service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    service.createContext(
        "/v1/chat/completions",
        exchange ->
            answer(
                exchange,
                """
                {"id": "c-1", "object": "chat.completion", "created": 1, "model": "small",
                 "choices": [{"index": 0, "finish_reason": "stop", "logprobs": null,
                   "message": {"role": "assistant", "content": "Hello, Ada.", "refusal": null}}],
                 "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}"""));
    service.createContext(
        "/v1/embeddings",
        exchange ->
            answer(
                exchange,
                """
                {"object": "list", "model": "tiny",
                 "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}],
                 "usage": {"prompt_tokens": 1, "total_tokens": 1}}"""));
    service.start();
    URI url = URI.create("http://127.0.0.1:" + service.getAddress().getPort() + "/v1");
    settings =
        new AgentSettings(
            false,
            "postgresql://127.0.0.1/none",
            "",
            "",
            null,
            Duration.ofMinutes(2),
            new AgentSettings.Model(KEY, url, "small", "tiny", 2));
  }

  @AfterEach
  void stop() {
    service.stop(0);
  }

  @Test
  void chatModelIsTheServices() {
    assertThat(models.chatModel(settings).call("I am Ada.")).isEqualTo("Hello, Ada.");
    assertThat(asked.get("/v1/chat/completions"))
        .contains("Bearer " + KEY, "\"small\"", "I am Ada.");
  }

  @Test
  void embeddingModelIsTheServicesForTheAgentToo() {
    EmbeddingModel model = models.embeddingModel(settings);
    Embedder embedder = models.embedder(model, settings);

    assertThat(embedder.model()).isEqualTo("tiny");
    assertThat(embedder.dimension()).isEqualTo(2);
    assertThat(embedder.embed(List.of("text"))).containsExactly(new float[] {0.5f, 0.25f});
    assertThat(asked.get("/v1/embeddings")).contains("Bearer " + KEY, "\"tiny\"", "text");
  }

  @Test
  void keyIsNotPrinted() {
    assertThat(settings.toString() + settings.model()).doesNotContain(KEY);
  }

  private void answer(HttpExchange exchange, String json) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      asked.put(
          exchange.getRequestURI().getPath(),
          exchange.getRequestHeaders().getFirst("Authorization") + " " + body);
      exchange.getResponseHeaders().add("Content-Type", "application/json");
      byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }
}
