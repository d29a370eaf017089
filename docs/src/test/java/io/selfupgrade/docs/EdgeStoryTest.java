package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.failover.Role;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.supabase.EdgeFunctions;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.TestDatabase;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Trust;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * GitHub tells of a release while no agent runs; the one that is started later has not missed it.
 */
final class EdgeStoryTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final AgentName AGENT = new AgentName(EdgeRuntime.AGENT);

  @TempDir Path directory;

  @Test
  void whatIsAskedWhileTheAgentIsOffIsDoneWhenItIsBack() throws Exception {
    Path keys = directory.resolve("keys");
    new ReleaseTool(Clock.systemUTC()).keygen(keys, "release");
    Files.createDirectory(directory.resolve("releases"));
    EdgeRows rows = new EdgeRows(DATABASE);
    try (EdgeRuntime functions = EdgeRuntime.start(DATABASE, Map.of())) {
      EdgeFunctions control =
          EdgeFunctions.of(functions.project(), AGENT, Secret.of(EdgeRuntime.SECRET_KEY));
      assertThat(deliver(functions)).isEqualTo(202);
      assertThat(control.health()).isFalse();
      assertThat(rows.text("select count(*) from selfupgrade.upgrades")).isEqualTo("0");

      try (SelfUpgrade agent = agent(keys)) {
        agent.start();
        Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);
        Eventually.holds("the delivery was looked at", SOON, () -> looks(rows, "WEBHOOK") == 1);
        Eventually.holds("it is healthy", SOON, control::health);

        EdgeFunctions.Filed asked = control.checkNow("once");
        Eventually.holds("it has looked again", SOON, () -> looks(rows, "MANUAL") == 1);
        assertThat(control.checkNow("once").request()).isEqualTo(asked.request());
        assertThat(control.status().all().text()).contains("\"outcome\":\"UP_TO_DATE\"");
      }

      Eventually.holds("it is away", SOON, () -> !control.health());
      assertThat(looks(rows, "MANUAL")).isEqualTo(1);
    }
  }

  private SelfUpgrade agent(Path keys) {
    return SelfUpgrade.builder(AGENT.value())
        .version("1.0.0")
        .store(PostgresStore.at(Secret.of(DATABASE.jdbcUrl())))
        .upgrades(
            u ->
                u.from(DirectoryReleases.in(directory.resolve("releases")))
                    .trust(Trust.keys(Keys.file(keys.resolve("release.pub"))))
                    .lookAt(Schedule.every(Duration.ofDays(7))))
        .build();
  }

  private static long looks(EdgeRows rows, String trigger) {
    try {
      return Long.parseLong(
          rows.text(
              "select count(*) from selfupgrade.upgrade_requests r"
                  + " join selfupgrade.upgrades u on u.id = r.upgrade"
                  + " where r.trigger = ? and u.phase = 'UP_TO_DATE'",
              trigger));
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static int deliver(EdgeRuntime functions) throws Exception {
    GitHubDelivery delivery =
        GitHubDelivery.release(
            "one",
            "{\"action\":\"published\",\"release\":{\"tag_name\":\"v1.1.0\",\"draft\":false},"
                + "\"repository\":{\"full_name\":\"acme/my-bot\"}}");
    HttpRequest.Builder request =
        HttpRequest.newBuilder(functions.at("github-webhook"))
            .POST(BodyPublishers.ofByteArray(delivery.body()));
    delivery.headers().forEach((name, values) -> request.header(name, values.get(0)));
    return functions.send(request.build()).statusCode();
  }
}
