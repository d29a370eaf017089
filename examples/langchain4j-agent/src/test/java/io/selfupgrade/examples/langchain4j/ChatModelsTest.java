package io.selfupgrade.examples.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ChatModelsTest {

  private static final String ANSWER =
      "{\"id\":\"1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":"
          + "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello\"},"
          + "\"finish_reason\":\"stop\"}]}";

  private final List<String> requests = new CopyOnWriteArrayList<>();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/chat/completions",
        exchange -> {
          requests.add(
              exchange.getRequestHeaders().getFirst("Authorization")
                  + " "
                  + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          byte[] answer = ANSWER.getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "application/json");
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void theEnvironmentNamesAnyModelThatSpeaksAsOpenAisDo() {
    String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";

    assertThat(
            ChatModels.of(
                    Map.of(
                        "OPENAI_BASE_URL", url,
                        "OPENAI_MODEL", "llama",
                        "OPENAI_API_KEY", "k-1"))
                .chat("Hi"))
        .isEqualTo("Hello");
    assertThat(ChatModels.of(Map.of("OPENAI_BASE_URL", url, "OPENAI_MODEL", "local")).chat("Hi"))
        .isEqualTo("Hello");

    assertThat(requests).hasSize(2);
    assertThat(requests.get(0)).startsWith("Bearer k-1 ").contains("llama", "Hi");
    assertThat(requests.get(1)).contains("local");
  }

  @Test
  void withoutAModelAScriptTalks() {
    assertThat(ChatModels.of(Map.of())).isInstanceOf(ScriptedModel.class);
    assertThat(ChatModels.of(Map.of("OPENAI_API_KEY", " "))).isInstanceOf(ScriptedModel.class);
  }
}
