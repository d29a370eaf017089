package io.selfupgrade.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** A home directory with slots of {@link TestAgent}, and every process that a test starts in it. */
final class TestHome implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final List<String> QUICK_JVM =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx48m");
  private static final String AGENT_CLASS = TestAgent.class.getName().replace('.', '/') + ".class";

  final Home home;
  private final ProcessTable table = ProcessTable.ofThisHost();
  private final List<Process> launchers = new ArrayList<>();

  TestHome(Path root) {
    home = Home.at(root);
  }

  /** What a command printed, and its exit code. */
  record Outcome(int code, String out, String err) {}

  void install(String version, String... args) throws IOException {
    Path slot = Files.createDirectories(home.slot(version));
    Path jar = slot.resolve("agent.jar");
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, TestAgent.class.getName());
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
        InputStream in = TestAgent.class.getClassLoader().getResourceAsStream(AGENT_CLASS)) {
      out.putNextEntry(new JarEntry(AGENT_CLASS));
      in.transferTo(out);
    }
    Program program = new Program("agent.jar", "", List.of(), QUICK_JVM, List.of(args), 48);
    new LaunchFile("agent", version, "", program, List.of(slotFile(slot, "agent.jar")))
        .encode()
        .write(slot.resolve(LaunchFile.FILE_NAME));
  }

  void confirm(String version) throws IOException {
    home.confirm(version);
  }

  static SlotFile slotFile(Path slot, String path) throws IOException {
    byte[] content = Files.readAllBytes(slot.resolve(path));
    return new SlotFile(path, content.length, sha256(content));
  }

  static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  Process startLauncher(String... jvmArgs) throws IOException {
    return startLauncher(FastLauncher.class, List.of(jvmArgs));
  }

  Process startLauncher(Class<?> program, List<String> jvmArgs) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(QUICK_JVM);
    command.addAll(jvmArgs);
    command.add("-cp");
    command.add(classPath());
    command.add(program.getName());
    command.add("run");
    command.add(home.toString());
    Process launcher =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(home.root().resolve("launcher.out").toFile()))
            .start();
    launchers.add(launcher);
    return launcher;
  }

  /** A second process on the same classes, with its output. */
  Outcome inAnotherProcess(String command) throws IOException, InterruptedException {
    Process process = startLauncherCommand(command);
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return new Outcome(process.exitValue(), out, out);
  }

  private Process startLauncherCommand(String command) throws IOException {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(QUICK_JVM);
    line.addAll(
        List.of("-cp", classPath(), FastLauncher.class.getName(), command, home.toString()));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    launchers.add(process);
    return process;
  }

  Outcome execute(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        FastLauncher.inThisProcess(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8))
            .execute(List.of(args));
    return new Outcome(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  void killHard(Process process) {
    process.destroyForcibly();
    awaitTrue("the end of a launcher", () -> !process.isAlive());
  }

  /** Waits for a living, ready instance of this role and version that is none of these. */
  UUID awaitReady(Role role, String version, UUID... except) {
    return eventually(
        role + " " + version,
        () ->
            living().stream()
                .filter(run -> !List.of(except).contains(run.instance()))
                .filter(run -> is(run, role, version))
                .filter(run -> Files.exists(run.request(RequestKind.READY)))
                .map(RunDirectory::instance)
                .findFirst()
                .orElse(null));
  }

  /** Returns the instances whose process is alive. */
  List<RunDirectory> living() throws IOException {
    List<RunDirectory> living = new ArrayList<>();
    if (Files.isDirectory(home.run())) {
      for (RunDirectory run : Attestations.runDirectories(home)) {
        if (process(run).isPresent()) {
          living.add(run);
        }
      }
    }
    return living;
  }

  List<UUID> livingInstances() throws IOException {
    return living().stream().map(RunDirectory::instance).toList();
  }

  Optional<ProcessMark> process(RunDirectory run) throws IOException {
    Optional<ProcessMark> recorded = ChildRecord.read(run).map(ChildRecord::process);
    return recorded.filter(table::alive).or(() -> table.find(run.instance()));
  }

  ChildRecord record(UUID instance) throws IOException {
    return ChildRecord.read(home.run(instance)).orElseThrow();
  }

  void killHard(UUID instance) throws IOException {
    process(home.run(instance))
        .flatMap(process -> ProcessHandle.of(process.pid()))
        .ifPresent(ProcessHandle::destroyForcibly);
  }

  void command(UUID instance, String command) throws IOException {
    Path file = home.run(instance).path().resolve("command");
    DurableFile.replace(file, command.getBytes(StandardCharsets.UTF_8));
  }

  void tryVersion(UUID by, String version, UUID upgrade, long epoch, long limitMillis)
      throws IOException {
    command(
        by,
        "write try version="
            + version
            + " upgrade="
            + upgrade
            + " epoch="
            + epoch
            + " limitMillis="
            + limitMillis);
  }

  void write(UUID by, RequestKind kind, UUID upgrade, long epoch) throws IOException {
    command(by, "write " + kind.fileName() + " upgrade=" + upgrade + " epoch=" + epoch);
  }

  Reaped awaitReaped(UUID instance) {
    return eventually(
        "attestation of " + instance, () -> Reaped.read(home.run(instance)).orElse(null));
  }

  Candidate awaitCandidate(String what, Predicate<Candidate> condition) {
    return eventually(
        "candidate " + what, () -> Candidate.read(home).filter(condition).orElse(null));
  }

  void awaitTrue(String what, Callable<Boolean> condition) {
    eventually(what, () -> condition.call() ? Boolean.TRUE : null);
  }

  List<JournalEntry> events(JournalEvent event) throws IOException {
    return Journal.read(home, 0).stream()
        .filter(entry -> entry.event().equals(event.name()))
        .toList();
  }

  <T> T eventually(String what, Callable<T> look) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        T found = look.call();
        if (found != null) {
          return found;
        }
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError("Not seen in " + PATIENCE + ": " + what + "\n" + story());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new AssertionError("While waiting for " + what, e);
      }
      LockSupport.parkNanos(10_000_000);
    }
  }

  /** Ends every process that was started in this home, whatever the test did. */
  @Override
  public void close() throws IOException {
    for (Process launcher : launchers) {
      killHard(launcher);
    }
    if (!Files.isDirectory(home.run())) {
      return;
    }
    for (RunDirectory run : living()) {
      killHard(run.instance());
    }
    awaitTrue("the end of every child", () -> living().isEmpty());
  }

  private boolean is(RunDirectory run, Role role, String version) {
    try {
      return ChildRecord.read(run)
          .filter(record -> record.role() == role && record.version().equals(version))
          .isPresent();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String story() throws IOException {
    StringBuilder story = new StringBuilder("Living: " + livingInstances() + "\n");
    Journal.read(home, 0).forEach(entry -> story.append(entry).append('\n'));
    Path out = home.root().resolve("launcher.out");
    return story + (Files.exists(out) ? Files.readString(out) : "");
  }

  private static String classPath() {
    return path(Launcher.class) + File.pathSeparator + path(FastLauncher.class);
  }

  private static String path(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
