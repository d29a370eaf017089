package io.selfupgrade.world;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Version;
import io.selfupgrade.core.release.ReleaseRecipe;
import io.selfupgrade.core.release.ReleaseTool;
import io.selfupgrade.core.release.SigningKeyFiles;
import io.selfupgrade.launcher.Launcher;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.KeyChange;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.Smoke;
import io.selfupgrade.upgrade.Trust;
import io.selfupgrade.upgrade.UpgradeOutcome;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A database of its own, a home with a launcher, a folder of releases, and a look at all of them.
 */
public final class World implements AutoCloseable {

  /** Longest wait for anything that should happen. */
  public static final Duration SOON = Duration.ofSeconds(90);

  /** What a JVM starts fastest with; the class files are those that were just compiled. */
  static final List<String> QUICK_START =
      List.of(
          "-XX:TieredStopAtLevel=1",
          "-XX:+UseSerialGC",
          "-XX:-UsePerfData",
          "-XX:+IgnoreUnrecognizedVMOptions",
          "-XX:+UnlockDiagnosticVMOptions",
          "-XX:-BytecodeVerificationRemote");

  /** The agent's name. */
  public static final AgentName AGENT = new AgentName("world");

  private final Path directory;
  private final WorldDatabase database;
  private final SigningKeyFiles key;
  private final ReleaseTool tool = new ReleaseTool(Clock.systemUTC());
  private final PostgresStore store;
  private final int port;
  private final Halts halts;
  private final Contents contents;
  private volatile @Nullable Process launcher;
  private volatile boolean restarting;

  /** Makes an empty world in a directory, with a database on that server. */
  public World(Path directory, EmbeddedPostgres server) throws IOException, SQLException {
    this.directory = directory;
    this.key = tool.keygen(directory, "release");
    this.contents = new Contents(directory);
    this.port = freePort();
    this.halts = new Halts(directory.resolve("halts"));
    this.database = new WorldDatabase(server);
    execute("create table public.migrated (version text not null)");
    execute("create table public.ticks (due timestamptz not null)");
    this.store = PostgresStore.at(database.url());
    store.open(SchemaMode.APPLY);
  }

  /** Publishes a version; its agent gets these arguments. */
  public Path publish(String version, String... args) throws Exception {
    Path release = make(version, args);
    tool.publish(release, "stable", List.of(key.privateKey()));
    return release;
  }

  /** Makes and signs a version without publishing it. */
  public Path make(String version, String... args) throws Exception {
    return make(version, KeyChange.NONE, List.of(key), args);
  }

  /** Makes a version that changes keys, signed by these. */
  public Path make(String version, KeyChange keys, List<SigningKeyFiles> signers, String... args)
      throws Exception {
    List<String> smoke = new ArrayList<>(List.of(args));
    smoke.add("smoke");
    Path release =
        tool.make(
            directory.resolve("releases"),
            ReleaseRecipe.of(AGENT.value(), Version.parse(version))
                .jar(contents.jar(version))
                .archive("models", contents.models(version))
                .heapMb(96)
                .jvmArgs(QUICK_START)
                .args(List.of(args))
                .keys(keys)
                .migrations(contents.migrations(version))
                .smoke(new Smoke(smoke, Duration.ofSeconds(15), 64)));
    tool.sign(release, signers.stream().map(SigningKeyFiles::privateKey).toList());
    return release;
  }

  /** Publishes a release that was made before. */
  public void publish(Path release) throws Exception {
    publish(release, key);
  }

  /** Publishes a release that was made before by an index that this key signs. */
  public void publish(Path release, SigningKeyFiles signer) throws Exception {
    tool.publish(release, "stable", List.of(signer.privateKey()));
  }

  /** Returns the key that the agent trusts from the beginning. */
  public SigningKeyFiles key() {
    return key;
  }

  /** Makes another key. */
  public SigningKeyFiles newKey(String name) throws IOException {
    return tool.keygen(directory, name);
  }

  /** Installs the first version and starts the launcher. */
  public void start(String version, String... args) throws Exception {
    tool.install(home(), make(version, args), Trust.keys(Keys.file(key.publicKey())));
    startLauncher();
  }

  /** Starts a launcher. */
  public void startLauncher() throws IOException {
    Process started =
        start(WorldLauncher.class, "launcher.out", Map.of(), "run", home().toString());
    launcher = started;
    var unused = started.onExit().thenAccept(this::ended);
  }

  /** Starts an agent without a launcher. */
  Process startAgent(String... args) throws IOException {
    return start(WorldAgent.class, "agent.out", Map.of(), args);
  }

  /** Starts an agent without a launcher, in an environment that says more. */
  Process startAgent(Map<String, String> more, String... args) throws IOException {
    return start(WorldAgent.class, "agent.out", more, args);
  }

  private Process start(Class<?> main, String output, Map<String, String> more, String... args)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(java()));
    command.addAll(QUICK_START);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.put("WORLD_DB", database.urlOfAgents());
    environment.put("WORLD_RELEASES", directory.resolve("releases").toString());
    environment.put("WORLD_KEY", key.publicKey().toString());
    environment.put("WORLD_PORT", Integer.toString(port));
    environment.put("WORLD_HALTS", directory.resolve("halts").toString());
    environment.put("WORLD_CLOCK", clock().toString());
    environment.putAll(more);
    builder.redirectErrorStream(true);
    builder.redirectOutput(Redirect.appendTo(directory.resolve(output).toFile()));
    return builder.start();
  }

  /** Returns the file that says by how many seconds the agents' clocks are wrong. */
  Path clock() {
    return directory.resolve("clock");
  }

  /** Leaves launchers that end where they are. */
  void restartNoLauncher() {
    restarting = false;
  }

  /** Starts a launcher again whenever one is killed, as a service manager would. */
  public void restartKilledLaunchers() {
    restarting = true;
  }

  private void ended(Process process) {
    if (restarting && process.exitValue() != 0) {
      try {
        startLauncher();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Returns the launcher's process. */
  public Process launcher() {
    return Objects.requireNonNull(launcher, "started before");
  }

  /** Asks the next agent that looks to do something, once: {@code restart} or {@code exit}. */
  void wish(String what) throws IOException {
    Files.createFile(directory.resolve("wish-" + what));
  }

  /** Tells whether nobody has looked yet. */
  boolean isWished(String what) {
    return Files.exists(directory.resolve("wish-" + what));
  }

  /** Returns the launcher's home. */
  public Path home() {
    return directory.resolve("home");
  }

  /** Waits until an upgrade to that version is over. */
  public UpgradeOutcome outcome(String version) {
    Eventually.holds(
        "the upgrade to " + version + " is over",
        SOON,
        () -> record(version).isPresent() && ended(version));
    return record(version).orElseThrow().outcome().orElseThrow();
  }

  /** Returns the newest upgrade to that version. */
  public Optional<UpgradeRecord> record(String version) {
    return store.journal().history(AGENT, 100).stream()
        .filter(row -> row.target().isPresent())
        .filter(row -> row.target().get().version().equals(Version.parse(version)))
        .findFirst();
  }

  /** Waits until an instance of that version leads and a tick is committed by it. */
  public void awaitTicking(String version) {
    Eventually.holds(version + " ticks", SOON, () -> ticking(version));
  }

  /** Returns the process id of the primary. */
  public long primaryPid() throws IOException {
    return pid(store.leadership().read(AGENT).orElseThrow().fence().holder().toString());
  }

  /** Returns the process id of an instance that a launcher started. */
  long pid(String instance) throws IOException {
    Properties child = new Properties();
    Path file = home().resolve("run/" + instance + "/child");
    child.load(Files.newBufferedReader(file));
    return Long.parseLong(child.getProperty("pid"));
  }

  /** Returns a single number. */
  public long number(String query) {
    return database.number(query);
  }

  /** Runs a statement. */
  public void execute(String sql) throws SQLException {
    database.execute(sql);
  }

  /** Returns the way of the agents to their database. */
  Wire wire() {
    return database.wire();
  }

  /** Returns the store that the world looks at. */
  public PostgresStore store() {
    return store;
  }

  /** Returns the points at which its processes end. */
  public Halts halts() {
    return halts;
  }

  /** Returns where the world keeps its files. */
  public Path directory() {
    return directory;
  }

  /** Lets {@code launcher stop} end all that runs. */
  void stop() throws IOException {
    Process stop =
        new ProcessBuilder(
                java(),
                "-cp",
                System.getProperty("java.class.path"),
                Launcher.class.getName(),
                "stop",
                home().toString())
            .redirectErrorStream(true)
            .redirectOutput(new File("/dev/null"))
            .start();
    endWithin(stop, 40);
  }

  @Override
  public void close() throws IOException {
    restarting = false;
    stop();
    Process last = launcher;
    if (last != null) {
      last.destroyForcibly();
    }
    store.close();
    database.close();
  }

  private static void endWithin(Process process, int seconds) {
    try {
      if (process.waitFor(seconds, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process.destroyForcibly();
  }

  private boolean ended(String version) {
    return record(version).map(row -> row.phase().isFinal()).orElse(false);
  }

  private boolean ticking(String version) {
    return number(
            "select count(*) from selfupgrade.leadership l"
                + " join selfupgrade.instances i on i.id = l.holder and i.version = '"
                + version
                + "' join selfupgrade.task_runs r on r.holder = l.holder"
                + " and r.epoch = l.epoch and r.state = 'SUCCEEDED'")
        > 0;
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
