package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * An asset of any size goes through a small heap: 64 MiB, or 2 GiB with {@code -Dlong}, through a
 * process of 32 MiB.
 */
final class AssetHeapTest {

  private static final long BYTES = System.getProperty("long") == null ? 64L << 20 : 2L << 30;
  private static final long MOST_MINUTES = 5;
  private static final String PATH = "/repos/acme/bot";

  @RegisterExtension final StandIn github = new StandIn();

  private HttpServer files;

  @BeforeEach
  void serve() throws IOException {
    files = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    files.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, BYTES);
          byte[] part = new byte[1 << 20];
          try (OutputStream out = exchange.getResponseBody()) {
            for (long sent = 0; sent < BYTES; sent += part.length) {
              out.write(part);
            }
          }
        });
    files.start();
  }

  @AfterEach
  void stop() {
    files.stop(0);
  }

  @Test
  void assetIsLargerThanTheHeap() throws Exception {
    ObjectNode release = Samples.of("release").put("tag_name", "v1.0.0");
    release
        .putArray("assets")
        .add(
            Samples.of("release-asset")
                .put("id", 7)
                .put("name", "big.bin")
                .put("state", "uploaded")
                .put("size", BYTES));
    github.on(get(urlPathEqualTo(PATH)), StandIn.json(Samples.of("full-repository")));
    github.on(get(urlPathEqualTo(PATH + "/releases/tags/v1.0.0")), StandIn.json(release));
    github.on(
        get(urlPathEqualTo(PATH + "/git/ref/tags%2Fv1.0.0")), StandIn.json(Samples.of("git-ref")));
    String location = "http://127.0.0.1:" + files.getAddress().getPort() + "/big?sig=secret";
    github.on(
        get(urlPathEqualTo(PATH + "/releases/assets/7")),
        aResponse().withStatus(302).withHeader("Location", location));

    String said = pull();

    System.out.println("pulled an asset with -Xmx32m: " + said.strip());
    assertThat(said).startsWith(BYTES + " bytes");
  }

  private String pull() throws Exception {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx32m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    AssetPull.class.getName(),
                    github.url()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(MOST_MINUTES, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).isZero();
      return said;
    } finally {
      process.destroyForcibly();
    }
  }
}
