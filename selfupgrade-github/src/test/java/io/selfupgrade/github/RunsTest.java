package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is asked of a run, and how often. */
final class RunsTest {

  private static final String RUN = "/repos/acme/bot/actions/runs/7";
  private static final String CANCEL = RUN + "/cancel";

  @RegisterExtension final StandIn github = new StandIn();

  @ParameterizedTest
  @CsvSource({"completed, 1", "in_progress, 2", "queued, 2"})
  void runWhoseCancellationWasLostIsLookedAtBeforeItIsAskedForAgain(String status, int asked) {
    github.on(
        get(urlPathEqualTo(RUN)),
        StandIn.json(Samples.of("workflow-run").put("id", 7).put("status", status)));
    github.on(
        post(urlPathEqualTo(CANCEL))
            .inScenario("lost")
            .whenScenarioStateIs(Scenario.STARTED)
            .willSetStateTo("lost"),
        aResponse().withFault(Fault.EMPTY_RESPONSE));
    github.on(
        post(urlPathEqualTo(CANCEL)).inScenario("lost").whenScenarioStateIs("lost"),
        StandIn.json(202, JsonText.object()));

    runs().cancel(7);

    assertThat(github.requests().stream().map(LoggedRequest::getUrl).filter(CANCEL::equals))
        .hasSize(asked);
    assertThat(github.requests().get(1).getUrl()).startsWith(RUN + "?");
  }

  @Test
  void runThatHasEndedIsNotLookedAt() {
    github.on(
        post(urlPathEqualTo(CANCEL)),
        StandIn.refusal(409, "Cannot cancel a workflow run that is completed."));

    assertThatThrownBy(() -> runs().cancel(7)).hasMessageContaining("that is completed");
    assertThat(github.requests()).hasSize(1);
  }

  private Runs runs() {
    return new Runs(github.repository(), "deploy.yml");
  }
}
