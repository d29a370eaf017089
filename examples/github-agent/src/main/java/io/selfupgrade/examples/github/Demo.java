package io.selfupgrade.examples.github;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.release.ReleaseRecipe;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.core.release.SigningKeyFiles;
import io.selfupgrade.failover.InstanceStatus;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Smoke;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradePhase;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Plays an upgrade of {@link GitHubAgent} on one machine: a stand-in for GitHub, the launcher, a
 * Postgres of its own.
 */
public final class Demo implements AutoCloseable {

  private static final AgentName AGENT = new AgentName("github-agent");
  private static final Duration LONGEST = Duration.ofSeconds(90);
  private static final List<String> QUICK_JVM =
      List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto");

  private final long startNanos = System.nanoTime();
  private final Path root;
  private final Path home;
  private final Path launcherJar;
  private final Path jar;
  private final LocalGitHub github = new LocalGitHub();
  private final ReleaseTool tool = new ReleaseTool(Clock.systemUTC());
  private final SigningKeyFiles key;
  private final EmbeddedPostgres server;
  private final AgentStore store;

  private Demo(Path root) throws IOException, URISyntaxException {
    this.root = root;
    this.home = root.resolve("home");
    this.launcherJar = root.resolve("launcher.jar");
    this.jar = Path.of(Demo.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    this.key = tool.keygen(root.resolve("keys"), "release");
    this.server = EmbeddedPostgres.attach(root.resolve("postgres"));
    this.store = PostgresStore.at(Secret.of(databaseUrl()));
    try (InputStream launcher = Demo.class.getResourceAsStream("/bundled/launcher.jar")) {
      if (launcher == null) {
        throw new IllegalStateException("run the jar that ./mvnw package builds, not " + jar);
      }
      Files.copy(launcher, launcherJar);
    }
  }

  /** Plays it; exits with 0 if both releases ended as they should. */
  public static void main(String[] args) throws Exception {
    Path root = Files.createTempDirectory("selfupgrade-github-").toRealPath();
    // A database server that is started by root runs as nobody, who has to get through.
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
    boolean good;
    try (Demo demo = new Demo(root)) {
      good = demo.play();
    }
    System.out.println("Nothing is left behind.");
    System.exit(good ? 0 : 1);
  }

  private boolean play() throws Exception {
    say("a stand-in for GitHub and a Postgres run; 1.0.0 is signed and installed");
    store.open(AgentStore.SchemaMode.APPLY);
    tool.install(home, signed("1.0.0"), Trust.keys(Keys.file(key.publicKey())));
    startLauncher();
    await("1.0.0 to lead", () -> leads("1.0.0"));
    say("1.0.0 leads");

    publish("1.1.0", signed("1.1.0"));
    UpgradeOutcome first = outcome("1.1.0");
    await("1.1.0 to lead alone", () -> leads("1.1.0") && living().size() == 1);

    Path tampered = signed("1.2.0");
    Path program = tampered.resolve("lib").resolve(jar.getFileName());
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rw-------"));
    Files.writeString(program, "something else");
    publish("1.2.0", tampered);
    UpgradeOutcome second = outcome("1.2.0");

    say("GitHub saw " + github.counts());
    return first instanceof UpgradeOutcome.Upgraded && second instanceof UpgradeOutcome.Refused;
  }

  /** Publishes a release, and tells the agent as a webhook would. */
  private void publish(String version, Path release) throws Exception {
    tool.publish(release, "stable", List.of(key.privateKey()));
    Path indexes = Files.createDirectories(root.resolve("indexes").resolve(version));
    List<Path> files = new ArrayList<>();
    for (String name : List.of("latest.json", "latest.json.sig")) {
      files.add(Files.copy(release.resolveSibling(name), indexes.resolve(name)));
    }
    github.release("v" + version, release, files);
    say(version + " is published on GitHub");
    store.journal().request(AGENT, Trigger.WEBHOOK);
  }

  private UpgradeOutcome outcome(String version) throws Exception {
    await("the end of the upgrade to " + version, () -> isDecided(version));
    UpgradeRecord row = ended(version).orElseThrow();
    store
        .journal()
        .steps(row.id())
        .forEach(step -> say("  " + step.step() + " " + step.event() + " " + step.detail()));
    UpgradeOutcome outcome = row.outcome().orElseThrow();
    say(version + ": " + outcome.name());
    return outcome;
  }

  /** Tells whether it has ended; one that a busy machine cut off is asked for again. */
  private boolean isDecided(String version) {
    Optional<UpgradeRecord> row = ended(version);
    boolean cutOff =
        row.filter(found -> found.phase() == UpgradePhase.ABORTED)
            .filter(found -> found.decision().retryable())
            .isPresent();
    if (cutOff && store.journal().waitingRequest(AGENT).isEmpty()) {
      store.journal().request(AGENT, Trigger.MANUAL);
    }
    return row.isPresent() && !cutOff && store.journal().openUpgrade(AGENT).isEmpty();
  }

  private Optional<UpgradeRecord> ended(String version) {
    return store.journal().history(AGENT, 10).stream()
        .filter(row -> row.phase().isFinal())
        .filter(
            row ->
                row.target()
                    .filter(target -> target.version().equals(Version.parse(version)))
                    .isPresent())
        .findFirst();
  }

  private Path signed(String version) throws Exception {
    Path release =
        tool.make(
            root.resolve("releases"),
            ReleaseRecipe.of(AGENT.value(), Version.parse(version))
                .mainClass(GitHubAgent.class.getName())
                .classpath(List.of(jar))
                .args(List.of("--hurry"))
                .jvmArgs(QUICK_JVM)
                .heapMb(64)
                .smoke(new Smoke(List.of("--smoke"), Duration.ofSeconds(20), 64)));
    tool.sign(release, List.of(key.privateKey()));
    return release;
  }

  private void startLauncher() throws IOException {
    ProcessBuilder builder = launcher("run");
    builder.environment().putAll(github.environment());
    builder.environment().put("DATABASE_URL", databaseUrl());
    builder.environment().put("RELEASE_KEY", key.publicKey().toString());
    builder.start();
  }

  private ProcessBuilder launcher(String command) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(QUICK_JVM);
    words.addAll(List.of("-jar", launcherJar.toString(), command, home.toString()));
    File log = root.resolve("launcher.out").toFile();
    return new ProcessBuilder(words)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log));
  }

  private void stopLauncher() throws IOException {
    try {
      launcher("stop").start().waitFor(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean leads(String version) {
    Optional<String> holder =
        store.leadership().read(AGENT).map(lease -> lease.fence().holder().toString());
    return living().stream()
        .filter(one -> one.record().version().equals(Version.parse(version)))
        .anyMatch(one -> holder.equals(Optional.of(one.record().id().toString())));
  }

  private List<InstanceStatus> living() {
    return store.instances().living(AGENT);
  }

  private String databaseUrl() {
    String url = server.jdbcUrl();
    return url
        + (url.contains("?") ? "&" : "?")
        + "user="
        + server.user()
        + "&password="
        + server.password().reveal();
  }

  @Override
  public void close() throws IOException {
    stopLauncher();
    github.close();
    store.close();
    server.close();
    EmbeddedPostgres.stop(root.resolve("postgres"));
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        // Slots are read-only.
        path.resolveSibling("").toFile().setWritable(true);
        Files.delete(path);
      }
    }
  }

  private void say(String what) {
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    System.out.printf(Locale.ROOT, "%6.2f s  %s%n", seconds, what);
  }

  private static void await(String what, Condition condition) throws Exception {
    long end = System.nanoTime() + LONGEST.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - end >= 0) {
        throw new IllegalStateException(what + ": not seen within " + LONGEST.toSeconds() + " s");
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  @FunctionalInterface
  private interface Condition {
    boolean holds() throws Exception;
  }
}
