package io.selfupgrade.examples.quickstart;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.examples.quickstart.Narrator.Tone;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.launcher.StateFile;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.upgrade.UpgradeOutcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The acts, in their order, and the watching in between. */
final class Story implements AutoCloseable {

  private static final String AGENT = "quickstart";
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final Duration LONGEST_START = Duration.ofSeconds(60);
  private static final Duration LONGEST_UPGRADE = Duration.ofSeconds(90);
  private static final Duration LONGEST_RECOVERY = Duration.ofSeconds(60);
  private static final Duration LONGEST_END = Duration.ofSeconds(20);

  private final Stage stage;
  private final Narrator narrator;
  private final Clock clock;
  private final Home home;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final Map<String, String> outcomes = new LinkedHashMap<>();
  private Watch watch;

  Story(Stage stage, Narrator narrator, Clock clock) {
    this.stage = stage;
    this.narrator = narrator;
    this.clock = clock;
    this.home = Home.at(stage.places().home());
    this.watch = () -> {};
  }

  Report play() throws Exception {
    narrator.world("starting a Postgres of its own, making keys and a first release");
    CompletableFuture<Database> starting =
        CompletableFuture.supplyAsync(() -> Database.start(stage.places().postgres()));
    Releases releases = new Releases(stage.places().root(), clock);
    releases.install("1.0.0", home.root());
    Database database = opened(starting.get());
    int port = freePort();
    narrator.world("1.0.0 is installed; the launcher starts it");
    Process launcher = stage.launch(environment(database, releases, port));
    Visitors visitors = opened(new Visitors(port, clock));
    await(
        "1.0.0 at work",
        LONGEST_START,
        () -> {
          requireAlive(launcher);
          return database.has("selfupgrade.task_runs")
              && database.flag("select exists (select from quickstart.tick)")
              && visitors.isAnswered();
        });
    AgentStore store = opened(PostgresStore.at(database.url()));
    store.open(AgentStore.SchemaMode.VERIFY);
    Chronicle chronicle =
        new Chronicle(store.journal(), new AgentName(AGENT), narrator, stage.places().root());
    Ledger ledger = new Ledger(database);
    watch =
        () -> {
          chronicle.follow();
          ledger.remember();
        };
    narrator.world("1.0.0 leads, ticks every 100 ms and answers on port " + port + "; users come");
    visitors.start();
    publish(releases, chronicle);
    Outage outage = kill(database);
    return conclude(database, chronicle, ledger, visitors, outage);
  }

  @Override
  public void close() {
    for (int i = open.size() - 1; i >= 0; i--) {
      closeQuietly(open.get(i));
    }
  }

  private void publish(Releases releases, Chronicle chronicle) throws Exception {
    narrator.world("1.1.0 is published and signed");
    releases.publish("1.1.0");
    follow(chronicle, "1.1.0");
    narrator.world("1.2.0 is published: its smoke check fails");
    releases.publish("1.2.0", "--broken=smoke");
    follow(chronicle, "1.2.0");
    narrator.world("1.3.0 is published: passes its smoke check, but answers wrong at work");
    releases.publish("1.3.0", "--broken=answers");
    follow(chronicle, "1.3.0");
    narrator.world("1.4.0 is published: one byte was changed after it was signed");
    releases.publishTampered("1.4.0");
    follow(chronicle, "1.4.0");
  }

  /** Waits for the end of the upgrade, and until one process alone is left. */
  private void follow(Chronicle chronicle, String version) throws Exception {
    await(
        "the end of the upgrade to " + version,
        LONGEST_UPGRADE,
        () -> chronicle.outcome(version).isPresent());
    UpgradeOutcome outcome = chronicle.outcome(version).orElseThrow();
    outcomes.put(version, outcome.name());
    await(
        "the launcher to carry out the end of the upgrade to " + version,
        LONGEST_UPGRADE,
        () -> StateFile.read(home.candidate()).isEmpty());
    if (!outcome.name().equals(Report.EXPECTED.get(version))) {
      narrator.agent(
          clock.instant(), Tone.BAD, version, "expected " + Report.EXPECTED.get(version));
    }
  }

  private Outage kill(Database database) throws Exception {
    UUID victim = primary(database);
    long pid = StateFile.read(home.run(victim).child()).orElseThrow().requireNumber("pid");
    ProcessHandle process =
        ProcessHandle.of(pid)
            .orElseThrow(() -> new IllegalStateException("the primary's process is gone: " + pid));
    narrator.world("kill -9 " + pid + ", the primary");
    Instant killed = database.instant("select clock_timestamp()");
    process.destroyForcibly();
    Ticks ticks = new Ticks(database);
    await(
        "a successor of the killed primary",
        LONGEST_RECOVERY,
        () -> ticks.firstBySuccessor(killed).isPresent());
    Instant recovered = ticks.firstBySuccessor(killed).orElseThrow();
    narrator.agent(
        recovered,
        Tone.RESULT,
        version(database, primary(database)),
        "is back: a new process has committed a tick "
            + Duration.between(killed, recovered).toMillis()
            + " ms after the kill");
    return new Outage(killed, recovered);
  }

  private Report conclude(
      Database database, Chronicle chronicle, Ledger ledger, Visitors visitors, Outage outage)
      throws Exception {
    int answers = visitors.answers();
    await("answers after the kill", LONGEST_END, () -> visitors.answers() > answers + 10);
    visitors.end();
    Ticks ticks = new Ticks(database);
    Instant until = database.instant("select clock_timestamp()");
    await("the last ticks", LONGEST_END, () -> ticks.areDoneUntil(until));
    return new Report(
        finalVersion(database),
        outcomes,
        chronicle.longestHandOver(),
        Duration.between(outage.killed(), outage.recovered()),
        ticks.count(until, outage.killed(), outage.recovered()),
        visitors.count(outage.killed(), outage.recovered()),
        new Report.Losses(ledger.lost(), ledger.size(), refusedThatRan(database)));
  }

  /** Returns the version on which journal, launcher and process agree. */
  private String finalVersion(Database database) throws SQLException, IOException {
    String confirmed =
        database.texts("select version from selfupgrade.agent_state where name = ?", AGENT).get(0);
    String pointer = home.confirmedVersion().orElse("none");
    String running = version(database, primary(database));
    return confirmed.equals(pointer) && confirmed.equals(running)
        ? confirmed
        : "unclear: journal " + confirmed + ", launcher " + pointer + ", process " + running;
  }

  private static List<String> refusedThatRan(Database database) throws SQLException {
    return database.texts(
        "select distinct version from selfupgrade.instances where version in ('1.2.0', '1.4.0')");
  }

  private static UUID primary(Database database) throws SQLException {
    return UUID.fromString(
        database.texts("select holder from selfupgrade.leadership where agent = ?", AGENT).get(0));
  }

  private static String version(Database database, UUID instance) throws SQLException {
    return database
        .texts("select version from selfupgrade.instances where id = ?", instance)
        .get(0);
  }

  private static Map<String, String> environment(Database database, Releases releases, int port) {
    return Map.of(
        "DATABASE_URL", database.url(),
        "RELEASES", releases.directory().toString(),
        "RELEASE_KEY", releases.publicKey().toString(),
        "PORT", Integer.toString(port));
  }

  private static void requireAlive(Process launcher) {
    if (!launcher.isAlive()) {
      throw new IllegalStateException(
          "the launcher ended with " + launcher.exitValue() + ": see its output below");
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  private void await(String what, Duration longest, Condition condition) throws Exception {
    long end = System.nanoTime() + longest.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - end >= 0) {
        throw new IllegalStateException(what + ": not seen within " + longest.toSeconds() + " s");
      }
      watch.look();
      TimeUnit.MILLISECONDS.sleep(LOOK.toMillis());
    }
    watch.look();
  }

  private static void closeQuietly(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) {
      // The story is told; what cannot be closed any more ends with this process.
      System.err.println("could not close " + resource + ": " + e);
    }
  }

  private <T extends AutoCloseable> T opened(T resource) {
    open.add(resource);
    return resource;
  }

  @FunctionalInterface
  private interface Condition {
    boolean holds() throws Exception;
  }

  @FunctionalInterface
  private interface Watch {
    void look() throws SQLException;
  }

  private record Outage(Instant killed, Instant recovered) {}
}
