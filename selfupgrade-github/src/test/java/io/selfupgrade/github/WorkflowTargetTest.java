package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;

import com.github.tomakehurst.wiremock.http.Fault;
import io.selfupgrade.testkit.DeployTargetContract;
import io.selfupgrade.testkit.InMemoryPlatform;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Deployment;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A workflow keeps the contract of platforms. */
final class WorkflowTargetTest extends DeployTargetContract {

  @RegisterExtension final StandIn github = new StandIn();

  private Actions actions;

  @BeforeEach
  void play() {
    actions = new Actions(github);
  }

  @Override
  protected DeployTarget target() {
    return actions.workflow();
  }

  @Override
  protected void platform(InMemoryPlatform.Mood does) {
    switch (does) {
      case TAKES -> actions.list();
      case TAKES_SILENTLY -> {
        // The run is not in the list before the platform is asked again.
        actions.answer(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER));
        actions.hide();
      }
      case REFUSES -> actions.answer(StandIn.refusal(422, "No ref found for: main"));
      case AWAY -> actions.list(StandIn.refusal(503, "Unavailable"));
    }
  }

  @Override
  protected boolean end(Deployment deployment, boolean well) {
    long run = actions.runOf(deployment.id().toString());
    actions.noJobs(run);
    actions.run(run, "completed", well ? "success" : "failure");
    return true;
  }

  @Override
  protected int deployments() {
    return actions.dispatched();
  }

  @Override
  protected List<String> secrets() {
    return List.of(Actions.TOKEN);
  }
}
