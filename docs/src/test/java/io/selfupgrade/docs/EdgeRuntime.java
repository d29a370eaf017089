package io.selfupgrade.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.supabase.TestDatabase;
import io.selfupgrade.testkit.Eventually;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The Edge Functions on Deno, on a port of their own, at the paths that Supabase gives them. */
final class EdgeRuntime implements AutoCloseable {

  static final Path SOURCE =
      Module.root().resolve("selfupgrade-supabase/src/main/resources/supabase/functions");
  static final Path HOME = Module.root().resolve("docs/target/edge");
  static final List<String> FUNCTIONS =
      List.of("self-upgrade", "agent-core", "health", "register", "github-webhook");

  static final String AGENT = "my-bot";
  static final String SECRET_KEY = "sb_secret_tests_0123456789abcdef_x";
  static final String OTHER_KEY = "sb_secret_tests_fedcba9876543210_y";
  static final String LEGACY_KEY = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmVk";
  static final String WEBHOOK_SECRET = "a secret of thirty-two characters";

  private static final Path TOOLS = Module.root().resolve("docs/src/test/edge");
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Pattern PORT = Pattern.compile("(?m)^port ([0-9]+)$");
  private static final Pattern JDBC =
      Pattern.compile("jdbc:postgresql://([^/]+)/([^?]+)\\?(.*)", Pattern.DOTALL);

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Process process;
  private final Path log;
  private final int port;

  private EdgeRuntime(Process process, Path log) {
    this.process = process;
    this.log = log;
    Eventually.holds(
        "the functions listen", SOON, () -> !process.isAlive() || PORT.matcher(text()).find());
    Matcher found = PORT.matcher(text());
    assertThat(found.find()).as("the functions have ended: %s", text()).isTrue();
    this.port = Integer.parseInt(found.group(1));
  }

  /** Installs Deno, and lays the functions beside it. */
  static void install() throws Exception {
    Npm.install(TOOLS, HOME, "Edge Functions are not tested");
    try (Stream<Path> files = Files.walk(SOURCE)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = HOME.resolve("functions").resolve(SOURCE.relativize(file).toString());
        Npm.replace(copy, Files.readAllBytes(file));
      }
    }
  }

  /** Returns Deno's own program: what npm calls `deno` starts it as a process of its own. */
  static Path deno() throws IOException {
    try (Stream<Path> platforms = Files.list(HOME.resolve("node_modules/@deno"))) {
      return platforms.map(each -> each.resolve("deno")).filter(Files::exists).findFirst().get();
    }
  }

  /** Runs Deno to its good end, and returns what it printed. */
  static String deno(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("env", "NO_COLOR=1", "DENO_DIR=" + HOME.resolve("deno-dir")));
    command.add(deno().toString());
    command.addAll(List.of(arguments));
    return Npm.run(HOME, command.toArray(new String[0]));
  }

  /** Starts them with a database, the usual settings, and some others; an empty one is not set. */
  static EdgeRuntime start(String jdbcUrl, Map<String, String> others) throws Exception {
    install();
    Map<String, String> settings = new HashMap<>();
    settings.put("SUPABASE_DB_URL", databaseUrl(jdbcUrl));
    settings.put(
        "SUPABASE_SECRET_KEYS",
        "{\"default\": \"" + SECRET_KEY + "\", \"other\": \"" + OTHER_KEY + "\"}");
    settings.put("SUPABASE_SERVICE_ROLE_KEY", LEGACY_KEY);
    settings.put("SELFUPGRADE_AGENT", AGENT);
    settings.put("SELFUPGRADE_REPOSITORY", "acme/my-bot");
    settings.put("SELFUPGRADE_WEBHOOK_SECRET", WEBHOOK_SECRET);
    settings.putAll(others);
    settings.values().removeIf(String::isEmpty);
    Path log = Files.createTempFile(HOME, "functions", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(
                deno().toString(),
                "run",
                "--no-prompt",
                "--allow-env",
                "--allow-net=127.0.0.1",
                "serve.ts")
            .directory(HOME.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().clear();
    builder.environment().putAll(settings);
    builder.environment().put("NO_COLOR", "1");
    builder.environment().put("DENO_NO_UPDATE_CHECK", "1");
    builder.environment().put("DENO_DIR", HOME.resolve("deno-dir").toString());
    return new EdgeRuntime(builder.start(), log);
  }

  static EdgeRuntime start(TestDatabase database, Map<String, String> others) throws Exception {
    return start(database.jdbcUrl(), others);
  }

  /** The form of SUPABASE_DB_URL. */
  static String databaseUrl(String jdbcUrl) {
    Matcher parts = JDBC.matcher(jdbcUrl);
    if (!parts.matches()) {
      throw new IllegalArgumentException("no URL of JDBC");
    }
    Map<String, String> query = new HashMap<>();
    for (String pair : parts.group(3).split("&", -1)) {
      query.put(pair.replaceAll("=.*", ""), pair.replaceAll("^[^=]*=", ""));
    }
    return "postgresql://"
        + query.get("user")
        + ":"
        + URLEncoder.encode(query.get("password"), StandardCharsets.UTF_8)
        + "@"
        + parts.group(1)
        + "/"
        + parts.group(2);
  }

  URI project() {
    return URI.create("http://127.0.0.1:" + port);
  }

  int port() {
    return port;
  }

  URI at(String function) {
    return project().resolve("/functions/v1/" + function);
  }

  /** Posts JSON with the secret key. */
  HttpResponse<String> post(String function, String json) throws Exception {
    return send(request(function).header("apikey", SECRET_KEY), json);
  }

  /** Begins a request with JSON's content type. */
  HttpRequest.Builder request(String function) {
    return HttpRequest.newBuilder(at(function))
        .timeout(SOON)
        .header("content-type", "application/json");
  }

  HttpResponse<String> send(HttpRequest.Builder request, String body) throws Exception {
    return send(request.POST(BodyPublishers.ofString(body)).build());
  }

  HttpResponse<String> send(HttpRequest request) throws Exception {
    return client.send(request, BodyHandlers.ofString());
  }

  /** Returns what the functions have logged. */
  String text() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Ends them; what they leave is deleted. */
  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      process.onExit().get(30, TimeUnit.SECONDS);
    } catch (ExecutionException | InterruptedException | TimeoutException e) {
      process.destroyForcibly();
      throw new AssertionError("the functions did not end with their standard input", e);
    }
    Files.delete(log);
  }
}
