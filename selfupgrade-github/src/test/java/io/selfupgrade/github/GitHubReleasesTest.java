package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.selfupgrade.agent.Version;
import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.SignedDocument;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is particular to releases on GitHub; the rest is in the contract. */
final class GitHubReleasesTest {

  private static final Version V1 = Version.parse("1.0.0");
  private static final int LIMIT = 4096;

  @RegisterExtension final StandIn github = new StandIn();

  private final Publisher publisher = new Publisher(github);
  private final InMemoryStore store = new InMemoryStore(github.clock());

  @BeforeEach
  void publish() {
    publish("v1.0.0", "one");
    publisher.answer();
  }

  @Test
  void newestIsBySemanticVersionAndNotByDateOrOrder() throws IOException {
    publish("v1.10.0", "ten");
    publish("v1.9.0", "nine");
    publish("nightly", "none");
    publish("v2.0.0-rc.1", "candidate").is("prerelease", true);
    publish("v3.0.0", "draft").is("draft", true);
    publisher.release("v4.0.0").with("other.json", bytes("{}"));
    publisher.answer();

    assertThat(latest(source())).isEqualTo("ten");
  }

  @Test
  void tagMayGoWithoutItsLetterAndBeAnObjectOfItsOwn() throws IOException {
    publish("2.0.0", "two").annotated("b".repeat(40)).at("c".repeat(40));
    publisher.answer();

    GitHubReleases source = source();

    assertThat(manifest(source, Version.parse("2.0.0"))).isEqualTo("manifest of two");
    assertThat(store.sources().pinned(github.repository().key("commit of tag 2.0.0")))
        .contains("c".repeat(40));
  }

  @Test
  void fileThatIsNotUploadedYetIsNotThere() throws IOException {
    Publisher.Release next = publish("v2.0.0", "two");
    next.asset("latest.json").put("state", "open");
    publisher.answer();

    assertThat(latest(source())).isEqualTo("one");
  }

  @Test
  void oneOfAHundredAsksAndNothingNewIsOneRequestOfStatus304() throws Exception {
    List<GitHubReleases> agents = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      agents.add(source());
    }
    assertThat(BuildScene.atOnce(agents)).containsOnly("one");
    int first = github.requests().size();
    github.clock().advance(Duration.ofHours(6));

    assertThat(BuildScene.atOnce(agents)).containsOnly("one");
    int unchanged = github.requests().size() - first;

    publish("v1.1.0", "two");
    publisher.answer();
    github.clock().advance(Duration.ofHours(6));
    assertThat(BuildScene.atOnce(agents)).containsOnly("two");
    for (GitHubReleases agent : agents) {
      assertThat(manifest(agent, Version.parse("1.1.0"))).isEqualTo("manifest of two");
    }
    List<String> asked =
        github.requests().stream().skip(first + unchanged).map(LoggedRequest::getUrl).toList();
    System.out.println(
        "requests for 100 agents on one store: first look "
            + first
            + ", nothing new "
            + unchanged
            + " (304), new release "
            + asked.stream().filter(url -> !url.contains("/releases/assets/")).toList()
            + " and assets "
            + asked.stream().filter(url -> url.contains("/releases/assets/")).count());
    assertThat(first).isEqualTo(4);
    assertThat(unchanged).isEqualTo(1);
    assertThat(asked).hasSize(8);
  }

  @Test
  void sourceWithoutAStoreAsksConditionallyToo() throws IOException {
    GitHubReleases source = github.repository().releases();
    latest(source);
    int first = github.requests().size();

    latest(source);
    assertThat(github.requests()).hasSize(first);
    github.clock().advance(Copies.FRESH.plusSeconds(1));
    latest(source);

    assertThat(github.requests()).hasSize(first + 1);
    assertThat(github.requests().get(first).getHeader("If-None-Match")).startsWith("W/");
  }

  @Test
  void newsAreLookedForAtOnce() throws IOException {
    GitHubReleases source = source();
    latest(source);
    publish("v1.1.0", "two");
    publisher.answer();
    assertThat(latest(source)).isEqualTo("one");

    source.expectNews();

    assertThat(latest(source)).isEqualTo("two");
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 308})
  void repositoryThatWasRenamedOrTransferredIsRefused(int status) throws IOException {
    GitHubReleases source = source();
    latest(source);
    github.on(
        get(urlPathEqualTo(Publisher.PATH + "/releases")),
        aResponse()
            .withStatus(status)
            .withHeader("Location", github.url() + "/repositories/42/releases"));
    github.clock().advance(Duration.ofHours(6));

    assertRefused(() -> latest(source), Kind.MOVED, "renamed or transferred, its id is 42");
  }

  @Test
  void repositoryThatTookTheNameIsRefused() throws IOException {
    GitHubReleases source = source();
    latest(source);
    publisher.resurrect(77);
    publish("v1.1.0", "two");
    publisher.answer();
    github.clock().advance(Duration.ofHours(6));

    for (GitHubReleases each : List.of(source, source())) {
      assertRefused(
          () -> latest(each),
          Kind.REPLACED,
          "the repository id of acme/bot is 77 now, and was 42 when it was first seen");
    }
  }

  @Test
  void tagThatMovedIsRefused() throws IOException {
    GitHubReleases source = source();
    manifest(source, V1);
    publisher.release("v1.0.0").at("f".repeat(40));
    publisher.answer();
    assertThat(manifest(source, V1)).isEqualTo("manifest of one");
    github.clock().advance(Duration.ofHours(6));

    for (GitHubReleases each : List.of(source, source())) {
      assertRefused(() -> manifest(each, V1), Kind.REPLACED, "the commit of tag v1.0.0");
      assertRefused(() -> each.open(V1, "lib/agent.jar"), Kind.REPLACED, "a tag of a release");
    }
  }

  @Test
  void manifestThatWasReplacedIsRefusedThoughItsIndexIsNot() throws IOException {
    GitHubReleases source = source();
    assertThat(latest(source)).isEqualTo("one");
    manifest(source, V1);
    publisher
        .release("v1.0.0")
        .with("latest.json", bytes("one, signed anew"))
        .with("release.json", bytes("another manifest"));
    publisher.answer();
    github.clock().advance(Duration.ofHours(6));

    assertThat(latest(source)).isEqualTo("one, signed anew");
    assertRefused(() -> manifest(source, V1), Kind.REPLACED, "the manifest of 1.0.0 of acme/bot");
  }

  @Test
  void fileThatIsNotWhatGitHubSaysIsAnError() throws IOException {
    publisher.release("v1.0.0").spoil("lib.agent.jar", bytes("jar of One"));
    publisher.answer();
    assertThatThrownBy(() -> read(source(), "lib/agent.jar"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("damaged on its way, or replaced");

    publisher.release("v1.0.0").spoil("lib.agent.jar", bytes("jar"));
    publisher.answer();
    assertThatThrownBy(() -> read(source(), "lib/agent.jar"))
        .hasMessageContaining("ended after 3 of 10 bytes");

    publisher.release("v1.0.0").spoil("lib.agent.jar", bytes("jar of one and more"));
    publisher.answer();
    assertThatThrownBy(() -> read(source(), "lib/agent.jar"))
        .hasMessageContaining("more than the 10 bytes");
  }

  @Test
  void digestThatGitHubDoesNotTellIsNotMissed() throws IOException {
    publisher.release("v1.0.0").asset("lib.agent.jar").putNull("digest");
    publisher.answer();

    assertThat(read(source(), "lib/agent.jar")).isEqualTo("jar of one");
  }

  @Test
  void releaseThatMayChangeIsRefusedIfTheHostWantsSo() throws IOException {
    assertRefused(
        () -> manifest(source().immutableOnly(), V1), Kind.INVALID, "v1.0.0 of acme/bot is not");

    publish("v1.1.0", "two").is("immutable", true);
    publisher.answer();
    assertThat(manifest(source().immutableOnly(), Version.parse("1.1.0")))
        .isEqualTo("manifest of two");
  }

  @Test
  void releaseIsReportedToBeImmutableOrNotOnce() throws Exception {
    publish("v1.1.0", "two").is("immutable", true);
    publisher.answer();
    GitHubReleases source = source();

    assertThat(Logged.during(() -> manifest(source, V1)))
        .contains("release v1.0.0 of acme/bot is not immutable: its tag and assets may still");
    assertThat(Logged.during(() -> manifest(source, Version.parse("1.1.0"))))
        .contains("release v1.1.0 of acme/bot is immutable");
    github.clock().advance(Duration.ofHours(6));
    assertThat(Logged.during(() -> manifest(source(), V1))).doesNotContain("immutable");
  }

  @Test
  void whatGitHubRefusesIsTheCauseAndSomebodyElseMayAsk() throws IOException {
    github.on(
        get(urlPathEqualTo(Publisher.PATH + "/releases")), StandIn.refusal(401, "Bad credentials"));
    assertRefused(() -> latest(source()), Kind.BAD_CREDENTIALS, "make a new one");

    publisher.answer();
    assertThat(latest(source())).isEqualTo("one");
  }

  @Test
  void hostOfFilesSeesNoTokenAndNoErrorTellsItsUrl() throws IOException {
    String path = Publisher.PATH + "/releases/assets/";
    publisher.answer();
    read(source(), "lib/agent.jar");

    assertThat(github.storage().getAllServeEvents())
        .extracting(event -> event.getRequest().getHeader("Authorization"))
        .containsOnlyNulls();
    long id = publisher.release("v1.0.0").asset("lib.agent.jar").path("id").asLong();
    github
        .storage()
        .stubFor(get(urlPathEqualTo("/file/" + id)).willReturn(aResponse().withStatus(403)));
    GitHubException refused =
        (GitHubException)
            catchThrowableOfType(IOException.class, () -> read(source(), "lib/agent.jar"))
                .getCause();
    assertThat(refused.kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(refused).hasMessageContaining(path).hasMessageNotContaining("secret");
  }

  private Publisher.Release publish(String tag, String content) {
    return publisher
        .release(tag)
        .with("release.json", bytes("manifest of " + content))
        .with("release.json.sig", bytes("signatures"))
        .with("latest.json", bytes(content))
        .with("latest.json.sig", bytes("signatures"))
        .with("lib.agent.jar", bytes("jar of " + content));
  }

  private GitHubReleases source() {
    return github.repository().releases().sharing(store.sources());
  }

  private static String latest(GitHubReleases source) throws IOException {
    return text(source.latest("stable", LIMIT));
  }

  private static String manifest(GitHubReleases source, Version version) throws IOException {
    return text(source.manifest(version, LIMIT));
  }

  private static String read(GitHubReleases source, String path) throws IOException {
    try (InputStream in = source.open(V1, path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void assertRefused(Callable<?> call, Kind kind, String message) {
    assertThatThrownBy(call::call)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(message)
        .cause()
        .isInstanceOfSatisfying(GitHubException.class, e -> assertThat(e.kind()).isEqualTo(kind));
  }

  private static String text(Optional<SignedDocument> document) {
    return new String(document.orElseThrow().document(), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
