package io.selfupgrade.github;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.release.ReleaseRecipe;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.core.release.SigningKeyFiles;
import io.selfupgrade.launcher.Launcher;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Smoke;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.Trigger;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeRecord;
import io.selfupgrade.upgrade.UpgradeStep;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A home with a launcher and an agent, a database, and somebody who publishes releases. */
final class UpgradingScene implements AutoCloseable {

  static final AgentName AGENT = new AgentName("bot");
  static final String WORKFLOW = "release.yml";
  static final Duration SOON = Duration.ofSeconds(90);

  static final List<String> QUICK =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData");

  private final Path directory;
  private final Map<String, String> environment;
  private final ReleaseTool tool = new ReleaseTool(Clock.systemUTC());
  private final SigningKeyFiles key;
  private final PostgresStore store;
  private Optional<Process> launcher = Optional.empty();

  UpgradingScene(Path directory, String databaseUrl, String apiUrl) throws IOException {
    this.directory = directory;
    this.key = tool.keygen(directory.resolve("keys"), "release");
    this.environment =
        Map.of(
            "DATABASE_URL",
            databaseUrl,
            "GITHUB_API_URL",
            apiUrl,
            "GITHUB_TOKEN",
            "t0ken-of-nobody",
            "RELEASE_KEY",
            key.publicKey().toString(),
            "SIGNERS",
            directory.resolve("signers").toString());
    this.store = PostgresStore.at(Secret.of(databaseUrl));
    store.open(AgentStore.SchemaMode.APPLY);
  }

  AgentStore store() {
    return store;
  }

  Path home() {
    return directory.resolve("home");
  }

  /** Makes and signs a release of a commit, as the workflow does. */
  Path sign(String version, String commit, Class<?> main, String... args) throws Exception {
    Path jar = Files.createDirectories(directory.resolve("built-" + version)).resolve("bot.jar");
    try (OutputStream out = Files.newOutputStream(jar)) {
      new JarOutputStream(out, manifest(main)).close();
    }
    List<String> smoke = new ArrayList<>(List.of(args));
    smoke.add("smoke");
    Path release =
        tool.make(
            directory.resolve("releases"),
            ReleaseRecipe.of(AGENT.value(), Version.parse(version))
                .jar(jar)
                .heapMb(96)
                .jvmArgs(QUICK)
                .args(List.of(args))
                .commit(commit)
                .smoke(new Smoke(smoke, Duration.ofSeconds(20), 64)));
    tool.sign(release, List.of(key.privateKey()));
    return release;
  }

  /** Publishes a release on GitHub, with the index that makes it the newest. */
  void publish(Publisher publisher, Path release, String commit) throws Exception {
    tool.publish(release, "stable", List.of(key.privateKey()));
    Publisher.Release published = publisher.release("v" + release.getFileName()).at(commit);
    try (Stream<Path> files = Files.walk(release)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        published.with(
            release.relativize(file).toString().replace('/', '.'), Files.readAllBytes(file));
      }
    }
    for (String name : List.of("latest.json", "latest.json.sig")) {
      published.with(name, Files.readAllBytes(release.resolveSibling(name)));
    }
    publisher.answer();
  }

  /** Returns the manifest of a jar whose classes are those of this test. */
  static Manifest manifest(Class<?> main) {
    Manifest manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.put(Attributes.Name.MAIN_CLASS, main.getName());
    attributes.put(
        Attributes.Name.CLASS_PATH,
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(entry -> Path.of(entry).toUri().toString())
            .collect(Collectors.joining(" ")));
    return manifest;
  }

  /** Installs the first version and starts the launcher. */
  void start(Path release) throws Exception {
    tool.install(home(), release, Trust.keys(Keys.file(key.publicKey())));
    launcher = Optional.of(launcher("run"));
  }

  private Process launcher(String command) throws IOException {
    List<String> words =
        new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
    words.addAll(QUICK);
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), Launcher.class.getName()));
    words.addAll(List.of(command, home().toString()));
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.environment().putAll(environment);
    builder.redirectOutput(
        ProcessBuilder.Redirect.appendTo(directory.resolve("launcher.out").toFile()));
    return builder.start();
  }

  void awaitLeader(String version) throws IOException {
    try {
      Eventually.holds(version + " leads", SOON, () -> leads(Version.parse(version)));
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "\n" + output(), e);
    }
  }

  private boolean leads(Version version) {
    return store
        .leadership()
        .read(AGENT)
        .map(lease -> lease.fence().holder())
        .filter(
            holder ->
                store.instances().living(AGENT).stream()
                    .map(living -> living.record())
                    .anyMatch(one -> one.id().equals(holder) && one.version().equals(version)))
        .isPresent();
  }

  /** Lets the agent look at once, as a webhook does, and returns how that ended. */
  UpgradeRecord look() {
    int before = store.journal().history(AGENT, 100).size();
    store.journal().request(AGENT, Trigger.WEBHOOK);
    return Eventually.present(
        "the agent has looked",
        SOON,
        () ->
            Optional.of(store.journal().history(AGENT, 100))
                .filter(rows -> rows.size() > before)
                .map(rows -> rows.get(0))
                .filter(row -> row.phase().isFinal()));
  }

  /** Returns what the journal says of a step, first to last, on a line each. */
  String steps(UpgradeRecord upgrade, UpgradeStep step) {
    return store.journal().steps(upgrade.id()).stream()
        .filter(record -> record.step() == step)
        .map(StepRecord::detail)
        .collect(Collectors.joining("\n"));
  }

  /** Waits until the launcher points to a version. */
  void awaitConfirmed(String version) {
    Eventually.holds(
        "the launcher points to " + version, SOON, () -> current().equals(version + "\n"));
  }

  String current() {
    try {
      return Files.readString(home().resolve("current"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the output of launcher and agents, for a failure's message. */
  String output() throws IOException {
    StringBuilder all = new StringBuilder(Files.readString(directory.resolve("launcher.out")));
    try (Stream<Path> files = Files.walk(home().resolve("run"))) {
      for (Path file : files.filter(found -> found.endsWith("out.log")).toList()) {
        all.append(file).append(":\n").append(Files.readString(file));
      }
    }
    return all.toString();
  }

  @Override
  public void close() throws IOException {
    if (launcher.isPresent()) {
      try {
        Process stop = launcher("stop");
        if (!stop.waitFor(60, TimeUnit.SECONDS)) {
          stop.destroyForcibly();
        }
        launcher.get().waitFor(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      launcher.get().destroyForcibly();
    }
    store.close();
  }
}
