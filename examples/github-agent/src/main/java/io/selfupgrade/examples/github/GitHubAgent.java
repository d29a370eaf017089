package io.selfupgrade.examples.github;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.github.GitHub;
import io.selfupgrade.github.GitHubRepository;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskRun;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeTimes;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * An agent that upgrades itself from GitHub: copy it and put your own work in the place of the last
 * two methods.
 *
 * <p>The launcher starts it. Its settings come from the environment: {@code DATABASE_URL}, {@code
 * RELEASE_KEY} (file of the public key), {@code GITHUB_REPOSITORY} ({@code owner/name}), {@code
 * GITHUB_TOKEN} (not needed to read a public repository) and, for GitHub Enterprise Server, {@code
 * GITHUB_API_URL}.
 */
public final class GitHubAgent {

  private static final String HURRY = "--hurry";

  private GitHubAgent() {}

  /** Runs until the launcher stops it; with {@code --smoke} only checks itself and ends. */
  public static void main(String[] args) throws InterruptedException {
    List<String> options = List.of(args);
    if (options.contains("--smoke")) {
      selfTest();
      return;
    }
    // region agent
    try (SelfUpgrade agent =
        SelfUpgrade.builder("github-agent")
            .store(PostgresStore.at(Secret.env("DATABASE_URL")))
            .upgrades(
                u ->
                    u.from(repository().releases())
                        .trust(Trust.keys(Keys.file(Path.of(env("RELEASE_KEY")))))
                        .times(options.contains(HURRY) ? hurried() : UpgradeTimes.DEFAULT)
                        .criticalPath("answers", GitHubAgent::selfTest))
            .task("work", Schedule.every(Duration.ofSeconds(1)), GitHubAgent::work)
            .build()) {
      agent.start();
      agent.awaitStop();
    }
    // endregion
  }

  // region repository
  /** Describes the repository; nothing is asked before the agent looks for a release. */
  private static GitHubRepository repository() {
    GitHubRepository repository = GitHub.repository(env("GITHUB_REPOSITORY"));
    if (System.getenv("GITHUB_API_URL") != null) {
      repository = repository.at(URI.create(env("GITHUB_API_URL")));
    }
    return System.getenv("GITHUB_TOKEN") == null
        ? repository
        : repository.token(Secret.env("GITHUB_TOKEN"));
  }

  // endregion

  /** Short times, for a demonstration that is to be over soon. */
  private static UpgradeTimes hurried() {
    return new UpgradeTimes(
        Duration.ofSeconds(30), // smoke check
        Duration.ofSeconds(30), // until the candidate is warm
        Duration.ofSeconds(5), // until running work has ended
        Duration.ofSeconds(2), // probation
        Duration.ofSeconds(30)); // longest trial
  }

  private static String env(String name) {
    String value = System.getenv(name);
    if (value == null) {
      throw new IllegalStateException("environment variable " + name + " is not set");
    }
    return value;
  }

  /** What this agent must be able to do: a release that cannot is taken back. */
  private static void selfTest() {
    int answer = Integer.parseInt("42");
    if (answer != 6 * 7) {
      throw new IllegalStateException("42 was read as " + answer);
    }
  }

  /** What it does while it leads. */
  private static void work(TaskRun run) {
    System.out.println("tick " + run.due());
  }
}
