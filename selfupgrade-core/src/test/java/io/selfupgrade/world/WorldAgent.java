package io.selfupgrade.world;

import io.selfupgrade.HaltingLink;
import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.SelfUpgradeBuilder;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.failover.Drain;
import io.selfupgrade.failover.Primary;
import io.selfupgrade.failover.PrimaryWork;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskRun;
import io.selfupgrade.supabase.PostgresRun;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.Switch;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeTimes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The agent of the tests: ticks, opens one port while it leads, and fails as its arguments say. */
public final class WorldAgent {

  private static final List<byte[]> EATEN = new ArrayList<>();
  private static @Nullable ServerSocket port;
  private static volatile @Nullable SelfUpgrade started;

  private WorldAgent() {}

  /** Runs it until it is stopped. */
  public static void main(String[] args) throws Exception {
    List<String> faults = List.of(args);
    if (faults.contains("smoke")) {
      System.exit(faults.contains("smoke-fails") ? 3 : 0);
    }
    if (faults.contains("exits") || Files.deleteIfExists(wish("exit"))) {
      System.exit(7);
    }
    if (faults.contains("never-ready")) {
      Thread.currentThread().join();
    }
    Halting halting =
        new Halting(new Halts(Path.of(System.getenv("WORLD_HALTS"))), System.getenv());
    PostgresStore store = PostgresStore.at(Secret.env("WORLD_DB"));
    ReleaseSource releases = DirectoryReleases.in(Path.of(System.getenv("WORLD_RELEASES")));
    if (faults.contains("deaf")) {
      Runtime.getRuntime().addShutdownHook(new Thread(WorldAgent::standStill));
    }
    Optional<Install> platform =
        WorldGitHub.install(System.getenv()).or(() -> PlatformFolder.install(System.getenv()));
    try (SelfUpgrade agent =
        HaltingLink.on(described(faults), halting.disk())
            .store(halting.store(store))
            .leaseTime(Duration.ofSeconds(3))
            .upgrades(
                u -> {
                  platform.ifPresent(u::installBy);
                  u.from(halting.port(ReleaseSource.class, "source", releases))
                      .trust(Trust.keys(Keys.file(Path.of(System.getenv("WORLD_KEY")))))
                      .switchBy(faults.contains("switch-restart") ? Switch.RESTART : Switch.BESIDE)
                      .lookAt(Schedule.every(Duration.ofMillis(200)))
                      .times(times(faults.contains("hurried")))
                      .criticalPath("answers", () -> answer(faults));
                })
            .whilePrimary(halting.port(PrimaryWork.class, "work", work(faults)))
            .task(
                "tick",
                Schedule.every(Duration.ofMillis(100)),
                TaskPolicy.DEFAULT.missed(Missed.runAll()),
                run -> tick(halting, Halting.unwrapped(run, store.tasks())))
            .build()) {
      started = agent;
      agent.start();
      agent.awaitStop();
    }
  }

  private static SelfUpgradeBuilder described(List<String> faults) {
    SelfUpgradeBuilder world = SelfUpgrade.builder("world").clock(new WorldClock());
    if (faults.contains("remembers")) {
      world.memory();
    }
    if (System.getenv("SELFUPGRADE_SLOT") == null) {
      world.version(System.getenv().getOrDefault("WORLD_VERSION", "1.0.0"));
    }
    return world;
  }

  private static UpgradeTimes times(boolean hurried) {
    return new UpgradeTimes(
        Duration.ofSeconds(60),
        Duration.ofSeconds(hurried ? 30 : 60),
        Duration.ofSeconds(hurried ? 3 : 5),
        Duration.ofSeconds(2),
        Duration.ofSeconds(hurried ? 15 : 30));
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
        int number =
            faults.contains("any-port") ? 0 : Integer.parseInt(System.getenv("WORLD_PORT"));
        port = new ServerSocket(number, 1, InetAddress.getLoopbackAddress());
        SelfUpgrade agent = started;
        if (agent != null && faults.contains("remembers")) {
          agent.memory().remember("a note by " + agent.version());
        }
        if (faults.contains("dies-leading")) {
          Runtime.getRuntime().halt(9);
        } else if (faults.contains("dies-late")) {
          inBackground(WorldAgent::dieLate);
        } else if (faults.contains("eats-memory")) {
          inBackground(WorldAgent::eatMemory);
        } else if (faults.contains("hangs-leading")) {
          standStill();
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

  private static void inBackground(Runnable work) {
    Thread thread = new Thread(work, "fault");
    thread.setDaemon(true);
    thread.start();
  }

  /** Dies when three quarters of the probation are over. */
  private static void dieLate() {
    long end = System.nanoTime() + times(false).probation().toNanos() * 3 / 4;
    while (System.nanoTime() - end < 0) {
      LockSupport.parkNanos(1_000_000);
    }
    Runtime.getRuntime().halt(9);
  }

  /** Takes all the memory that is left, and whatever becomes free. */
  private static void eatMemory() {
    for (int bytes = 1 << 20; ; ) {
      try {
        EATEN.add(new byte[bytes]);
      } catch (OutOfMemoryError e) {
        bytes = Math.max(16, bytes / 2);
      }
    }
  }

  private static void standStill() {
    while (true) {
      LockSupport.park();
    }
  }

  /** Returns the file by which a test asks the next process that looks for something, once. */
  static Path wish(String what) {
    return Path.of(System.getenv("WORLD_RELEASES")).resolveSibling("wish-" + what);
  }

  private static void tick(Halting halting, TaskRun run) throws Exception {
    SelfUpgrade agent = started;
    if (agent != null && Files.deleteIfExists(wish("restart"))) {
      agent.restart();
    }
    halting.effect(
        "ticks.commit",
        () ->
            PostgresRun.of(run)
                .commit(
                    connection ->
                        halting.effect("ticks.insert", () -> insert(connection, run.due()))));
  }

  private static void insert(Connection connection, Instant due) throws Exception {
    try (PreparedStatement insert =
        connection.prepareStatement("insert into public.ticks (due) values (?::timestamptz)")) {
      insert.setString(1, due.toString());
      insert.executeUpdate();
    }
  }
}
