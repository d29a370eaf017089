package io.selfupgrade.github;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.UpgradesBuilder;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.upgrade.CommitSigners;
import io.selfupgrade.upgrade.Launch;
import io.selfupgrade.upgrade.LocalBuild;
import io.selfupgrade.upgrade.Smoke;
import io.selfupgrade.upgrade.Trust;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** An agent in a process of its own, which builds the commits of its signers and runs them. */
public final class BuildingAgent {

  private BuildingAgent() {}

  /** Runs it until it is stopped; with {@code smoke} it ends at once. */
  public static void main(String[] args) throws Exception {
    if (List.of(args).contains("smoke")) {
      return;
    }
    GitHubRepository repository =
        GitHub.repository("acme/bot")
            .at(URI.create(System.getenv("GITHUB_API_URL")))
            .token(Secret.env("GITHUB_TOKEN"));
    Consumer<UpgradesBuilder> fromCommits = fromCommits(repository, System.getenv("SIGNERS"));
    try (SelfUpgrade agent =
        SelfUpgrade.builder(UpgradingScene.AGENT.value())
            .store(PostgresStore.at(Secret.env("DATABASE_URL")))
            .leaseTime(Duration.ofSeconds(3))
            .upgrades(u -> fromCommits.accept(u.times(UpgradingAgent.times())))
            .task("work", Schedule.every(Duration.ofMillis(500)), run -> {})
            .build()) {
      agent.start();
      agent.awaitStop();
    }
  }

  private static Consumer<UpgradesBuilder> fromCommits(
      GitHubRepository repository, String allowedSigners) {
    Launch launch =
        new Launch("bot.jar", "", List.of(), UpgradingScene.QUICK, List.of(), OptionalInt.of(96));
    // region commits
    LocalBuild build =
        LocalBuild.of("target/bot.jar", "VERSION", "sh", "build.sh")
            .within(new LocalBuild.Limits(Duration.ofMinutes(10), 1L << 30, 1024))
            .launched(launch)
            .smoke(new Smoke(List.of("smoke"), Duration.ofSeconds(20), 64));
    return u ->
        u.fromCommits(repository.commits("main").passing("test"), build)
            .trust(Trust.verifiedCommits(CommitSigners.file(Path.of(allowedSigners))));
    // endregion
  }
}
