package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.containing;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.http.Fault;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.KeptUntil;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a workflow is asked, how often, and what is said when it cannot be. */
final class GitHubWorkflowTest {

  private static final String DISPATCHES = Actions.WORKFLOW + "/dispatches";
  private static final String FIT =
      """
      name: deploy
      run-name: ${{ inputs.version }} ${{ inputs.upgrade }}
      on:
        workflow_dispatch:
          inputs:
            version:
              type: string
            upgrade:
              type: string
      """;

  @RegisterExtension final StandIn github = new StandIn();

  private Actions actions;

  @BeforeEach
  void play() {
    actions = new Actions(github);
  }

  @Test
  void theWorkflowIsToldVersionAndIdAndTheRestThatIsGiven() {
    Deployment deployment = Actions.deployment("1.4.0");

    String page =
        actions
            .workflow()
            .ref("v{version}")
            .input("action", "deploy")
            .input("image", "bot:{version}")
            .deploy(deployment);

    assertThat(page).isEqualTo(actions.page("runs/" + Actions.first()));
    JsonNode asked = actions.posted(DISPATCHES).get(0);
    assertThat(asked.path("ref").asText()).isEqualTo("v1.4.0");
    assertThat(asked.path("return_run_details").asBoolean()).isTrue();
    assertThat(asked.path("inputs"))
        .isEqualTo(
            JsonText.object()
                .put("action", "deploy")
                .put("image", "bot:1.4.0")
                .put("version", "1.4.0")
                .put("upgrade", deployment.id().toString()));
  }

  @Test
  void theNewerApiIsNotAskedForDetailsThatItGivesAnyway() {
    GitHubRepository newer = github.repository().apiVersion("2026-03-10");

    String page = actions.workflow(newer).deploy(Actions.deployment("1.4.0"));

    assertThat(page).isEqualTo(actions.page("runs/" + Actions.first()));
    assertThat(actions.posted(DISPATCHES).get(0).has("return_run_details")).isFalse();
  }

  @Test
  void aServerThatDoesNotKnowDetailsIsAskedWithoutThem() {
    actions.answer(aResponse().withStatus(204));
    github.on(
        post(urlPathEqualTo(DISPATCHES)).withRequestBody(containing("return_run_details")),
        StandIn.refusal(422, "\"return_run_details\" is not a permitted key."));

    String page = actions.workflow().deploy(Actions.deployment("1.4.0"));

    assertThat(page).isEqualTo(actions.page("runs/" + Actions.first()));
    assertThat(actions.dispatched()).isEqualTo(1);
  }

  @Test
  void withoutDetailsTheRunIsFoundByItsTitle() {
    actions.answer(aResponse().withStatus(204));
    actions.hide();
    actions.then(() -> {}).then(actions::list);

    String page = actions.workflow().deploy(Actions.deployment("1.4.0"));

    assertThat(page).isEqualTo(actions.page("runs/" + Actions.first()));
    assertThat(actions.pauses()).containsOnly(Duration.ofSeconds(2)).hasSize(2);
  }

  @Test
  void whatWasTakenAndDoesNotSayItsIdIsNotAskedForAgainSoon() {
    actions.answer(aResponse().withStatus(204));
    actions.leaveOutTitles();
    Deployment deployment = Actions.deployment("1.4.0");
    GitHubWorkflow workflow = actions.workflow();

    assertThat(workflow.deploy(deployment)).isEqualTo(actions.page("workflows/deploy.yml"));

    assertThat(failure(workflow.ref("main"), deployment).kind()).isEqualTo(Kind.AMBIGUOUS);
    assertThat(actions.dispatched()).isEqualTo(1);
  }

  @Test
  void theSameIdIsOneRunForTwoProcesses() {
    Deployment deployment = Actions.deployment("1.4.0");
    String first = actions.workflow().deploy(deployment);
    actions.workflow().deploy(Actions.deployment("1.5.0"));

    assertThat(actions.workflow().deploy(deployment)).isEqualTo(first);

    assertThat(actions.dispatched()).isEqualTo(2);
  }

  @Test
  void twoRunsOfOneIdAreTheFirstOneToEverybody() {
    Deployment deployment = Actions.deployment("1.4.0");
    actions.hide();
    actions.workflow().deploy(deployment);
    actions.workflow().deploy(deployment);
    actions.list();

    assertThat(actions.workflow().deploy(deployment))
        .isEqualTo(actions.page("runs/" + Actions.first()));
    assertThat(actions.workflow().find(deployment)).map(GitHubRun::id).hasValue(Actions.first());
  }

  @Test
  void anAnswerThatIsLostIsLookedFor() {
    actions.answer(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER));

    String page = actions.workflow().deploy(Actions.deployment("1.4.0"));

    assertThat(page).isEqualTo(actions.page("runs/" + Actions.first()));
    assertThat(actions.posted(DISPATCHES)).hasSize(1);
  }

  @Test
  void anAnswerThatIsLostIsNotAskedForAgainBeforeGitHubMustShowIt() {
    Deployment deployment = Actions.deployment("1.4.0");
    GitHubWorkflow workflow = actions.workflow();
    actions.answer(StandIn.refusal(502, "Server Error"));
    actions.hide();

    assertThat(failure(workflow, deployment).kind()).isEqualTo(Kind.AMBIGUOUS);
    assertThat(failure(workflow, deployment)).hasMessageContaining("not asked for twice");
    assertThat(actions.posted(DISPATCHES)).hasSize(1);

    github.clock().advance(Duration.ofMinutes(3));
    workflow.deploy(deployment);
    assertThat(actions.posted(DISPATCHES)).hasSize(2);
  }

  @Test
  void anAnswerThatCannotBeReadIsLookedFor() {
    github.answersWrongly(DISPATCHES);
    actions.answer(aResponse().withStatus(200).withBody("<html>welcome</html>"));

    String page = actions.workflow().deploy(Actions.deployment("1.4.0"));

    assertThat(page).isEqualTo(actions.page("runs/" + Actions.first()));
  }

  @Test
  void anAnswerThatCannotBeReadAndNoRunIsToldAsAmbiguousAndNotAskedForAgainSoon() {
    github.answersWrongly(DISPATCHES);
    Deployment deployment = Actions.deployment("1.4.0");
    GitHubWorkflow workflow = actions.workflow();
    actions.answer(aResponse().withStatus(200).withBody("<html>welcome</html>"));
    actions.hide();

    GitHubException e = failure(workflow, deployment);

    assertThat(e.kind()).isEqualTo(Kind.AMBIGUOUS);
    assertThat(e.retryable()).isTrue();
    assertThat(failure(workflow, deployment)).hasMessageContaining("not asked for twice");
    assertThat(actions.posted(DISPATCHES)).hasSize(1);
  }

  @Test
  void goingBackIsTheWorkflowAtThePreviousVersion() {
    GitHubWorkflow workflow = actions.workflow().ref("v{version}");
    workflow.deploy(Actions.deployment("1.5.0"));

    workflow.deploy(Actions.deployment("1.4.0"));

    JsonNode back = actions.posted(DISPATCHES).get(1);
    assertThat(back.path("ref").asText()).isEqualTo("v1.4.0");
    assertThat(back.path("inputs").path("version").asText()).isEqualTo("1.4.0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "404 | Not Found | has to be on the default branch and on main",
        "422 | No ref found for: main | neither branch nor tag: see ref(...)",
        "422 | Unexpected inputs provided: [\"upgrade\"] | does not declare an input that was given",
        "422 | Required input 'color' not provided | requires an input that was not given",
        "422 | Workflow does not have 'workflow_dispatch' trigger | add workflow_dispatch below",
        "403 | Resource not accessible by integration | see its permissions"
      })
  void aRefusalSaysWhatToDo(int status, String message, String advice) {
    actions.answer(StandIn.refusal(status, message));

    GitHubException e = failure(actions.workflow(), Actions.deployment("1.4.0"));

    assertThat(e).hasMessageContaining(advice).hasMessageContaining(message);
    assertThat(e.retryable()).isFalse();
    assertThat(actions.dispatched()).isZero();
  }

  @Test
  void aLimitOfRequestsMayPass() {
    actions.answer(StandIn.refusal(429, "slow down").withHeader("Retry-After", "90"));

    GitHubException e = failure(actions.workflow(), Actions.deployment("1.4.0"));

    assertThat(e.kind()).isEqualTo(Kind.RATE_LIMITED);
    assertThat(e.retryable()).isTrue();
  }

  @Test
  void aFileThatIsFitIsReadOnce() {
    actions.file(FIT);
    GitHubWorkflow workflow = actions.workflow();

    workflow.deploy(Actions.deployment("1.4.0"));
    workflow.limit(Duration.ofMinutes(1)).deploy(Actions.deployment("1.5.0"));

    assertThat(actions.dispatched()).isEqualTo(2);
    assertThat(actions.requests("GET", Actions.WORKFLOW)).hasSize(1);
  }

  @Test
  void theExampleToCopyIsFit() throws IOException {
    actions.file(Files.readString(Path.of("..", "examples", "deploy", "github", "deploy.yml")));

    actions.workflow().deploy(Actions.deployment("1.4.0"));

    assertThat(actions.dispatched()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run-name: ${{ inputs.version }} ${{ inputs.upgrade }} | run-name: deploy | add run-name",
        "run-name: ${{ inputs.version }} ${{ inputs.upgrade }} | # no title | add run-name",
        "upgrade: | ticket: | no input \"upgrade\"",
        "workflow_dispatch | push | cannot be dispatched"
      })
  void aFileThatIsNotFitIsNotAskedFor(String part, String other, String advice) {
    actions.file(FIT.replace(part, other));

    GitHubException e = failure(actions.workflow(), Actions.deployment("1.4.0"));

    assertThat(e).hasMessageContaining(advice).hasMessageContaining(".github/workflows/deploy.yml");
    assertThat(e.retryable()).isFalse();
    assertThat(actions.posted(DISPATCHES)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run-name: >-\n  deploy\n  ${{ inputs.upgrade }}",
        "run-name: ${{ inputs['upgrade'] }}",
        "\"run-name\": \"${{ github.event.inputs.upgrade }}\""
      })
  void aTitleMayBeWrittenInOtherWays(String title) {
    actions.file(FIT.replace("run-name: ${{ inputs.version }} ${{ inputs.upgrade }}", title));

    actions.workflow().deploy(Actions.deployment("1.4.0"));

    assertThat(actions.dispatched()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"disabled_manually", "disabled_inactivity"})
  void aWorkflowThatIsDisabledIsNotAskedFor(String state) {
    github.on(
        get(urlPathEqualTo(Actions.WORKFLOW)),
        StandIn.json(Samples.of("workflow").put("state", state)));

    assertThat(failure(actions.workflow(), Actions.deployment("1.4.0")))
        .hasMessageContaining(state)
        .hasMessageContaining("enable it");
  }

  @Test
  void aWorkflowThatIsNotThereIsNamed() {
    github.on(get(urlPathEqualTo(Actions.WORKFLOW)), StandIn.refusal(404, "Not Found"));

    assertThat(failure(actions.workflow().ref("stable"), Actions.deployment("1.4.0")))
        .hasMessageContaining(".github/workflows/deploy.yml in acme/bot")
        .hasMessageContaining("on the default branch and on stable")
        .hasMessageContaining("Actions: write");
  }

  @Test
  void theExampleOfTheDocumentationDeploys() throws InterruptedException {
    Deployment deployment = Actions.deployment("1.4.0");
    actions.run("completed", "success");

    RunResult result = WorkflowExample.deploy(actions.workflow(), deployment);

    assertThat(result.summary()).startsWith("run " + Actions.first() + " succeeded");
    assertThat(WorkflowExample.describe(Secret.of("t")))
        .hasToString("workflow deploy.yml at main of repository acme/bot on api.github.com");
  }

  @Test
  void itPromisesWhatItIsToldAndNothingByDefault() {
    GitHubWorkflow workflow = actions.workflow();

    assertThat(workflow.keepsOldUntil()).isEqualTo(KeptUntil.NEVER);
    assertThat(workflow.durableHome()).isFalse();
    GitHubWorkflow promising = workflow.keeping(KeptUntil.CONFIRMED).onDurableHome();
    assertThat(promising.keepsOldUntil()).isEqualTo(KeptUntil.CONFIRMED);
    assertThat(promising.durableHome()).isTrue();
    assertThat(promising)
        .hasToString("workflow deploy.yml at main of repository acme/bot on localhost");
  }

  @Test
  void whatIsUnusableIsRefusedAtOnce() {
    GitHubRepository repository = github.repository();
    for (String file : new String[] {"../x.yml", "deploy", "a/b.yml", "x".repeat(60) + ".yml"}) {
      assertThatIllegalArgumentException().isThrownBy(() -> repository.workflow(file));
    }
    GitHubWorkflow workflow = repository.workflow("deploy.yml");
    assertThatIllegalArgumentException().isThrownBy(() -> workflow.ref(" "));
    assertThatIllegalArgumentException().isThrownBy(() -> workflow.environment(""));
    assertThatIllegalArgumentException().isThrownBy(() -> workflow.input("version", "1"));
    assertThatIllegalArgumentException().isThrownBy(() -> workflow.input("upgrade", "1"));
    assertThatIllegalArgumentException().isThrownBy(() -> workflow.input("a b", "1"));
    assertThatIllegalArgumentException().isThrownBy(() -> workflow.input("a", "x".repeat(60_001)));
    assertThatIllegalArgumentException().isThrownBy(() -> workflow.limit(Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> workflow.limit(Duration.ofDays(8)));
  }

  private static GitHubException failure(GitHubWorkflow workflow, Deployment deployment) {
    GitHubException e =
        catchThrowableOfType(GitHubException.class, () -> workflow.deploy(deployment));
    assertThat(e).isNotNull();
    return e;
  }
}
