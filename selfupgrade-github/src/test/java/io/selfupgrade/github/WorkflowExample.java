package io.selfupgrade.github;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.KeptUntil;
import java.time.Duration;

/** What the documentation shows of deploying by a workflow. */
final class WorkflowExample {

  private WorkflowExample() {}

  static GitHubWorkflow describe(Secret token) {
    // region describe
    GitHubWorkflow production =
        GitHub.repository("acme/bot")
            .token(token)
            .workflow("deploy.yml")
            .ref("main")
            .keeping(KeptUntil.HEALTHY) // what your platform promises; by default nothing
            .limit(Duration.ofMinutes(20));
    // endregion
    return production;
  }

  static RunResult deploy(GitHubWorkflow production, Deployment deployment)
      throws InterruptedException {
    // region follow
    String page = production.deploy(deployment);
    System.out.println("follow it at " + page);
    RunResult result =
        production
            .cancellingAtLimit()
            .follow(deployment, progress -> System.out.println(progress.summary()));
    if (result instanceof RunResult.Failed failed) {
      System.out.println(failed.logTail());
    }
    // endregion
    return result;
  }
}
