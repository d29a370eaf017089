package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.SignedDocument;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * The obligations of a {@link ReleaseSource}, one test each.
 *
 * <p>An adapter's test extends this class, and publishes what the tests ask for in a fresh place
 * for each of them.
 */
public abstract class ReleaseSourceContract {

  private static final Version VERSION = Version.parse("1.4.0-rc.1");
  private static final Version ABSENT = Version.parse("9.9.9");
  private static final String FILE = "lib/agent.jar";
  private static final int LIMIT = 1024;
  private static final int THREADS = 4;

  /** Called by the adapter's test class. */
  protected ReleaseSourceContract() {}

  /** Returns the source that is tested, over what was published until now. */
  protected abstract ReleaseSource source();

  /**
   * Publishes the index of a channel in place of an older one.
   *
   * @throws Exception if the place cannot be written to
   */
  protected abstract void publishIndex(String channel, byte[] document, byte[] signatures)
      throws Exception;

  /**
   * Publishes the manifest of a release.
   *
   * @throws Exception if the place cannot be written to
   */
  protected abstract void publishManifest(Version version, byte[] document, byte[] signatures)
      throws Exception;

  /**
   * Publishes a file of a release.
   *
   * @throws Exception if the place cannot be written to
   */
  protected abstract void publishFile(Version version, String path, byte[] content)
      throws Exception;

  @Test
  void latestReturnsTheNewestIndexOfTheChannel() throws Exception {
    publishRelease();
    publishIndex("stable", text("first"), text("first signatures"));
    publishIndex("stable", text("second"), text("second signatures"));
    publishIndex("beta", text("other"), text("other signatures"));

    assertDocument(source().latest("stable", LIMIT).orElseThrow(), "second");
    assertDocument(source().latest("beta", LIMIT).orElseThrow(), "other");
  }

  @Test
  void latestIsEmptyIfTheChannelHasNone() throws Exception {
    publishRelease();

    assertThat(source().latest("nightly", LIMIT)).isEmpty();
  }

  @Test
  void manifestReturnsTheBytesAsPublished() throws Exception {
    byte[] bytes = {0, -1, 13, 10, 32, 123, 125, -128};
    publishManifest(VERSION, bytes, text("signatures"));

    SignedDocument read = source().manifest(VERSION, LIMIT).orElseThrow();

    assertThat(read.document()).isEqualTo(bytes);
    assertThat(read.signatures()).isEqualTo(text("signatures"));
  }

  @Test
  void manifestIsEmptyIfThereIsNoSuchRelease() throws Exception {
    publishRelease();

    assertThat(source().manifest(ABSENT, LIMIT)).isEmpty();
  }

  @Test
  void documentsAtTheLimitAreRead() throws Exception {
    publishManifest(VERSION, new byte[LIMIT], new byte[LIMIT]);
    publishIndex("stable", new byte[LIMIT], new byte[LIMIT]);

    assertThat(source().manifest(VERSION, LIMIT).orElseThrow().document()).hasSize(LIMIT);
    assertThat(source().latest("stable", LIMIT).orElseThrow().signatures()).hasSize(LIMIT);
  }

  @Test
  void aDocumentBeyondTheLimitIsAnErrorThatSaysSo() throws Exception {
    publishManifest(VERSION, new byte[LIMIT + 1], text("signatures"));
    publishIndex("stable", new byte[LIMIT + 1], text("signatures"));

    assertThatThrownBy(() -> source().manifest(VERSION, LIMIT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(Integer.toString(LIMIT));
    assertThatThrownBy(() -> source().latest("stable", LIMIT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(Integer.toString(LIMIT));
  }

  @Test
  void signaturesBeyondTheLimitAreAnErrorThatSaysSo() throws Exception {
    publishManifest(VERSION, text("manifest"), new byte[LIMIT + 1]);

    assertThatThrownBy(() -> source().manifest(VERSION, LIMIT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(Integer.toString(LIMIT));
  }

  @Test
  void openReturnsTheFileFromTheBeginningAtEachCall() throws Exception {
    publishRelease();
    ReleaseSource source = source();

    try (InputStream first = source.open(VERSION, FILE)) {
      assertThat(first.read()).isEqualTo('c');
      assertThat(content(source)).isEqualTo("content");
    }
    assertThat(content(source)).isEqualTo("content");
  }

  @Test
  void anEmptyFileIsAnEmptyStream() throws Exception {
    publishRelease();
    publishFile(VERSION, "empty", new byte[0]);

    try (InputStream in = source().open(VERSION, "empty")) {
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  @Test
  void aFileThatDoesNotExistIsAnError() throws Exception {
    publishRelease();

    assertThatThrownBy(() -> readAll(VERSION, "lib/absent.jar")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> readAll(ABSENT, FILE)).isInstanceOf(IOException.class);
  }

  @Test
  void aPathThatLeavesTheReleaseIsRefused() throws Exception {
    publishRelease();
    publishFile(Version.parse("2.0.0"), "secret", text("secret"));
    List<String> paths =
        List.of(
            "../2.0.0/secret",
            "../../secret",
            "lib/../../2.0.0/secret",
            "/etc/passwd",
            "..",
            ".",
            "",
            "lib/agent.jar/..",
            "lib\u0000/agent.jar");

    for (String path : paths) {
      assertThatThrownBy(() -> readAll(VERSION, path)).as(path).isInstanceOf(IOException.class);
    }
  }

  @Test
  void severalThreadsReadAtTheSameTime() throws Exception {
    publishRelease();
    ReleaseSource source = source();
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Callable<String>> reads = new ArrayList<>();
      for (int i = 0; i < THREADS * THREADS; i++) {
        reads.add(() -> content(source));
      }
      for (Future<String> read : threads.invokeAll(reads)) {
        assertThat(read.get()).isEqualTo("content");
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void describeSaysWhatItIs() {
    assertThat(source().describe()).isNotBlank();
  }

  private void publishRelease() throws Exception {
    publishManifest(VERSION, text("manifest"), text("signatures"));
    publishFile(VERSION, FILE, text("content"));
  }

  private void readAll(Version version, String path) throws IOException {
    try (InputStream in = source().open(version, path)) {
      in.readAllBytes();
    }
  }

  private static String content(ReleaseSource source) throws IOException {
    try (InputStream in = source.open(VERSION, FILE)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void assertDocument(SignedDocument document, String content) {
    assertThat(document.document()).isEqualTo(text(content));
    assertThat(document.signatures()).isEqualTo(text(content + " signatures"));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
