package io.selfupgrade.world;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.failover.Drain;
import io.selfupgrade.failover.Primary;
import io.selfupgrade.failover.PrimaryWork;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.supabase.PostgresRun;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Switch;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeTimes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The agent of the tests: ticks, opens one port while it leads, and fails as its arguments say. */
public final class WorldAgent {

  private static @Nullable ServerSocket port;

  private WorldAgent() {}

  /** Runs it until it is stopped. */
  public static void main(String[] args) throws Exception {
    List<String> faults = List.of(args);
    if (faults.contains("smoke")) {
      System.exit(faults.contains("smoke-fails") ? 3 : 0);
    }
    if (faults.contains("exits")) {
      System.exit(7);
    }
    if (faults.contains("never-ready")) {
      Thread.currentThread().join();
    }
    try (SelfUpgrade agent =
        SelfUpgrade.builder("world")
            .store(PostgresStore.at(Secret.env("WORLD_DB")))
            .leaseTime(Duration.ofSeconds(3))
            .upgrades(
                u ->
                    u.from(DirectoryReleases.in(Path.of(System.getenv("WORLD_RELEASES"))))
                        .trust(Trust.keys(Keys.file(Path.of(System.getenv("WORLD_KEY")))))
                        .switchBy(
                            faults.contains("switch-restart") ? Switch.RESTART : Switch.BESIDE)
                        .lookAt(Schedule.every(Duration.ofMillis(200)))
                        .times(
                            new UpgradeTimes(
                                Duration.ofSeconds(20),
                                Duration.ofSeconds(20),
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(2),
                                Duration.ofSeconds(30)))
                        .criticalPath("answers", () -> answer(faults)))
            .whilePrimary(work(faults))
            .task(
                "tick",
                Schedule.every(Duration.ofMillis(100)),
                TaskPolicy.DEFAULT.missed(Missed.runAll()),
                run -> PostgresRun.of(run).commit(connection -> insert(connection, run.due())))
            .build()) {
      agent.start();
      if (faults.contains("restarts") && System.getenv("SELFUPGRADE_PREDECESSOR") == null) {
        agent.restart();
      }
      agent.awaitStop();
    }
  }

  private static void answer(List<String> faults) {
    if (faults.contains("path-fails") || port == null) {
      throw new IllegalStateException("no answer");
    }
  }

  private static PrimaryWork work(List<String> faults) {
    return new PrimaryWork() {
      @Override
      public void start(Primary primary) throws IOException {
        if (faults.contains("work-fails")) {
          throw new IOException("no port for me");
        }
        int number = Integer.parseInt(System.getenv("WORLD_PORT"));
        port = new ServerSocket(number, 1, InetAddress.getLoopbackAddress());
        if (faults.contains("dies-leading")) {
          Runtime.getRuntime().halt(9);
        }
      }

      @Override
      public void stop(Drain drain) throws IOException {
        if (port != null) {
          port.close();
        }
        port = null;
      }
    };
  }

  private static void insert(Connection connection, Instant due) throws Exception {
    try (PreparedStatement insert =
        connection.prepareStatement("insert into public.ticks (due) values (?::timestamptz)")) {
      insert.setString(1, due.toString());
      insert.executeUpdate();
    }
  }
}
