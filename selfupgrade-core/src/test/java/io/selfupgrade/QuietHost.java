package io.selfupgrade;

import io.selfupgrade.agent.Secret;
import io.selfupgrade.failover.Role;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.supabase.PostgresRun;
import io.selfupgrade.supabase.PostgresStore;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A host whose agent starts, leads, runs one tick and stops, and in which nothing goes wrong. */
public final class QuietHost {

  private QuietHost() {}

  /** Lives such a life; the URL is in the environment variable that the argument names. */
  public static void main(String[] args) throws Exception {
    live(Secret.env(args[0]).reveal(), "quiet", Duration.ofMillis(100), agent -> {});
  }

  /** Lives such a life, and shows the agent while it leads. */
  static void live(String url, String name, Duration period, Consumer<SelfUpgrade> shown)
      throws Exception {
    CountDownLatch ticked = new CountDownLatch(1);
    try (SelfUpgrade agent =
        SelfUpgrade.builder(name)
            .store(PostgresStore.at(Secret.of(url)))
            .task(
                "tick",
                Schedule.every(period),
                run -> {
                  PostgresRun.of(run).commit(connection -> {});
                  ticked.countDown();
                })
            .build()) {
      agent.start();
      if (!ticked.await(60, TimeUnit.SECONDS) || agent.role() != Role.PRIMARY) {
        throw new IllegalStateException("no tick within 60 s");
      }
      shown.accept(agent);
    }
  }
}
