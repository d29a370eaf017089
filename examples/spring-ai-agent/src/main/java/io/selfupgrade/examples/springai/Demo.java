package io.selfupgrade.examples.springai;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.release.ReleaseRecipe;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.core.release.SigningKeyFiles;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Smoke;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.springframework.boot.system.ApplicationHome;

/** Plays an upgrade of {@link SpringAiAgent} on one machine, while users talk to it on one port. */
final class Demo implements AutoCloseable {

  private static final AgentName AGENT = new AgentName("spring-ai-agent");
  private static final Duration LONGEST = Duration.ofMinutes(2);
  private static final Duration LONGEST_GAP = Duration.ofSeconds(5);
  private static final int HEAP_MB = 192;
  private static final List<String> QUICK_JVM =
      List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto");

  private final long startNanos = System.nanoTime();
  private final Path root;
  private final Path jar = ownJar();
  private final int port = freePort();
  private final ReleaseTool tool = new ReleaseTool(Clock.systemUTC());
  private final SigningKeyFiles key;
  private final EmbeddedPostgres server;
  private final AgentStore store;
  private boolean closed;

  private Demo(Path root) throws IOException {
    this.root = root;
    this.key = tool.keygen(root.resolve("keys"), "release");
    this.server = EmbeddedPostgres.attach(root.resolve("postgres"));
    this.store = PostgresStore.at(Secret.of(databaseUrl()));
    try (InputStream launcher = Demo.class.getResourceAsStream("/bundled/launcher.jar")) {
      Files.copy(Objects.requireNonNull(launcher, "run ./mvnw package"), launcherJar());
    }
  }

  /** Plays it; exits with 0 if all went as it should. */
  static void run() throws Exception {
    Path root = Files.createTempDirectory("selfupgrade-spring-").toRealPath();
    // A database server that is started by root runs as nobody, who has to get through.
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
    boolean good;
    try (Demo demo = new Demo(root)) {
      Runtime.getRuntime().addShutdownHook(new Thread(demo::close, "clear-away"));
      good = demo.play();
    }
    System.out.println("Nothing is left behind.");
    System.exit(good ? 0 : 1);
  }

  private boolean play() throws Exception {
    say("a Postgres runs; 1.0.0 is signed and installed");
    tool.install(home(), signed("1.0.0"), Trust.keys(Keys.file(key.publicKey())));
    startLauncher();
    try (Visitors visitors = new Visitors(port)) {
      await("1.0.0 to answer", () -> visitors.version().equals("1.0.0"));
      say("1.0.0 answers on port " + port);
      store.open(AgentStore.SchemaMode.VERIFY);
      boolean good = talk(visitors, "My name is Ada.", "You have said 1 things.");
      good &= talk(visitors, "Remember that the meeting is on Monday.", "I have noted");
      good &= talk(visitors, "When is the meeting?", "said 3 things. I know: that the meeting is");

      visitors.come();
      tool.publish(signed("1.1.0"), "stable", List.of(key.privateKey()));
      say("1.1.0 is published; users ask every 20 ms");
      await("1.1.0 to answer", () -> visitors.version().equals("1.1.0"));
      say("1.1.0 answers on port " + port);
      await("the end of the upgrade", () -> ended().equals("Upgraded"));
      say("1.1.0: Upgraded");

      good &= talk(visitors, "When is the meeting?", "said 4 things. I know: that the meeting is");
      good &= visitors.health().contains("\"version\":\"1.1.0\"");
      say(visitors.summary());
      return good && visitors.longestGap().compareTo(LONGEST_GAP) < 0;
    }
  }

  private boolean talk(Visitors visitors, String text, String expected) throws Exception {
    String answer = visitors.say(text);
    say("  " + text + " - " + answer);
    return answer.contains(expected);
  }

  /** Returns how the upgrade ended, or that it has not; a machine too busy for it tries again. */
  private String ended() {
    return store.journal().history(AGENT, 10).stream()
        .filter(row -> row.phase().isFinal())
        .findFirst()
        .flatMap(UpgradeRecord::outcome)
        .map(outcome -> outcome.name())
        .orElse("not yet");
  }

  private Path signed(String version) throws Exception {
    Path release =
        tool.make(
            root.resolve("releases"),
            ReleaseRecipe.of(AGENT.value(), Version.parse(version))
                .jar(jar)
                .args(List.of("--agent.look-every=1s", "--agent.probation=3s"))
                .jvmArgs(QUICK_JVM)
                .heapMb(HEAP_MB)
                .smoke(new Smoke(List.of("--smoke"), Duration.ofSeconds(50), HEAP_MB)));
    tool.sign(release, List.of(key.privateKey()));
    return release;
  }

  private void startLauncher() throws IOException {
    ProcessBuilder builder = launcher("run");
    builder.environment().remove("OPENAI_API_KEY");
    builder.environment().put("DATABASE_URL", databaseUrl());
    builder.environment().put("RELEASES", root.resolve("releases").toString());
    builder.environment().put("RELEASE_KEY", key.publicKey().toString());
    builder.environment().put("PORT", Integer.toString(port));
    builder.start();
  }

  private ProcessBuilder launcher(String command) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(QUICK_JVM);
    words.addAll(List.of("-jar", launcherJar().toString(), command, home().toString()));
    File log = root.resolve("launcher.out").toFile();
    return new ProcessBuilder(words)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log));
  }

  private Path launcherJar() {
    return root.resolve("launcher.jar");
  }

  private Path home() {
    return root.resolve("home");
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

  /** Stops all that was started, and removes the directory; at Ctrl-C too. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      if (Files.isDirectory(home())) {
        launcher("stop").start().waitFor(1, TimeUnit.MINUTES);
      }
      store.close();
      server.close();
      EmbeddedPostgres.stop(root.resolve("postgres"));
      remove();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      System.err.println("could not clear away " + root + ": " + e);
    }
  }

  private void remove() throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        // Slots are read-only.
        path.resolveSibling("").toFile().setWritable(true);
        Files.delete(path);
      }
    }
  }

  private static Path ownJar() {
    File jar = new ApplicationHome(Demo.class).getSource();
    if (jar == null || !jar.isFile()) {
      throw new IllegalStateException("run the jar that ./mvnw package builds, not " + jar);
    }
    return jar.toPath();
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0)) {
      return probe.getLocalPort();
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
