package io.selfupgrade.github;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.github.GitHubException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the client goes when it is sent elsewhere, and what it takes along. */
final class RedirectTest {

  private static final String PATH = "/repos/acme/bot";
  private static final String ASSET = PATH + "/releases/assets/7";
  private static final String DISPATCH = PATH + "/actions/workflows/deploy.yml/dispatches";

  @RegisterExtension final StandIn github = new StandIn();

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void repositoryThatMovedIsNotFollowed(int status) {
    github.on(get(urlPathEqualTo(PATH)), to(status, github.url() + "/repositories/42"));

    GitHubException moved = refused(ApiRequest.get(PATH));

    assertThat(moved.kind()).isEqualTo(Kind.MOVED);
    assertThat(moved)
        .hasMessageContaining("renamed or transferred, its id is 42")
        .hasMessageContaining("GitHub.repository(...), with expectingId(42)");
    assertThat(github.requests()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {302, 307})
  void otherPlaceOfTheSameRepositoryGetsTheToken(int status) {
    github.alsoHas(PATH + "/elsewhere");
    github.on(get(urlPathEqualTo(PATH + "/elsewhere")), to(status, PATH));
    github.on(get(urlPathEqualTo(PATH)), StandIn.json(Samples.of("full-repository")));

    assertThat(client().send(ApiRequest.get(PATH + "/elsewhere")).status()).isEqualTo(200);
    assertThat(github.requests())
        .extracting(request -> request.getHeader("Authorization"))
        .containsExactly("Bearer secret", "Bearer secret");
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 307, 308})
  void placeOutsideOfARepositoryIsFollowed(int status) {
    github.on(get(urlPathEqualTo("/rate_limit")), to(status, github.url() + PATH));
    github.on(get(urlPathEqualTo(PATH)), StandIn.json(Samples.of("full-repository")));

    assertThat(client().send(ApiRequest.get("/rate_limit")).status()).isEqualTo(200);
  }

  @Test
  void otherHostDoesNotGetTheTokenNorDoesWhatComesAfterIt() throws IOException {
    String storage = github.storage().baseUrl();
    github.on(get(urlPathEqualTo(ASSET)), to(302, storage + "/file?sig=abc"));
    github
        .storage()
        .stubFor(get(urlPathEqualTo("/file")).willReturn(to(302, github.url() + "/again")));
    github.alsoHas("/again");
    github.on(get(urlPathEqualTo("/again")), to(302, storage + "/last"));
    github
        .storage()
        .stubFor(get(urlPathEqualTo("/last")).willReturn(aResponse().withBody("content")));

    try (InputStream in = client().open(ApiRequest.get(ASSET).accept(ApiRequest.BYTES))) {
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("content");
    }

    assertThat(github.requests())
        .extracting(request -> request.getHeader("Authorization"))
        .containsExactly("Bearer secret", null);
    assertThat(github.storage().getAllServeEvents())
        .extracting(event -> event.getRequest().getHeader("Authorization"))
        .containsOnlyNulls();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://evil.example/x?sig=secret",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https://127.0.0.1/x",
        "http://user:password@127.0.0.1/x",
        "ht tp://127.0.0.1",
        "//evil.example/x"
      })
  void hostThatIsNotGitHubsIsNotFollowed(String location) {
    github.on(get(urlPathEqualTo(PATH)), to(302, location));

    GitHubException refused = refused(ApiRequest.get(PATH));

    assertThat(refused.kind()).isEqualTo(Kind.UNEXPECTED);
    assertThat(refused).hasMessageNotContaining("secret").hasMessageNotContaining("password");
  }

  @Test
  void fiveHopsAreFollowedAndNoSixth() {
    github.alsoHas("/hop/6");
    for (int hop = 0; hop < 6; hop++) {
      github.alsoHas("/hop/" + hop);
      github.on(get(urlPathEqualTo("/hop/" + hop)), to(302, "/hop/" + (hop + 1)));
    }
    github.on(get(urlPathEqualTo("/hop/6")), aResponse().withBody("end"));

    assertThat(client().send(ApiRequest.get("/hop/1")).text()).isEqualTo("end");
    assertThat(refused(ApiRequest.get("/hop/0")))
        .hasMessageContaining("redirected more than 5 times");
  }

  @Test
  void redirectToNowhereIsNamed() {
    github.on(get(urlPathEqualTo(PATH)), aResponse().withStatus(302));

    assertThat(refused(ApiRequest.get(PATH))).hasMessageContaining("no Location");
  }

  @Test
  void writeIsSentNeitherToAnotherRepositoryNorToAnotherHost() {
    ApiRequest write = ApiRequest.post(DISPATCH, JsonText.object().put("ref", "main"));
    for (int status : new int[] {301, 302, 303, 307, 308}) {
      github.on(
          post(urlPathEqualTo(DISPATCH)), to(status, "/repositories/42" + dispatchOf(DISPATCH)));
      assertThat(refused(write).kind()).as("status %s", status).isEqualTo(Kind.MOVED);
    }
    assertThat(refused(write)).hasMessageContaining("its id is 42");

    github.on(post(urlPathEqualTo(DISPATCH)), to(307, github.storage().baseUrl() + "/x"));
    assertThat(refused(write)).hasMessageContaining("a write is not sent elsewhere");
    assertThat(github.storage().getAllServeEvents()).isEmpty();
    assertThat(github.requests()).extracting(LoggedRequest::getUrl).containsOnly(DISPATCH);
  }

  @Test
  void writeIsRepeatedWithinItsRepository() {
    github.alsoHas(DISPATCH + "2");
    github.on(post(urlPathEqualTo(DISPATCH)), to(307, DISPATCH + "2"));
    github.on(post(urlPathEqualTo(DISPATCH + "2")), aResponse().withStatus(204));
    ApiRequest write = ApiRequest.post(DISPATCH, JsonText.object().put("ref", "main"));

    assertThat(client().send(write).status()).isEqualTo(204);
    assertThat(github.requests())
        .extracting(LoggedRequest::getBodyAsString)
        .containsExactly("{\"ref\":\"main\"}", "{\"ref\":\"main\"}");
  }

  @Test
  void hostsOfGitHubAreAllowedOverHttpsAlone() {
    Hosts hosts = hosts("https://api.github.com");

    for (String host :
        new String[] {
          "api.github.com",
          "github.com",
          "codeload.github.com",
          "objects.githubusercontent.com",
          "release-assets.githubusercontent.com",
          "pipelines.actions.githubusercontent.com"
        }) {
      assertThat(follow(hosts, "https://" + host + "/x").getHost()).isEqualTo(host);
      assertThatThrownBy(() -> follow(hosts, "http://" + host + "/x"))
          .isInstanceOf(GitHubException.class);
    }
    for (String host :
        new String[] {
          "productionresultssa7.blob.core.windows.net",
          "actions.githubusercontent.com.evil.example",
          "raw.githubusercontent.com",
          "github.com.evil.example",
          "evilgithub.com",
          "127.0.0.1"
        }) {
      assertThatThrownBy(() -> follow(hosts, "https://" + host + "/x")).hasMessageContaining(host);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/repos/acme/bot/actions/jobs/7/logs, true",
    "/repos/acme/bot/releases/assets/7, true",
    "/repos/acme/bot/releases, false",
    "/repos/acme/bot/tarball/main, false",
    "/repos/acme/bot/contents/actions/jobs/7/logs, false",
    "/repos/acme/bot, false"
  })
  void accountThatAnybodyMayHaveIsFollowedForFilesAlone(String path, boolean followed) {
    Hosts hosts = hosts("https://api.github.com");
    URI from = URI.create("https://api.github.com" + path);
    for (String account : new String[] {"productionresultssa7", "mallory"}) {
      String to = "https://" + account + ".blob.core.windows.net/x?sig=secret";
      ApiRequest request = ApiRequest.get(path);

      if (followed) {
        assertThat(hosts.follow(request, from, to)).isEqualTo(URI.create(to));
      } else {
        assertThatThrownBy(() -> hosts.follow(request, from, to))
            .hasMessageContaining("blob.core.windows.net")
            .hasMessageNotContaining("secret");
      }
    }
    assertThatThrownBy(
            () -> hosts.follow(ApiRequest.get(ASSET), from, "https://blob.core.windows.net/x"))
        .isInstanceOf(GitHubException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/media/acme/bot/7?token=one", "/codeload/acme/bot/7", "/storage/x"})
  void serverOfOnesOwnHasItsFilesBesideItsApiAndTheySeeNoToken(String place) throws IOException {
    String path = place.split("\\?", 2)[0];
    github.alsoHas(path);
    github.on(get(urlPathEqualTo("/api/v3" + ASSET)), to(302, github.url() + place));
    github.on(get(urlPathEqualTo(path)), aResponse().withBody("content"));
    ApiClient client = github.enterprise().token(Secret.of("secret")).client();

    try (InputStream in = client.open(ApiRequest.get(ASSET).accept(ApiRequest.BYTES))) {
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("content");
    }

    assertThat(github.requests())
        .extracting(request -> request.getHeader("Authorization"))
        .containsExactly("Bearer secret", null);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/v3/repositories/42/x", "/api/v3/repos/acme/other/x"})
  void repositoryThatMovedOnAServerOfOnesOwnIsNotFollowed(String place) {
    github.on(get(urlPathEqualTo("/api/v3" + ASSET)), to(302, github.url() + place));
    ApiClient client = github.enterprise().token(Secret.of("secret")).client();

    assertThat(
            catchThrowableOfType(GitHubException.class, () -> client.open(ApiRequest.get(ASSET)))
                .kind())
        .isEqualTo(Kind.MOVED);
    assertThat(github.requests()).hasSize(1);
  }

  @Test
  void writeIsNotSentBesideTheApi() {
    github.on(post(urlPathEqualTo("/api/v3" + DISPATCH)), to(307, github.url() + "/media/x"));
    ApiRequest write = ApiRequest.post(DISPATCH, JsonText.object().put("ref", "main"));
    ApiClient client = github.enterprise().token(Secret.of("secret")).client();

    assertThat(catchThrowableOfType(GitHubException.class, () -> client.send(write)))
        .hasMessageContaining("a write is not sent elsewhere");
    assertThat(github.requests()).hasSize(1);
  }

  @Test
  void serverOfOnesOwnSendsToItselfAndItsOwnNamesAlone() {
    Hosts hosts = hosts("https://git.acme.example/api/v3");

    assertThat(follow(hosts, "https://codeload.git.acme.example/x")).isNotNull();
    assertThat(follow(hosts, "https://git.acme.example/storage/x")).isNotNull();
    assertThatThrownBy(() -> follow(hosts, "https://github.com/x"))
        .hasMessageContaining("github.com");
    assertThatThrownBy(() -> follow(hosts, "https://evilgit.acme.example/x"))
        .hasMessageContaining("evilgit");
  }

  @Test
  void hostThatIsAllowedByNameIsFollowedOverHttpsAloneAndIsNotOfTheServersOrigin() {
    ClientSettings server =
        ClientSettings.at(URI.create("https://git.acme.example/api/v3"), Clock.systemUTC());
    String bucket = "https://acme.s3.eu-central-1.amazonaws.com/x?sig=secret";
    assertThatThrownBy(() -> follow(new Hosts(server), bucket))
        .hasMessageContaining("alsoFrom(...)")
        .hasMessageNotContaining("secret");
    Hosts hosts =
        new Hosts(server.alsoFrom("Acme.S3.eu-central-1.amazonaws.com").alsoFrom("files.acme"));

    assertThat(Hosts.sameOrigin(server.api(), follow(hosts, bucket))).isFalse();
    assertThat(follow(hosts, "https://FILES.acme/x")).isNotNull();
    for (String other :
        new String[] {
          "http://acme.s3.eu-central-1.amazonaws.com/x",
          "https://evil.acme.s3.eu-central-1.amazonaws.com/x",
          "https://evil.s3.eu-central-1.amazonaws.com/x",
          "https://s3.eu-central-1.amazonaws.com/acme/x",
          "https://user@files.acme/x"
        }) {
      assertThatThrownBy(() -> follow(hosts, other)).isInstanceOf(GitHubException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "https://files.acme",
        "files.acme:9000",
        "files.acme/x",
        "*.acme",
        ".acme",
        "files.acme.",
        "user@files.acme",
        "f\u0131les.acme"
      })
  void hostThatIsMoreOrLessThanANameIsNotAllowed(String host) {
    assertThatThrownBy(() -> github.repository().alsoFrom(host))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("whole name alone");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://api.github.com",
        "http://192.168.1.7/api/v3",
        "ftp://api.github.com",
        "https://user@git.acme.example/api/v3",
        "https://git.acme.example/api/v3?a=b",
        "https:///api/v3",
        "api.github.com"
      })
  void baseUrlIsHttpsOrOnLoopback(String url) {
    assertThatThrownBy(() -> github.repository().at(URI.create(url)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("https://HOST/api/v3");
  }

  private static URI follow(Hosts hosts, String location) {
    return hosts.follow(ApiRequest.get("/x"), URI.create("https://api.github.com/x"), location);
  }

  private static Hosts hosts(String api) {
    return new Hosts(ClientSettings.at(URI.create(api), Clock.systemUTC()));
  }

  private static String dispatchOf(String path) {
    return path.substring(PATH.length());
  }

  private static ResponseDefinitionBuilder to(int status, String location) {
    return aResponse().withStatus(status).withHeader("Location", location);
  }

  private GitHubException refused(ApiRequest request) {
    return catchThrowableOfType(GitHubException.class, () -> client().send(request));
  }

  private ApiClient client() {
    return github.repository().token(Secret.of("secret")).client();
  }
}
