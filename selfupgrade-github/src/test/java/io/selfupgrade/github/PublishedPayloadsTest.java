package io.selfupgrade.github;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.github.Payloads.Payload;
import io.selfupgrade.github.WebhookVerdict.Accepted;
import io.selfupgrade.github.WebhookVerdict.Asks;
import io.selfupgrade.github.WebhookVerdict.Ignored;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Deliveries of what GitHub has published as examples, read with its published schemas beside. */
class PublishedPayloadsTest {

  private static final String ID = GitHubWebhookTest.ID;
  private static final GitHubWebhook WEBHOOK = GitHubWebhookTest.WEBHOOK;
  private static final GitHubWebhook OTHER_REPOSITORY =
      GitHubWebhook.of("octo-org/octo-repo", Secret.of(Payloads.SECRET)).runsOf("test.yml");

  /**
   * Those that are about a repository, but for four which are older than what schemas require now.
   */
  @Test
  void payloadsFollowTheirSchemas() {
    assertThat(Payloads.all())
        .filteredOn(each -> each.json().at("/repository").has("custom_properties"))
        .hasSize(24)
        .allSatisfy(each -> assertThat(Payloads.violations(each)).isEmpty());
  }

  @ParameterizedTest
  @CsvSource({
    "ping$event, hook_id",
    "push$event, ref after deleted repository.full_name",
    "release$published, action release.tag_name release.draft repository.full_name",
    "release$edited, action release.tag_name release.draft repository.full_name",
    "workflow_run$completed, action workflow_run.path workflow_run.id repository.full_name"
  })
  void schemasRequireTheFieldsThatAreRead(String event, String fields) {
    for (String field : fields.split(" ", -1)) {
      assertThat(isRequired(Payloads.definition(event), field))
          .as("%s in %s", field, event)
          .isTrue();
    }
  }

  @Test
  void releasesAreFollowed() {
    assertThat(Payloads.all())
        .filteredOn(each -> each.event().equals("release"))
        .allSatisfy(
            each -> {
              WebhookVerdict verdict = GitHubWebhookTest.verify(WEBHOOK, each);
              if (List.of("created", "deleted").contains(each.at("action"))) {
                assertThat(verdict).isInstanceOf(Ignored.class);
              } else {
                assertAccepted(verdict, "release", each.at("action"), "0.0.1");
              }
            })
        .filteredOn(each -> GitHubWebhookTest.verify(WEBHOOK, each) instanceof Accepted)
        .hasSize(8);
  }

  @Test
  void pushesAreFollowedToTheBranchThatWasNamed() {
    Predicate<Payload> toMaster = each -> each.at("ref").equals("refs/heads/master");
    List<Payload> pushes =
        Payloads.all().stream().filter(each -> each.event().equals("push")).toList();

    assertThat(pushes)
        .filteredOn(toMaster)
        .hasSize(2)
        .allSatisfy(
            each ->
                assertAccepted(
                    GitHubWebhookTest.verify(WEBHOOK, each),
                    "push",
                    "",
                    "refs/heads/master " + each.at("after")));
    assertThat(pushes)
        .filteredOn(toMaster.negate())
        .hasSize(5)
        .allSatisfy(
            each ->
                assertThat(GitHubWebhookTest.verify(WEBHOOK, each)).isInstanceOf(Ignored.class));
    Payload deleted =
        pushes.stream()
            .filter(toMaster)
            .findFirst()
            .orElseThrow()
            .with("deleted", BooleanNode.TRUE);
    assertThat(Payloads.violations(deleted)).isEmpty();
    assertThat(GitHubWebhookTest.verify(WEBHOOK, deleted)).isInstanceOf(Ignored.class);
    GitHubWebhook releasesOnly =
        GitHubWebhook.of("Codertocat/Hello-World", Secret.of(Payloads.SECRET));
    assertThat(pushes)
        .allSatisfy(
            each ->
                assertThat(GitHubWebhookTest.verify(releasesOnly, each))
                    .isInstanceOf(Ignored.class));
  }

  @Test
  void goodRunsAreFollowedOfTheWorkflowThatWasNamed() {
    List<Payload> runs =
        Payloads.all().stream()
            .filter(each -> each.at("repository.full_name").equals("octo-org/octo-repo"))
            .toList();
    GitHubWebhook releasesOnly = GitHubWebhook.of("octo-org/octo-repo", Secret.of(Payloads.SECRET));

    assertThat(runs)
        .hasSize(4)
        .filteredOn(each -> GitHubWebhookTest.verify(OTHER_REPOSITORY, each) instanceof Accepted)
        .hasSize(2)
        .allMatch(each -> each.at("workflow_run.conclusion").equals("success"));
    assertThat(runs)
        .allSatisfy(
            each ->
                assertThat(GitHubWebhookTest.verify(releasesOnly, each))
                    .isInstanceOf(Ignored.class));
    Payload failed =
        Payloads.first("workflow_run", "completed")
            .with("workflow_run.path", ".github/workflows/test.yml@main");
    assertThat(GitHubWebhookTest.verify(WEBHOOK, failed)).isInstanceOf(Ignored.class);
    assertThat(GitHubWebhookTest.verify(WEBHOOK, failed.with("workflow_run.conclusion", "success")))
        .isInstanceOf(Accepted.class);
  }

  @Test
  void pingsAreGreeted() {
    assertThat(Payloads.all())
        .filteredOn(each -> each.event().equals("ping"))
        .hasSize(4)
        .allSatisfy(
            each ->
                assertThat(GitHubWebhookTest.verify(WEBHOOK, each))
                    .isInstanceOfSatisfying(
                        Accepted.class, ping -> assertThat(ping.asks()).isEqualTo(Asks.NOTHING)));
  }

  @Test
  void othersRepositoriesAndOtherEventsAreIgnored() {
    assertThat(GitHubWebhookTest.verify(OTHER_REPOSITORY, GitHubWebhookTest.published()))
        .isInstanceOf(Ignored.class);
    byte[] body = "not even JSON".getBytes(StandardCharsets.UTF_8);

    assertThat(WEBHOOK.verify(Payloads.headers("issues", ID, body), body))
        .isInstanceOf(Ignored.class);
  }

  @Test
  void draftsAreIgnored() {
    assertThat(
            GitHubWebhookTest.verify(
                WEBHOOK, GitHubWebhookTest.published().with("release.draft", BooleanNode.TRUE)))
        .isInstanceOf(Ignored.class);
  }

  @Test
  void namesOfOthersAreShortAndPlainInWhatIsKept() {
    Payload odd =
        GitHubWebhookTest.published().with("release.tag_name", "v1\n\u202e" + "x".repeat(400));

    assertThat(GitHubWebhookTest.verify(WEBHOOK, odd))
        .isInstanceOfSatisfying(
            Accepted.class,
            accepted -> assertThat(accepted.hint().subject()).matches("[ -~]{20,150}"));
  }

  private static void assertAccepted(
      WebhookVerdict verdict, String event, String action, String subject) {
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Accepted.class,
            accepted -> {
              assertThat(accepted.delivery()).isEqualTo(ID);
              assertThat(accepted.event()).isEqualTo(event);
              assertThat(accepted.action()).isEqualTo(action);
              assertThat(accepted.asks()).isEqualTo(Asks.CHECK);
              assertThat(accepted.subject()).isEqualTo(subject);
            });
  }

  /** Tells whether a schema requires a field, through references and {@code allOf}. */
  private static boolean isRequired(JsonNode schema, String field) {
    if (schema.has("$ref")) {
      String name = schema.get("$ref").asText();
      return isRequired(Payloads.definition(name.substring(name.lastIndexOf('/') + 1)), field);
    }
    for (JsonNode part : schema.path("allOf")) {
      if (isRequired(part, field)) {
        return true;
      }
    }
    String[] names = field.split("\\.", 2);
    boolean here = false;
    for (JsonNode required : schema.path("required")) {
      here |= required.asText().equals(names[0]);
    }
    return here
        && (names.length == 1 || isRequired(schema.path("properties").path(names[0]), names[1]));
  }
}
