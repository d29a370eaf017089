package example.plain;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.SelfUpgradeBuilder;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.upgrade.CheckResult;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Trust;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** One task and one check for a release, in whatever host. */
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
        .task("one", Schedule.every(Duration.ofMillis(100)), run -> ran.countDown());
  }

  /** Says what came of them. */
  public void prove(SelfUpgrade agent) throws InterruptedException {
    if (!ran.await(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the task did not run");
    }
    CheckResult result = agent.upgrades().check();
    System.out.println("task ran, check says " + result.getClass().getSimpleName());
  }
}
