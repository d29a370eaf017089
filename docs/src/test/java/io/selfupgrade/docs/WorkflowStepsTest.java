package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.selfupgrade.core.release.ReleaseTool;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The scripts of the workflow templates, run by bash with the real release tool: what one publishes
 * the other one accepts. In the place of {@code gh} and {@code mvn} stand scripts that copy files.
 */
final class WorkflowStepsTest {

  @TempDir Path directory;

  private final Map<String, String> environment = new TreeMap<>();
  private Path bin;
  private Path runner;

  @BeforeAll
  static void installTheReader() throws Exception {
    WorkflowLinter.install();
  }

  @BeforeEach
  void makeARunner() throws Exception {
    bin = Files.createDirectories(directory.resolve("jdk/bin"));
    runner = Files.createDirectories(directory.resolve("runner"));
    Files.createDirectories(directory.resolve("github"));
    Path keys = directory.resolve("keys");
    new ReleaseTool(Clock.systemUTC()).keygen(keys, "release");
    byte[] tool = "stands for the release tool".getBytes(StandardCharsets.UTF_8);
    Files.write(directory.resolve("tool.jar"), tool);
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    script(
        "java",
        "exec '%s/bin/java' -XX:TieredStopAtLevel=1 -cp '%s' %s \"${@:3}\""
            .formatted(System.getProperty("java.home"), classPath, ReleaseTool.class.getName()));
    script(
        "mvn",
        "for last; do :; done; mkdir -p \"${last#*=}\"; cp \"$ROOT/tool.jar\" \"${last#*=}/\"");
    script(
        "gh",
        """
        echo "$*" >> "$ROOT/gh.log"
        case "$1 $2" in
          'api -H') cat "$ROOT/keys/release.pub" ;;
          'release list') printf 'v1.9.0\\nv1.10.0\\nnightly\\nv1.2.0\\n' ;;
          'release view') exit 1 ;;
          'api --paginate') cat "$ROOT/tags" ;;
          'api repos/'*) echo "$GITHUB_SHA" ;;
          'release create') for it; do if [[ -f $it ]]; then cp "$it" "$ROOT/github/"; fi; done ;;
          'release download') for last; do :; done; mkdir -p "$last"; cp "$ROOT"/github/* "$last/" ;;
        esac
        """);
    environment.putAll(
        Map.of(
            "ROOT", directory.toString(),
            "JAVA_HOME_17_X64", directory.resolve("jdk").toString(),
            "RUNNER_TEMP", runner.toString(),
            "GITHUB_ENV", directory.resolve("env").toString(),
            "GITHUB_STEP_SUMMARY", directory.resolve("summary").toString(),
            "GITHUB_SHA", "4d5e6f".repeat(7).substring(0, 40),
            "GITHUB_REPOSITORY", "acme/my-bot",
            "RELEASE_TOOL", "a:b:1:jar:release-tool",
            "RELEASE_TOOL_SHA256", sha256(tool)));
    environment.put("RELEASE_KEY", Files.readString(keys.resolve("release.key")).strip());
    environment.put("AGENT", "my-bot");
  }

  @Test
  void whatIsReleasedIsWhatCanBeDeployed() throws Exception {
    release("", "stable");

    assertThat(names(directory.resolve("github")))
        .containsExactly(
            "agent.jar",
            "conf.bot.properties",
            "latest.json",
            "latest.json.sig",
            "release.json",
            "release.json.sig");
    assertThat(Files.readString(directory.resolve("gh.log")))
        .contains("release create v1.10.1 --draft --target ")
        .contains("release edit v1.10.1 --draft=false")
        .doesNotContain("--prerelease")
        .doesNotContain("PRIVATE");
    assertThat(names(runner)).as("no key is left").isEmpty();

    deploy("1.10.1");
    assertThat(directory.resolve("deploy/release/1.10.1/conf/bot.properties")).exists();
    Files.writeString(directory.resolve("github/agent.jar"), "another program");
    assertThat(fetched("1.10.1")).as("what was changed after it was published").isNotZero();
  }

  @Test
  void anotherChannelHasAnIndexOfItsOwn() throws Exception {
    release("2.0.0-beta.1", "beta");

    assertThat(names(directory.resolve("github")))
        .contains("latest-beta.json", "latest-beta.json.sig");
    assertThat(Files.readString(directory.resolve("gh.log"))).contains("--prerelease");
  }

  @Test
  void anIndexIsSignedAnewBeforeItExpiresAndNotEarlier() throws Exception {
    release("", "stable");
    Path index = directory.resolve("github/latest.json");
    String first = Files.readString(index);
    Files.writeString(
        directory.resolve("tags"), "v1.9.0\nv1.10.1\nnightly\nv1.10.1+index.3\nv1.2.0\n");
    environment.putAll(
        Map.of(
            "GH_REPO", "acme/my-bot",
            "GITHUB_RUN_NUMBER", "7",
            "GITHUB_OUTPUT", directory.resolve("env").toString()));
    environment.remove("version");
    assertThat(run("renew.yml", "look/Look when the index expires")).isZero();
    assertThat(environment).as("it has 90 days").doesNotContainKey("version");

    String soon = Instant.now().plus(Duration.ofDays(50)).toString();
    Files.writeString(
        index, first.replaceFirst("(\"expires\":\\s*)\"[^\"]+\"", "$1\"" + soon + "\""));
    assertThat(run("renew.yml", "look/Look when the index expires")).isZero();
    assertThat(environment).containsEntry("version", "1.10.1");
    environment.put("VERSION", environment.get("version"));
    for (String step : WorkflowLinter.scripts("renew.yml").keySet()) {
      if (step.startsWith("renew/")) {
        assertThat(run("renew.yml", step)).as(step).isZero();
      }
    }

    assertThat(Files.readString(directory.resolve("gh.log")))
        .contains("release download v1.10.1+index.3 --pattern latest.json --dir look")
        .contains(
            "release create v1.10.1+index.7 --draft --target " + environment.get("GITHUB_SHA"))
        .contains("release edit v1.10.1+index.7 --draft=false --latest=false")
        .doesNotContain("--prerelease")
        .doesNotContain("PRIVATE");
    assertThat(names(runner)).as("no key is left").isEmpty();
    assertThat(Files.readString(index)).contains("1.10.1").doesNotContain(soon).isNotEqualTo(first);
    deploy("1.10.1");
  }

  @Test
  void indexOfAChannelIsThatOfItsHighestVersion() throws Exception {
    release("2.0.0-beta.10", "beta");
    Files.writeString(
        directory.resolve("tags"),
        "v2.0.0-beta.2\nv2.0.0-beta.10\nv2.0.0-beta.9+index.4\nv1.9.0\n");
    environment.put("GH_REPO", "acme/my-bot");
    environment.put("GITHUB_OUTPUT", directory.resolve("env").toString());

    assertThat(run("renew.yml", "look/Look when the index expires")).isZero();

    assertThat(Files.readString(directory.resolve("gh.log")))
        .contains("release download v2.0.0-beta.10 --pattern latest-beta.json --dir look");
  }

  @Test
  void aVersionThatIsNoneEndsTheWorkflows() throws Exception {
    environment.put("WANTED", "1.4.0\nRELEASE_KEY=x");
    environment.put("CHANNEL", "stable");
    assertThat(run("release.yml", "sign/Settle the version")).isNotZero();
    for (String version : new String[] {"", "1.4", "1.4.0; rm -rf x", "$(touch x)"}) {
      environment.putAll(Map.of("ACTION", "deploy", "VERSION", version, "UPGRADE", ""));
      assertThat(run("deploy.yml", "deploy/Check what is asked for")).as(version).isNotZero();
    }
    assertThat(directory.resolve("env")).doesNotExist();
  }

  @Test
  void aDeploymentIsOverWhenThatVersionAnswersAndNotBefore() throws Exception {
    AtomicReference<String> answer =
        new AtomicReference<>("{\"status\":\"UP\",\"version\":\"1.3.0\"}");
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 5);
    server.createContext(
        "/health",
        exchange -> {
          try (exchange) {
            byte[] text = answer.get().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, text.length);
            exchange.getResponseBody().write(text);
          }
          answer.set("{\"status\":\"UP\",\"version\":\"1.4.0\"}");
        });
    server.start();
    try {
      environment.put(
          "HEALTH_URL", "http://127.0.0.1:" + server.getAddress().getPort() + "/health");
      environment.put("VERSION", "1.4.0");
      script("sleep", "echo slept >> \"$ROOT/slept\"");

      assertThat(run("deploy.yml", "deploy/Wait until that version answers")).isZero();
      assertThat(Files.readString(directory.resolve("slept"))).isEqualTo("slept\n");
      answer.set("{\"status\":\"DOWN\",\"version\":\"1.4.0\"}");
      server.removeContext("/health");
      assertThat(run("deploy.yml", "deploy/Wait until that version answers")).isNotZero();
    } finally {
      server.stop(0);
    }
  }

  private void release(String version, String channel) throws Exception {
    Path work = Files.createDirectories(directory.resolve("sign"));
    agentJar(work.resolve("agent.jar"));
    environment.put("WANTED", version);
    environment.put("CHANNEL", channel);
    for (String step : WorkflowLinter.scripts("release.yml").keySet()) {
      if (step.startsWith("sign/")) {
        assertThat(run("release.yml", step)).as(step).isZero();
      }
    }
  }

  private void deploy(String version) throws Exception {
    environment.putAll(Map.of("ACTION", "deploy", "VERSION", version, "UPGRADE", ""));
    assertThat(run("deploy.yml", "deploy/Check what is asked for")).isZero();
    assertThat(fetched(version)).isZero();
  }

  private int fetched(String version) throws Exception {
    environment.put("VERSION", version);
    Path work = Files.createDirectories(directory.resolve("deploy"));
    Files.copy(
        directory.resolve("keys/release.pub"),
        work.resolve("release.pub"),
        StandardCopyOption.REPLACE_EXISTING);
    return run("deploy.yml", "deploy/Fetch and verify the release");
  }

  /** Runs a step as a runner does, in the directory of its job; returns its exit code. */
  private int run(String template, String step) throws Exception {
    Path script = directory.resolve("step.sh");
    String text = WorkflowLinter.scripts(template).get(step);
    String file = "--smoke-arg=--smoke --file conf/bot.properties=release.pub";
    Files.writeString(
        script, text.replace("tries < 60", "tries < 5").replace("--smoke-arg=--smoke", file));
    String work = step.substring(0, step.indexOf('/'));
    ProcessBuilder builder =
        new ProcessBuilder("bash", "--noprofile", "--norc", "-eo", "pipefail", script.toString())
            .directory(Files.createDirectories(directory.resolve(work)).toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("log").toFile()));
    Map<String, String> variables = builder.environment();
    variables.putAll(environment);
    variables.put("PATH", bin + ":" + System.getenv("PATH"));
    Process process = builder.start();
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).as(step).isTrue();
    takeOverVariables();
    return process.exitValue();
  }

  private void takeOverVariables() throws IOException {
    Path file = directory.resolve("env");
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        environment.put(line.split("=", 2)[0], line.split("=", 2)[1]);
      }
    }
  }

  private void script(String name, String text) throws IOException {
    Path file = bin.resolve(name);
    Files.writeString(file, "#!/usr/bin/env bash\n" + text + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private static void agentJar(Path file) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, FigureHost.class.getName());
    String entry = FigureHost.class.getName().replace('.', '/') + ".class";
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out, manifest)) {
      jar.putNextEntry(new ZipEntry(entry));
      jar.write(FigureHost.class.getResourceAsStream("/" + entry).readAllBytes());
    }
  }

  private static Stream<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList().stream();
    }
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
