package io.selfupgrade.core.notify;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.containing;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.wireMockConfig;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Secret;
import io.selfupgrade.core.json.JsonFormatException;
import io.selfupgrade.core.json.JsonObject;
import io.selfupgrade.observe.Delivery;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Notifier;
import io.selfupgrade.testkit.NotifierContract;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Slack's incoming webhook, played by a server of the test. */
class SlackTest extends NotifierContract {

  @RegisterExtension
  static final WireMockExtension SLACK =
      WireMockExtension.newInstance()
          .options(wireMockConfig().bindAddress("127.0.0.1").dynamicPort())
          .build();

  private static final String PATH = "/services/T0/B0/verysecret";
  private static final String ELSEWHERE = "/other";

  @Override
  protected Notifier notifier(OtherSide does) {
    Slack quick = slack().within(Duration.ofMillis(500));
    switch (does) {
      case TAKES -> answer(aResponse().withStatus(200).withBody("ok"));
      case BUSY -> answer(aResponse().withStatus(429).withHeader("Retry-After", "30"));
      case REFUSES -> answer(aResponse().withStatus(403).withBody("action_prohibited"));
      case SILENT -> answer(aResponse().withStatus(200).withFixedDelay(20_000));
      case POINTS_ELSEWHERE ->
          answer(aResponse().withStatus(307).withHeader("Location", SLACK.baseUrl() + ELSEWHERE));
      case ABSENT -> {
        return Slack.webhook(Secret.of("http://127.0.0.1:1/services/verysecret"));
      }
    }
    return does == OtherSide.SILENT ? quick : slack();
  }

  @Override
  protected List<String> secrets() {
    return List.of("verysecret", "127.0.0.1");
  }

  @Override
  protected int visitsElsewhere() {
    return SLACK.findAll(postRequestedFor(urlEqualTo(ELSEWHERE))).size();
  }

  @Test
  void aMessageArrivesEscapedAndNamesItsEvent() throws JsonFormatException {
    answer(aResponse().withStatus(200).withBody("ok"));

    Delivery end = slack().deliver(news("1 < 2 & <!channel> \u00e4\ud83d\ude00\n\"x\""));

    assertThat(end).isInstanceOf(Delivery.Delivered.class);
    String text = sent();
    assertThat(text)
        .isEqualTo(
            "*bot: Upgraded*\n"
                + "1 &lt; 2 &amp; &lt;!channel&gt; \u00e4\ud83d\ude00\n"
                + "\"x\"\n"
                + "_event:1_");
    SLACK.verify(
        1,
        postRequestedFor(urlEqualTo(PATH))
            .withHeader("Content-Type", containing("application/json")));
  }

  @Test
  void aLongTextIsCut() throws JsonFormatException {
    answer(aResponse().withStatus(200));

    slack().deliver(news("<".repeat(100_000)));

    assertThat(sent().length()).isBetween(3_000, 3_600);
    assertThat(sent()).endsWith("&lt; ...\n_event:1_");
  }

  @Test
  void aRateLimitIsObeyed() {
    answer(aResponse().withStatus(429).withHeader("Retry-After", "30"));

    assertThat(slack().deliver(news("x")))
        .isEqualTo(new Delivery.Later("Slack answered 429", Optional.of(Duration.ofSeconds(30))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"soon", "-1", "99999999999999999999"})
  void aPauseThatMakesNoSenseIsNotTaken(String pause) {
    answer(aResponse().withStatus(429).withHeader("Retry-After", pause));

    assertThat(slack().deliver(news("x")))
        .isEqualTo(new Delivery.Later("Slack answered 429", Optional.empty()));
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 502, 503})
  void itsTroubleIsTriedAgain(int status) {
    answer(aResponse().withStatus(status));

    assertThat(slack().deliver(news("x"))).isInstanceOf(Delivery.Later.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 403, 404, 410})
  void aRefusalIsFinal(int status) {
    answer(aResponse().withStatus(status).withBody("channel_not_found"));

    assertThat(slack().deliver(news("x"))).isInstanceOf(Delivery.Impossible.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 307, 308})
  void aRedirectIsNotFollowed(int status) {
    SLACK.stubFor(
        post(urlEqualTo(PATH))
            .willReturn(
                aResponse().withStatus(status).withHeader("Location", SLACK.baseUrl() + "/other")));

    Delivery end = slack().deliver(news("x"));

    assertThat(end.summary()).contains("redirect").doesNotContain("verysecret");
    SLACK.verify(0, postRequestedFor(urlEqualTo("/other")));
  }

  @Test
  void aBrokenConnectionIsTriedAgainAndTellsNoAddress() {
    answer(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER));
    Delivery broken = slack().deliver(news("x"));
    Delivery closed =
        Slack.webhook(Secret.of("http://127.0.0.1:1/services/verysecret")).deliver(news("x"));

    for (Delivery end : new Delivery[] {broken, closed}) {
      assertThat(end).isInstanceOf(Delivery.Later.class);
      assertThat(end.toString()).doesNotContain("verysecret").doesNotContain("127.0.0.1");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "not a url verysecret",
        "http://hooks.slack.com/services/verysecret",
        "http://127.0.0.1.evil.example/verysecret",
        "file:///verysecret",
        "https:verysecret"
      })
  void anAddressThatIsNotSafeIsRefusedWithoutBeingTold(String url) {
    Slack slack = Slack.webhook(Secret.of(url));
    Delivery end = slack.deliver(news("x"));

    assertThat(end).isInstanceOf(Delivery.Impossible.class);
    assertThat(end + " " + slack).doesNotContain("verysecret");
  }

  @Test
  void anEnvironmentVariableThatIsNotSetIsRefused() {
    assertThat(Slack.webhook(Secret.env("NOT_SET_ANYWHERE")).deliver(news("x")))
        .isInstanceOf(Delivery.Impossible.class);
  }

  private static void answer(ResponseDefinitionBuilder answer) {
    SLACK.stubFor(post(anyUrl()).willReturn(answer));
  }

  private static Slack slack() {
    return Slack.webhook(Secret.of(SLACK.baseUrl().replace("localhost", "127.0.0.1") + PATH));
  }

  private static String sent() throws JsonFormatException {
    return JsonObject.parse(SLACK.getAllServeEvents().get(0).getRequest().getBody(), 1 << 20)
        .text("text");
  }

  private static Notification news(String text) {
    return new Notification(
        new AgentName("bot"), "event:1", Notification.Kind.UPGRADE, "bot: Upgraded", text);
  }
}
