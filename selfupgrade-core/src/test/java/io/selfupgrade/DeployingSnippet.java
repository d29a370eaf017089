package io.selfupgrade;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.failover.PrimaryWork;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.DeployTarget;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.Trust;
import java.nio.file.Path;
import java.util.function.Function;

/** The agent of the page on embedding that its platform upgrades. */
final class DeployingSnippet {

  private DeployingSnippet() {}

  static SelfUpgrade agent(
      Function<Secret, AgentStore> postgres,
      ReleaseSource releases,
      DeployTarget workflow,
      PrimaryWork bot) {
    // region agent
    return SelfUpgrade.builder("my-bot")
        .version(System.getenv("AGENT_VERSION"))
        .store(postgres.apply(Secret.env("DATABASE_URL")))
        .upgrades(
            u ->
                u.from(releases)
                    .trust(Trust.keys(Keys.file(Path.of("/app/release.pub"))))
                    .installBy(Install.deploying(workflow)))
        .whilePrimary(bot)
        .build();
    // endregion
  }
}
