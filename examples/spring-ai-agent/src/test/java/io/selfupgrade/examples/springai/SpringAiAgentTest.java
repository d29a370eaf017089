package io.selfupgrade.examples.springai;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.conversation.Message.Role;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.supabase.TestDatabase;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.ConfigurableApplicationContext;

/** The whole program in this JVM, on a real database, with the script in the place of a model. */
final class SpringAiAgentTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  @RegisterExtension final TestDatabase database = TestDatabase.fresh();

  private final HttpClient client = HttpClient.newHttpClient();
  private int port;

  @BeforeEach
  void findPort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0)) {
      port = probe.getLocalPort();
    }
  }

  @Test
  void answersWithWhatWasSaidAndWhatItRemembers() throws Exception {
    try (ConfigurableApplicationContext context = run()) {
      awaitAnswer("/version");

      assertThat(say("a", "Hello.")).isEqualTo("You have said 1 things. I know nothing of it.");
      assertThat(say("a", "Remember that Ada likes tea.")).contains("I have noted");
      assertThat(say("b", "What does Ada like?"))
          .isEqualTo("You have said 1 things. I know: that Ada likes tea.");
      assertThat(say("a", "What does Ada like?"))
          .isEqualTo("You have said 3 things. I know: that Ada likes tea.");

      SelfUpgrade agent = context.getBean(SelfUpgrade.class);
      List<Posted> said = agent.conversations().after("a", 0, 100).messages();
      assertThat(said)
          .extracting(posted -> posted.message().role())
          .containsExactly(
              Role.USER,
              Role.ASSISTANT,
              Role.USER,
              Role.ASSISTANT,
              Role.TOOL,
              Role.ASSISTANT,
              Role.USER,
              Role.ASSISTANT);
      assertThat(said.get(3).message().toolCalls())
          .singleElement()
          .satisfies(call -> assertThat(call.arguments()).contains("that Ada likes tea."));
      assertThat(said.get(4).message().toolResults())
          .singleElement()
          .satisfies(
              result ->
                  assertThat(result.callId())
                      .isEqualTo(said.get(3).message().toolCalls().get(0).id()));
    }
  }

  @Test
  void healthIsThatOfTheAgent() throws Exception {
    try (ConfigurableApplicationContext context = run()) {
      awaitAnswer("/version");

      Health health = context.getBean(AgentHealth.class).health();

      assertThat(health.getStatus()).isEqualTo(Status.UP);
      assertThat(get("/actuator/health").body())
          .contains("\"status\":\"UP\"", "\"agentHealth\"", "\"role\"");
    }
  }

  @Test
  void twoShareOnePortAndTheSecondAnswersWhenTheFirstHasGone() throws Exception {
    try (ConfigurableApplicationContext first = run()) {
      awaitAnswer("/version");
      try (ConfigurableApplicationContext second = run()) {
        assertThat(leads(first)).isTrue();
        assertThat(leads(second)).isFalse();
        assertThat(second.getBean(AgentHealth.class).health().getStatus()).isEqualTo(Status.UP);
        say("a", "Hello.");

        SpringApplication.exit(first);
        awaitAnswer("/version");

        assertThat(leads(second)).isTrue();
        assertThat(say("a", "Hello again.")).startsWith("You have said 2 things.");
      }
    }
  }

  @Test
  void agentEndsWithItsContext() throws Exception {
    SelfUpgrade agent;
    try (ConfigurableApplicationContext context = run()) {
      agent = context.getBean(SelfUpgrade.class);
      assertThat(context.getBean(SelfUpgradeLifecycle.class).isRunning()).isTrue();
    }

    agent.awaitStop();
  }

  @Test
  void smokeCheckNeedsNothing() throws Exception {
    SpringAiAgent.main(new String[] {"--smoke"});
  }

  private ConfigurableApplicationContext run() {
    SpringApplication program = new SpringApplicationBuilder(SpringAiAgent.class).build();
    return program.run(
        "--agent.database-url=" + database.jdbcUrl(),
        "--agent.model.key=",
        "--server.port=" + port);
  }

  private static boolean leads(ConfigurableApplicationContext context) {
    return context.getBean(SelfUpgrade.class).role() == io.selfupgrade.failover.Role.PRIMARY;
  }

  private String say(String conversation, String text) throws Exception {
    HttpRequest request =
        request("/chat/" + conversation)
            .header("Content-Type", "text/plain")
            .POST(BodyPublishers.ofString(text))
            .build();
    HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.body();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(request(path).build(), BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(LONG);
  }

  private void awaitAnswer(String path) throws Exception {
    long end = System.nanoTime() + LONG.toNanos();
    while (!answers(path)) {
      assertThat(System.nanoTime()).isLessThan(end);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private boolean answers(String path) throws Exception {
    try {
      return get(path).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }
}
