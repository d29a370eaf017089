package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.core.release.ReleaseRecipe;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.core.release.SigningKeyFiles;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.supabase.EdgeFunctions;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.TestDatabase;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.InMemoryPlatform;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.KeptUntil;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeTimes;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * GitHub tells of a release while no agent runs; the one that is started later has not missed it,
 * and upgrades itself.
 */
final class EdgeStoryTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final UpgradeTimes TIMES =
      new UpgradeTimes(SECOND, SECOND, SECOND, SECOND, Duration.ofSeconds(30));
  private static final AgentName AGENT = new AgentName(EdgeRuntime.AGENT);

  @TempDir Path directory;

  /** Runs a version that it is asked for in this JVM. */
  private final InMemoryPlatform platform = new InMemoryPlatform(KeptUntil.CONFIRMED, false);

  private final List<SelfUpgrade> running = new CopyOnWriteArrayList<>();
  private SigningKeyFiles key;

  @BeforeEach
  void publishARelease() throws Exception {
    ReleaseTool tool = new ReleaseTool(Clock.systemUTC());
    key = tool.keygen(directory.resolve("keys"), "release");
    Path jar = Files.writeString(directory.resolve("my-bot.jar"), "a jar of 1.1.0");
    Path release =
        tool.make(releases(), ReleaseRecipe.of(AGENT.value(), Version.parse("1.1.0")).jar(jar));
    tool.sign(release, List.of(key.privateKey()));
    tool.publish(release, "stable", List.of(key.privateKey()));
    platform.run(deployment -> start(deployment.version().toString()));
  }

  @AfterEach
  void stopAll() {
    running.forEach(SelfUpgrade::close);
  }

  private Path releases() {
    return directory.resolve("releases");
  }

  @Test
  void whatIsAskedWhileTheAgentIsOffIsDoneWhenItIsBack() throws Exception {
    EdgeRows rows = new EdgeRows(DATABASE);
    try (EdgeRuntime functions = EdgeRuntime.start(DATABASE, Map.of())) {
      EdgeFunctions control =
          EdgeFunctions.of(functions.project(), AGENT, Secret.of(EdgeRuntime.SECRET_KEY));
      assertThat(deliver(functions)).isEqualTo(202);
      assertThat(control.health()).isFalse();
      assertThat(rows.text("select count(*) from selfupgrade.upgrades")).isEqualTo("0");

      start("1.0.0");
      Eventually.holds(
          "the delivery has led to 1.1.0", SOON, () -> ended(rows, "WEBHOOK", "CONFIRMED") == 1);
      Eventually.holds("it is healthy", SOON, control::health);
      assertThat(platform.accepted()).hasSize(1);
      assertThat(control.status().all().text()).contains("\"confirmed\":\"1.1.0\"");

      EdgeFunctions.Filed asked = control.checkNow("once");
      Eventually.holds("it has looked again", SOON, () -> ended(rows, "MANUAL", "UP_TO_DATE") == 1);
      assertThat(control.checkNow("once").request()).isEqualTo(asked.request());

      stopAll();
      Eventually.holds("it is away", SOON, () -> !control.health());
      assertThat(ended(rows, "MANUAL", "UP_TO_DATE")).isEqualTo(1);
    }
  }

  private void start(String version) {
    SelfUpgrade agent =
        SelfUpgrade.builder(AGENT.value())
            .version(version)
            .store(PostgresStore.at(Secret.of(DATABASE.jdbcUrl())))
            .upgrades(
                u ->
                    u.from(DirectoryReleases.in(releases()))
                        .trust(Trust.keys(Keys.file(key.publicKey())))
                        .installBy(Install.deploying(platform))
                        .times(TIMES)
                        .lookAt(Schedule.every(Duration.ofDays(7))))
            .build();
    running.add(agent);
    agent.start();
  }

  private static long ended(EdgeRows rows, String trigger, String phase) {
    try {
      return Long.parseLong(
          rows.text(
              "select count(*) from selfupgrade.upgrade_requests r"
                  + " join selfupgrade.upgrades u on u.id = r.upgrade"
                  + " where r.trigger = ? and u.phase = ?",
              trigger,
              phase));
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
