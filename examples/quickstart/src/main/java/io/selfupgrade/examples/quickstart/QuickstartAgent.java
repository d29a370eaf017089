package io.selfupgrade.examples.quickstart;

import com.sun.net.httpserver.HttpServer;
import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.core.local.DirectoryReleases;
import io.selfupgrade.failover.PrimaryWork;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskRun;
import io.selfupgrade.supabase.PostgresRun;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeTimes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * An agent that upgrades itself: copy it and put your own work in the place of the last four
 * methods.
 *
 * <p>The launcher starts it, once for the version that runs and once more for a version on trial.
 * Its settings come from the environment that the launcher was started with.
 */
public final class QuickstartAgent {

  // Short times, as the quickstart is to be over soon; without them there are sensible defaults.
  private static final UpgradeTimes TIMES =
      new UpgradeTimes(
          Duration.ofSeconds(30), // smoke check
          Duration.ofSeconds(30), // until the candidate is warm
          Duration.ofSeconds(5), // until running work has ended
          Duration.ofSeconds(2), // probation
          Duration.ofSeconds(30)); // longest trial

  private final List<String> options;
  private HttpServer server;

  private QuickstartAgent(List<String> options) throws IOException {
    this.options = options;
    this.server = preparedServer();
  }

  /** Runs until the launcher stops it; with {@code --smoke} only checks itself and ends. */
  public static void main(String[] args) throws Exception {
    QuickstartAgent bot = new QuickstartAgent(List.of(args));
    if (bot.options.contains("--smoke")) {
      bot.smokeCheck();
    } else {
      bot.run();
    }
  }

  private void run() throws InterruptedException {
    // region agent
    try (SelfUpgrade agent =
        SelfUpgrade.builder("quickstart")
            .store(PostgresStore.at(Secret.env("DATABASE_URL")))
            .upgrades(
                u ->
                    u.from(DirectoryReleases.in(Path.of(env("RELEASES"))))
                        .trust(Trust.keys(Keys.file(Path.of(env("RELEASE_KEY")))))
                        .lookAt(Schedule.every(Duration.ofMillis(500)))
                        .times(TIMES)
                        .criticalPath("answers", this::selfTest))
            .whilePrimary(PrimaryWork.of(this::open, this::close))
            .task(
                "tick",
                Schedule.every(Duration.ofMillis(100)),
                TaskPolicy.DEFAULT.missed(Missed.runAll()),
                this::tick)
            .build()) {
      agent.start();
      agent.awaitStop();
    }
    // endregion
  }

  // region tick
  /** Runs at every tick; the row and the end of the tick are committed together, or not at all. */
  private void tick(TaskRun run) throws Exception {
    PostgresRun.of(run)
        .commit(
            connection -> {
              try (var insert =
                  connection.prepareStatement("insert into quickstart.tick (key) values (?)")) {
                insert.setString(1, run.idempotencyKey());
                insert.executeUpdate();
              }
            });
  }

  // endregion

  /** Opens what only one process may have: here a port, in a bot the polling. */
  private void open() throws IOException {
    int port = Integer.parseInt(env("PORT"));
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.start();
  }

  /** Closes it again, before another process opens its own; what is being answered is finished. */
  private void close() throws IOException {
    server.stop(0);
    server = preparedServer();
  }

  /** Does beforehand what needs no port, so that nobody waits for it in a hand-over. */
  private HttpServer preparedServer() throws IOException {
    HttpServer prepared = HttpServer.create();
    prepared.createContext(
        "/",
        exchange -> {
          byte[] body = ("6 x 7 = " + answer(6, 7) + "\n").getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    return prepared;
  }

  /** What this agent must be able to do: a release that cannot is taken back. */
  private void selfTest() {
    int answer = answer(6, 7);
    if (answer != 42) {
      throw new IllegalStateException("6 x 7 was answered with " + answer + ", expected 42");
    }
  }

  /** What a release tries of itself before it may come near the running agent. */
  private void smokeCheck() {
    if (options.contains("--broken=smoke")) {
      throw new IllegalStateException("this build is broken on purpose");
    }
    if (answer(1, 1) != 1) {
      throw new IllegalStateException("1 x 1 was answered with " + answer(1, 1));
    }
  }

  private int answer(int left, int right) {
    boolean broken = options.contains("--broken=answers");
    return broken && left > 1 ? left * right - 1 : left * right;
  }

  private static String env(String name) {
    String value = System.getenv(name);
    if (value == null) {
      throw new IllegalStateException("environment variable " + name + " is not set");
    }
    return value;
  }
}
