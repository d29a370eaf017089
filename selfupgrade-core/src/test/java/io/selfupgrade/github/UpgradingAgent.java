package io.selfupgrade.github;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.change.Change;
import io.selfupgrade.change.ChangePolicy;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeTimes;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An agent in a process of its own, which proposes changes to itself while it leads and upgrades to
 * what becomes of them.
 *
 * <p>Arguments: {@code merging} lets the policy merge, {@code greedy} also proposes what no policy
 * allows.
 */
public final class UpgradingAgent {

  static final Change FORBIDDEN =
      Change.of("Build faster", "The workflow takes long.")
          .put(".github/workflows/release.yml", "on: push\n");

  private static final AtomicBoolean ASKED_FOR_TOO_MUCH = new AtomicBoolean();
  private static volatile SelfUpgrade started;

  private UpgradingAgent() {}

  /** Runs it until it is stopped; with {@code smoke} it ends at once. */
  public static void main(String[] args) throws Exception {
    List<String> options = List.of(args);
    if (options.contains("smoke")) {
      return;
    }
    GitHubRepository repository =
        GitHub.repository(StandIn.NAME)
            .at(URI.create(System.getenv("GITHUB_API_URL")))
            .token(Secret.env("GITHUB_TOKEN"));
    ChangePolicy policy = options.contains("merging") ? ChangeScene.MERGING : ChangeScene.POLICY;
    try (SelfUpgrade agent =
        SelfUpgrade.builder(UpgradingScene.AGENT.value())
            .store(PostgresStore.at(Secret.env("DATABASE_URL")))
            .leaseTime(Duration.ofSeconds(3))
            .upgrades(
                u ->
                    u.from(
                            repository
                                .releases()
                                .builtFrom(
                                    repository.commits(RepositoryModel.MAIN).passing("build"),
                                    UpgradingScene.WORKFLOW))
                        .trust(Trust.keys(Keys.file(Path.of(System.getenv("RELEASE_KEY")))))
                        .times(times())
                        .criticalPath("leads", UpgradingAgent::requireStarted))
            .changesTo(repository.changes(policy).into(RepositoryModel.MAIN))
            .task(
                "improve",
                Schedule.every(Duration.ofMillis(500)),
                run -> improve(options.contains("greedy")))
            .build()) {
      started = agent;
      agent.start();
      agent.awaitStop();
    }
  }

  /** Proposes, or goes on with what was proposed: that is one call. */
  private static void improve(boolean greedy) {
    if (greedy && ASKED_FOR_TOO_MUCH.compareAndSet(false, true)) {
      started.changes().propose(FORBIDDEN);
    }
    started.changes().propose(ChangeScene.CHANGE);
  }

  private static void requireStarted() {
    if (started == null) {
      throw new IllegalStateException("not started");
    }
  }

  static UpgradeTimes times() {
    return new UpgradeTimes(
        Duration.ofSeconds(60),
        Duration.ofSeconds(60),
        Duration.ofSeconds(5),
        Duration.ofSeconds(1),
        Duration.ofSeconds(30));
  }
}
