package io.selfupgrade.examples.github;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** As much of GitHub's API as a reader of releases asks for, on this machine. */
final class LocalGitHub implements AutoCloseable {

  private static final String REPOSITORY = "acme/github-agent";
  private static final String PATH = "/repos/" + REPOSITORY;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, Map<String, Path>> releases =
      Collections.synchronizedMap(new LinkedHashMap<>());
  private final Map<Path, String> digests = Collections.synchronizedMap(new LinkedHashMap<>());
  private final List<Path> assets = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger unchanged = new AtomicInteger();

  LocalGitHub() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  /** Returns what a client needs to find it. */
  Map<String, String> environment() {
    URI api = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    return Map.of(
        "GITHUB_REPOSITORY",
        REPOSITORY,
        "GITHUB_API_URL",
        api.toString(),
        "GITHUB_TOKEN",
        "a-token-of-nobody");
  }

  /**
   * Publishes a release as {@code gh release create} would.
   *
   * @param directory whose files become assets, a slash in their path a dot
   * @param indexes files beside it that become assets too
   */
  void release(String tag, Path directory, List<Path> indexes) throws IOException {
    Map<String, Path> files = new LinkedHashMap<>();
    try (Stream<Path> found = Files.walk(directory)) {
      found
          .filter(Files::isRegularFile)
          .sorted()
          .forEach(
              file -> files.put(directory.relativize(file).toString().replace('/', '.'), file));
    }
    indexes.forEach(file -> files.put(file.getFileName().toString(), file));
    for (Path file : files.values()) {
      digests.put(file, sha256(Files.readAllBytes(file)));
    }
    assets.addAll(files.values());
    releases.put(tag, files);
  }

  /** Returns how often it was asked, and how often it said that nothing changed, which is free. */
  String counts() {
    return asked + " requests, " + unchanged + " of them answered 304";
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    asked.incrementAndGet();
    String path = exchange.getRequestURI().getPath();
    try (exchange) {
      if (path.equals(PATH)) {
        json(exchange, "{\"id\": 1, \"full_name\": \"" + REPOSITORY + "\"}");
      } else if (path.equals(PATH + "/releases")) {
        json(exchange, releases.keySet().stream().map(this::json).collect(list()));
      } else if (path.startsWith(PATH + "/releases/tags/")) {
        String tag = path.substring((PATH + "/releases/tags/").length());
        jsonOr404(exchange, releases.containsKey(tag) ? json(tag) : "");
      } else if (path.startsWith(PATH + "/git/ref/tags/")) {
        String tag = path.substring((PATH + "/git/ref/tags/").length());
        jsonOr404(exchange, releases.containsKey(tag) ? reference(tag) : "");
      } else if (path.startsWith(PATH + "/releases/assets/")) {
        int id = Integer.parseInt(path.substring((PATH + "/releases/assets/").length()));
        Path file = assets.get(id - 1);
        exchange.sendResponseHeaders(200, Files.size(file));
        Files.copy(file, exchange.getResponseBody());
      } else {
        jsonOr404(exchange, "");
      }
    }
  }

  private void json(HttpExchange exchange, String body) throws IOException {
    String etag = "\"" + sha256(body.getBytes(StandardCharsets.UTF_8)) + "\"";
    exchange.getResponseHeaders().set("ETag", etag);
    if (etag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
      unchanged.incrementAndGet();
      exchange.sendResponseHeaders(304, -1);
    } else {
      send(exchange, 200, body);
    }
  }

  private void jsonOr404(HttpExchange exchange, String body) throws IOException {
    if (body.isEmpty()) {
      send(exchange, 404, "{\"message\": \"Not Found\"}");
    } else {
      json(exchange, body);
    }
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private String json(String tag) {
    String files =
        releases.getOrDefault(tag, Map.of()).entrySet().stream()
            .map(file -> asset(file.getKey(), file.getValue()))
            .collect(list());
    return "{\"tag_name\": \""
        + tag
        + "\", \"draft\": false, \"prerelease\": false, \"immutable\": false, \"assets\": "
        + files
        + "}";
  }

  private String asset(String name, Path file) {
    try {
      return "{\"id\": "
          + (assets.indexOf(file) + 1)
          + ", \"name\": \""
          + name
          + "\", \"state\": \"uploaded\", \"size\": "
          + Files.size(file)
          + ", \"digest\": \"sha256:"
          + digests.get(file)
          + "\"}";
    } catch (IOException e) {
      throw new IllegalStateException(file + " cannot be read", e);
    }
  }

  /** Tags lie still: the commit is made from the name. */
  private static String reference(String tag) {
    String commit = sha256(tag.getBytes(StandardCharsets.UTF_8)).substring(0, 40);
    return "{\"ref\": \"refs/tags/"
        + tag
        + "\", \"object\": {\"type\": \"commit\", \"sha\": \""
        + commit
        + "\"}}";
  }

  private static Collector<CharSequence, ?, String> list() {
    return Collectors.joining(", ", "[", "]");
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
