package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.absent;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.agent.Version;
import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.upgrade.SourceStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What agents of one store share of what GitHub said: only with who may read as much. */
final class SharedCopiesTest {

  private static final Version V1 = Version.parse("1.0.0");
  private static final int LIMIT = 4096;

  private static String pem;

  @RegisterExtension final StandIn github = new StandIn();

  private final Publisher publisher = new Publisher(github);
  private final InMemoryStore store = new InMemoryStore(github.clock());

  @BeforeAll
  static void makeKey() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    byte[] der = generator.generateKeyPair().getPrivate().getEncoded();
    pem =
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(der)
            + "\n-----END PRIVATE KEY-----\n";
  }

  @BeforeEach
  void publish() {
    publisher
        .release("v1.0.0")
        .with("release.json", "manifest of one".getBytes(StandardCharsets.UTF_8))
        .with("latest.json", "one".getBytes(StandardCharsets.UTF_8));
    publisher.answer();
  }

  @Test
  void whatOneTokenMayReadIsNotTakenForWhatAnotherMay() throws IOException {
    GitHubRepository reader = token("may-read");
    GitHubRepository stranger = token("may-not-read");
    latest(reader);
    source(reader).manifest(V1, LIMIT);
    GitHubCommitsTest.Commits.head(github, "a".repeat(40));
    assertThat(commits(reader).head()).hasSize(40);
    for (GitHubRepository other : new GitHubRepository[] {stranger, github.repository()}) {
      refuse(other);

      assertRefused(other, Kind.NOT_FOUND);
      assertThat(source(other).manifest(V1, LIMIT)).isEmpty();
      assertThatThrownBy(commits(other)::head).isInstanceOf(GitHubException.class);
    }
    int asked = github.requests().size();

    assertThat(latest(reader)).isEqualTo("one");
    assertThat(latest(token("may-read"))).isEqualTo("one");
    assertThat(github.requests()).as("who may read shares").hasSize(asked);
  }

  @Test
  void tokensOfOneAppShareAlsoWhenTheyAreRenewedAndItsNumbersAloneAreNotEnough()
      throws IOException {
    answerTokens();
    latest(app(77, pem));
    int first = github.requests().size();
    latest(app(77, pem));
    assertThat(github.requests()).hasSize(first);
    github.clock().advance(Duration.ofHours(2));

    latest(app(77, pem));

    assertThat(github.requests().subList(first, github.requests().size()))
        .extracting(request -> request.getUrl().split("\\?", 2)[0])
        .containsExactly("/app/installations/77/access_tokens", Publisher.PATH + "/releases");
    assertThat(github.requests().get(first + 1).getHeader("If-None-Match")).isNotNull();
    assertThat(app(77, pem).copyKey("x"))
        .isNotEqualTo(app(78, pem).copyKey("x"))
        .isNotEqualTo(app(77, "another key").copyKey("x"));
  }

  @Test
  void keyTellsNoSecretAndFits() {
    String token = "ghp_" + "a1".repeat(18);
    GitHubRepository named =
        GitHubRepository.named(
            "o".repeat(39) + "/" + "n".repeat(100), github.repository().settings());
    for (GitHubRepository repository :
        new GitHubRepository[] {
          token(token), app(77, pem), github.repository(), named.token(Secret.of(token))
        }) {
      String build = new Build("w".repeat(56) + ".yml", "main", "f".repeat(64), "beta").key();
      for (String each :
          new String[] {repository.copyKey(build), repository.key(build), repository.limitKey()}) {
        assertThat(each).hasSizeLessThanOrEqualTo(SourceStore.MAX_KEY).doesNotContain(token);
        assertThat(each).doesNotContain(pem.substring(100, 120));
      }
      assertThat(repository.copyKey(build)).isNotEqualTo(repository.copyKey(build + " 2"));
    }
  }

  @Test
  void limitThatOneMetIsObeyedByAllOfItsCredentials() throws IOException {
    limit(StandIn.refusal(429, "Too many requests").withHeader("Retry-After", "600"));

    for (int i = 0; i < 100; i++) {
      assertRefused(token("shared"), Kind.RATE_LIMITED);
    }
    assertThat(github.requests()).hasSize(1);
    assertThatThrownBy(commits(token("shared"))::head)
        .hasMessageContaining("same credentials and store");
    assertThat(github.requests()).hasSize(1);

    assertRefused(token("another"), Kind.RATE_LIMITED);
    assertThat(github.requests()).as("another token has a limit of its own").hasSize(2);

    github.clock().advance(Duration.ofMinutes(9));
    assertRefused(token("shared"), Kind.RATE_LIMITED);
    assertThat(github.requests()).hasSize(2);
    publisher.answer();
    github.clock().advance(Duration.ofMinutes(2));
    assertThat(latest(token("shared"))).isEqualTo("one");
  }

  @Test
  void primaryLimitIsSharedForAnHourAtMost() {
    long reset = StandIn.START.plus(Duration.ofHours(5)).getEpochSecond();
    limit(
        StandIn.refusal(403, "API rate limit exceeded")
            .withHeader(
                "Date",
                DateTimeFormatter.RFC_1123_DATE_TIME.format(StandIn.START.atZone(ZoneOffset.UTC)))
            .withHeader("x-ratelimit-remaining", "0")
            .withHeader("x-ratelimit-reset", Long.toString(reset)));
    assertRefused(token("shared"), Kind.RATE_LIMITED);
    github.clock().advance(SharedLimit.LONGEST.minusSeconds(1));
    assertRefused(token("shared"), Kind.RATE_LIMITED);
    assertThat(github.requests()).hasSize(1);

    github.clock().advance(Duration.ofSeconds(2));
    for (int i = 0; i < 10; i++) {
      assertRefused(token("shared"), Kind.RATE_LIMITED);
    }

    assertThat(github.requests()).as("one asks each hour").hasSize(2);
  }

  @Test
  void limitThatAFileMetHoldsForTheOthers() throws IOException {
    publisher.release("v1.0.0").with("agent.jar", new byte[10]);
    publisher.answer();
    long id = publisher.release("v1.0.0").asset("agent.jar").path("id").asLong();
    String asset = Publisher.PATH + "/releases/assets/" + id;
    github.on(
        get(urlPathEqualTo(asset)),
        StandIn.refusal(429, "Too many requests").withHeader("Retry-After", "60"));

    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(() -> source(token("shared")).open(V1, "agent.jar"))
          .hasRootCauseInstanceOf(GitHubException.class);
    }

    assertThat(github.requests().stream().filter(it -> it.getUrl().startsWith(asset))).hasSize(1);
  }

  @Test
  void anotherRepositoryIsBelievedOnlyByWhoSaysThatItIsMeant() throws IOException {
    latest(github.repository());
    publisher.resurrect(77);
    publisher.release("v1.1.0").with("latest.json", "two".getBytes(StandardCharsets.UTF_8));
    publisher.answer();
    github.clock().advance(Duration.ofHours(6));
    assertThat(assertRefused(github.repository(), Kind.REPLACED))
        .hasMessageContaining("expectingId(77)");

    assertThat(latest(github.repository().expectingId(77))).isEqualTo("two");

    assertRefused(github.repository(), Kind.REPLACED);
    github.clock().advance(Duration.ofHours(6));
    assertThat(latest(github.repository().expectingId(77))).isEqualTo("two");
    assertThat(assertRefused(github.repository().expectingId(78), Kind.REPLACED))
        .hasMessageContaining("is 77, and expectingId(78) says that it is another");
  }

  @Test
  void repositoryThatIsExpectedIsAlsoTheOneOfFirstSight() throws IOException {
    assertRefused(github.repository().expectingId(41), Kind.REPLACED);
    latest(github.repository().expectingId(42));
    publisher.resurrect(77);
    publisher.answer();

    assertRefused(github.repository(), Kind.REPLACED);
    assertThatThrownBy(() -> github.repository().expectingId(0)).hasMessageContaining("positive");
  }

  @Test
  void tagsStayPinnedInARepositoryThatTookTheName() throws IOException {
    source(github.repository()).manifest(V1, LIMIT);
    publisher.resurrect(77);
    publisher.release("v1.0.0").at("f".repeat(40));
    publisher.answer();

    assertThatThrownBy(() -> source(github.repository().expectingId(77)).manifest(V1, LIMIT))
        .hasMessageContaining("a tag of a release never moves: publish another version");
  }

  private GitHubRepository token(String token) {
    return github.repository().token(Secret.of(token));
  }

  private GitHubRepository app(long installation, String key) {
    return github.repository().app(new GitHubApp("Iv23li", installation, Secret.of(key)));
  }

  private void answerTokens() {
    github.on(
        post(urlPathEqualTo("/app/installations/77/access_tokens")),
        StandIn.json(
            201,
            Samples.of("installation-token")
                .put("token", "of-an-hour")
                .put("expires_at", StandIn.START.plus(Duration.ofHours(1)).toString())));
  }

  /** Lets GitHub know nothing of the repository, as for who may not read it. */
  private void refuse(GitHubRepository repository) {
    boolean anonymous = repository.settings().token().isEmpty();
    for (String path :
        new String[] {"/releases", "/releases/tags/v1.0.0", "/commits/heads%2Fmain"}) {
      var request = get(urlPathEqualTo(Publisher.PATH + path));
      github.on(
          anonymous
              ? request.withHeader("Authorization", absent())
              : request.withHeader("Authorization", equalTo("Bearer may-not-read")),
          StandIn.refusal(404, "Not Found"));
    }
  }

  private void limit(ResponseDefinitionBuilder refusal) {
    github.on(get(urlPathEqualTo(Publisher.PATH + "/releases")), refusal);
  }

  private GitHubException assertRefused(GitHubRepository repository, Kind kind) {
    IOException refused = catchThrowableOfType(IOException.class, () -> latest(repository));
    assertThat(refused).isNotNull();
    assertThat(refused.getCause()).isInstanceOf(GitHubException.class);
    GitHubException cause = (GitHubException) refused.getCause();
    assertThat(cause.kind()).isEqualTo(kind);
    return cause;
  }

  private String latest(GitHubRepository repository) throws IOException {
    return new String(
        source(repository).latest("stable", LIMIT).orElseThrow().document(),
        StandardCharsets.UTF_8);
  }

  private GitHubReleases source(GitHubRepository repository) {
    return repository.releases().sharing(store.sources());
  }

  private GitHubCommits commits(GitHubRepository repository) {
    return repository.commits("main").sharing(store.sources());
  }
}
