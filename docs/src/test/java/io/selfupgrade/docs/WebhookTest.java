package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.failover.Role;
import io.selfupgrade.github.GitHubWebhook;
import io.selfupgrade.github.WebhookAnswer;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A webhook, a store and an agent together: whoever receives a delivery, the primary looks. */
class WebhookTest {

  private static final AgentName AGENT = new AgentName("my-bot");
  private static final String SECRET = "a secret of thirty-two characters";
  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void aDeliveryMakesThePrimaryLookOnce(@TempDir Path directory) throws Exception {
    Path keys = directory.resolve("keys");
    new ReleaseTool(Clock.systemUTC()).keygen(keys, "release");
    Path releases = Files.createDirectory(directory.resolve("releases"));
    EmbeddedPostgres server = TestPostgres.attach(directory.resolve("pg"));
    String url = server.jdbcUrl() + "&password=" + server.password().reveal();
    try (PostgresStore receivers = PostgresStore.at(Secret.of(url));
        SelfUpgrade agent =
            SelfUpgrade.builder(AGENT.value())
                .version("1.0.0")
                .store(PostgresStore.at(Secret.of(url)))
                .upgrades(
                    u ->
                        u.from(DirectoryReleases.in(releases))
                            .trust(Trust.keys(Keys.file(keys.resolve("release.pub"))))
                            .lookAt(Schedule.every(Duration.ofDays(7))))
                .build()) {
      agent.start();
      receivers.open(PostgresStore.SchemaMode.VERIFY);
      Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);

      assertThat(deliver(receivers, "one").status()).isEqualTo(202);
      Eventually.holds("it has looked", SOON, () -> looks(receivers) == 1);
      assertThat(deliver(receivers, "one").status()).isEqualTo(200);
      assertThat(deliver(receivers, "two").status()).isEqualTo(200);

      assertThat(receivers.journal().waitingRequest(AGENT)).isEmpty();
      assertThat(looks(receivers)).isEqualTo(1);
    } finally {
      server.close();
      PostgresStore.stopEmbedded(directory.resolve("pg"));
    }
  }

  private static long looks(PostgresStore store) {
    return store.journal().history(AGENT, 10).stream()
        .filter(upgrade -> upgrade.trigger() == Trigger.WEBHOOK)
        .filter(upgrade -> upgrade.outcome().isPresent())
        .map(UpgradeRecord::id)
        .count();
  }

  private static WebhookAnswer deliver(PostgresStore store, String id) throws Exception {
    byte[] body =
        """
        {"action": "published", "release": {"tag_name": "v1.1.0", "draft": false},
         "repository": {"full_name": "acme/my-bot"}}
        """
            .getBytes(StandardCharsets.UTF_8);
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    Map<String, List<String>> headers =
        Map.of(
            "content-type", List.of("application/json"),
            "x-github-event", List.of("release"),
            "x-github-delivery", List.of(id),
            "x-hub-signature-256",
                List.of("sha256=" + HexFormat.of().formatHex(mac.doFinal(body))));
    return GitHubWebhook.of("acme/my-bot", Secret.of(SECRET))
        .accept(AGENT, headers, body, store.deliveries());
  }
}
