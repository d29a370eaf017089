package example.plain;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.SelfUpgradeBuilder;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.observe.HealthReport;
import io.selfupgrade.observe.HealthStatus;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.CheckResult;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Trust;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** One task, one memory and one check, in whatever host. */
public final class OneOfEach {

  private final CountDownLatch ran = new CountDownLatch(1);

  /** Describes the agent. */
  public SelfUpgradeBuilder in(AgentStore store, String name) {
    return SelfUpgrade.builder(name)
        .version("1.0.0")
        .store(store)
        .upgrades(
            u ->
                u.from(DirectoryReleases.in(Path.of(System.getenv("RELEASES"))))
                    .trust(Trust.keys(Keys.file(Path.of(System.getenv("RELEASE_KEY"))))))
        .memory()
        .task("one", Schedule.every(Duration.ofMillis(100)), run -> ran.countDown());
  }

  /** Says what came of them. */
  public void prove(SelfUpgrade agent) throws InterruptedException {
    if (!ran.await(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the task did not run");
    }
    agent.memory().remember("The launch window opens at dawn.");
    HealthReport health = agent.healthCheck();
    if (health.status() == HealthStatus.DOWN) {
      throw new IllegalStateException(health.summary());
    }
    CheckResult release = agent.upgrades().check();
    System.out.println(
        "task ran "
            + (agent.getMetrics().ticks().started() > 0)
            + ", recalled "
            + agent.memory().recall("launch window").get(0).remembered().memory().content()
            + ", database "
            + health.finding("database").orElseThrow().status()
            + ", check says "
            + release.getClass().getSimpleName());
  }
}
