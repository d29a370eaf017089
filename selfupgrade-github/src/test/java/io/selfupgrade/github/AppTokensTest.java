package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.github.GitHubException.Kind;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens of a GitHub App. */
final class AppTokensTest {

  private static final String PATH = "/repos/acme/bot";
  private static final String TOKENS = "/app/installations/77/access_tokens";

  /** What PKCS#8 has before the PKCS#1 of a key of 2048 bits. */
  private static final int PKCS8_PREFIX = 26;

  private static KeyPair keys;

  @RegisterExtension final StandIn github = new StandIn();

  @BeforeAll
  static void makeKeys() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    keys = generator.generateKeyPair();
  }

  @ParameterizedTest
  @ValueSource(strings = {"RSA PRIVATE KEY", "PRIVATE KEY"})
  void appSignsItsTokenWithAKeyOfEitherForm(String form) throws Exception {
    byte[] der = keys.getPrivate().getEncoded();
    String pem =
        pem(form, form.startsWith("RSA") ? Arrays.copyOfRange(der, PKCS8_PREFIX, der.length) : der);
    answerTokens("one", StandIn.START, StandIn.START.plus(Duration.ofHours(1)));
    answerRepository("one");

    read(github.repository().app(new GitHubApp("Iv23li", 77, Secret.of(pem))));

    LoggedRequest asked = github.requests().get(0);
    assertThat(asked.getBodyAsString()).isEqualTo("{\"repositories\":[\"bot\"]}");
    String[] parts =
        asked.getHeader("Authorization").substring("Bearer ".length()).split("\\.", -1);
    assertThat(decoded(parts[0])).isEqualTo("{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
    JsonNode claims = JsonText.read("claims", decoded(parts[1]).getBytes(StandardCharsets.UTF_8));
    assertThat(claims.path("iss").asText()).isEqualTo("Iv23li");
    assertThat(Instant.ofEpochSecond(claims.path("iat").asLong())).isBefore(StandIn.START);
    assertThat(Instant.ofEpochSecond(claims.path("exp").asLong()))
        .isBetween(StandIn.START, StandIn.START.plus(Duration.ofMinutes(10)));
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initVerify(keys.getPublic());
    signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
    assertThat(signature.verify(Base64.getUrlDecoder().decode(parts[2]))).isTrue();
  }

  @Test
  void tokenIsUsedUntilShortlyBeforeItsEndOnGitHubsClock() {
    GitHubRepository repository = app();
    Instant theirs = StandIn.START.plus(Duration.ofHours(5));
    answerTokens("one", theirs, theirs.plus(Duration.ofHours(1)));
    answerRepository("one");

    read(repository);
    github.clock().advance(Duration.ofMinutes(54));
    read(repository);
    assertThat(paths()).containsExactly(TOKENS, PATH, PATH);

    github.clock().advance(Duration.ofMinutes(2));
    answerTokens("two", theirs.plus(Duration.ofHours(1)), theirs.plus(Duration.ofHours(2)));
    answerRepository("two");
    read(repository);
    assertThat(paths()).containsExactly(TOKENS, PATH, PATH, TOKENS, PATH);
  }

  @Test
  void tokenThatWasWithdrawnIsRenewedOnce() {
    GitHubRepository repository = app();
    answerTokens("two", StandIn.START, StandIn.START.plus(Duration.ofHours(1)));
    github.on(get(urlPathEqualTo(PATH)), StandIn.refusal(401, "Bad credentials"));

    GitHubException refused = catchThrowableOfType(GitHubException.class, () -> read(repository));

    assertThat(refused.kind()).isEqualTo(Kind.BAD_CREDENTIALS);
    assertThat(refused).hasMessageContaining("this machine's clock");
    assertThat(paths()).containsExactly(TOKENS, PATH, TOKENS, PATH);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no key",
        "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----"
      })
  void keyThatIsNoneIsNamedAndNotTold(String pem) {
    GitHubRepository repository = github.repository().app(new GitHubApp("123", 77, Secret.of(pem)));

    GitHubException refused = catchThrowableOfType(GitHubException.class, () -> read(repository));

    assertThat(refused.kind()).isEqualTo(Kind.BAD_CREDENTIALS);
    assertThat(refused)
        .hasMessageContaining("BEGIN RSA PRIVATE KEY")
        .hasMessageNotContaining("AAAA");
  }

  @Test
  void requestOfTheAppItselfIsSignedByIt() {
    github.on(get(urlPathEqualTo("/app/hook/deliveries")), StandIn.json(Samples.list()));

    app().client().send(ApiRequest.get("/app/hook/deliveries").asApp());

    assertThat(github.requests().get(0).getHeader("Authorization")).matches("Bearer ey[^.]+\\..+");
    assertThat(
            catchThrowableOfType(
                GitHubException.class,
                () ->
                    github
                        .repository()
                        .client()
                        .send(ApiRequest.get("/app/hook/deliveries").asApp())))
        .hasMessageContaining("app(...)");
  }

  private GitHubRepository app() {
    String pem = pem("PRIVATE KEY", keys.getPrivate().getEncoded());
    return github.repository().app(new GitHubApp("123", 77, Secret.of(pem)));
  }

  private void answerTokens(String token, Instant date, Instant expires) {
    github.on(
        post(urlPathEqualTo(TOKENS)),
        StandIn.json(
                201,
                Samples.of("installation-token")
                    .put("token", token)
                    .put("expires_at", expires.toString()))
            .withHeader(
                "Date", DateTimeFormatter.RFC_1123_DATE_TIME.format(date.atZone(ZoneOffset.UTC))));
  }

  private void answerRepository(String token) {
    github.on(
        get(urlPathEqualTo(PATH)).withHeader("Authorization", equalTo("Bearer " + token)),
        StandIn.json(Samples.of("full-repository")));
  }

  private List<String> paths() {
    return github.requests().stream().map(LoggedRequest::getUrl).toList();
  }

  private static void read(GitHubRepository repository) {
    repository.client().send(ApiRequest.get(PATH));
  }

  private static String pem(String form, byte[] der) {
    return "-----BEGIN "
        + form
        + "-----\n"
        + Base64.getMimeEncoder().encodeToString(der)
        + "\n-----END "
        + form
        + "-----\n";
  }

  private static String decoded(String part) {
    return new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8);
  }
}
