package io.selfupgrade.github;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.selfupgrade.testkit.InMemoryStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A repository that has published for years: the list of its releases has pages, and is large. */
final class ManyReleasesTest {

  private static final String LIST = Publisher.PATH + "/releases";
  private static final int LIMIT = 4096;

  @RegisterExtension final StandIn github = new StandIn();

  private final Publisher publisher = new Publisher(github);
  private final InMemoryStore store = new InMemoryStore(github.clock());

  @Test
  void hundredReleasesOfSixtyFilesEachAreRead() throws IOException {
    github.answersWrongly(LIST); // They fit; to check so much would take a while.
    byte[] small = bytes("content");
    for (int number = 0; number < 100; number++) {
      Publisher.Release release = publish("v1." + number + ".0");
      for (int file = 0; file < 60; file++) {
        String name = "lib." + file + ".jar";
        release.with(name, small);
        // As long as GitHub's: a uploader has twenty URLs.
        release.asset(name).put("label", "x".repeat(1_500));
      }
    }
    publisher.answerList();
    publisher.release("v1.99.0").answer();

    assertThat(latest(source())).isEqualTo("index of v1.99.0");

    long size = publisher.listed().mapToLong(String::length).sum();
    assertThat(size).as("more than an answer may have").isGreaterThan(8 << 20);
    assertThat(asked(LIST + "?")).hasSize(4);
  }

  @Test
  void nothingNewIsOneConditionalRequestHoweverManyThereAre() throws IOException {
    publishMany();
    GitHubReleases source = source();
    assertThat(latest(source)).isEqualTo("index of v1.148.0");
    int first = github.requests().size();
    assertThat(asked(LIST + "?")).hasSize(5);

    for (int look = 1; look < 4; look++) {
      github.clock().advance(Duration.ofHours(6));
      assertThat(latest(source)).isEqualTo("index of v1.148.0");
    }

    assertThat(github.requests()).hasSize(first + 3);
    assertThat(github.requests().subList(first, first + 3))
        .extracting(request -> request.getHeader("If-None-Match"))
        .doesNotContainNull();
  }

  @Test
  void whatIsNewOnTheFirstPageIsSeenAtTheNextLook() throws IOException {
    publishMany();
    GitHubReleases source = source();
    latest(source);
    publish("v1.149.0");
    publisher.answer();
    github.clock().advance(Copies.FRESH.plusSeconds(1));

    assertThat(latest(source)).isEqualTo("index of v1.149.0");
  }

  @Test
  void whatIsNewFartherBackIsSeenOnNewsAndElseWithinADay() throws IOException {
    publishMany();
    GitHubReleases source = source();
    GitHubReleases other = github.repository().releases().sharing(store.sources());
    latest(source);
    publisher.release("v9.0.0").is("draft", false); // Of an old commit, which is its place.
    publisher.answer();
    github.clock().advance(Duration.ofHours(6));
    assertThat(latest(source)).isEqualTo("index of v1.148.0");

    github.clock().advance(Listing.TRUSTED.minusHours(6));
    assertThat(latest(source)).isEqualTo("index of v9.0.0");

    publisher.release("v9.0.0").with("latest.json", bytes("another index"));
    publisher.answer();
    github.clock().advance(Duration.ofHours(6));
    assertThat(latest(other)).isEqualTo("index of v9.0.0");
    other.expectNews();
    assertThat(latest(other)).isEqualTo("another index");
  }

  @Test
  void indexThatIsSignedAnewIsNewerThanItsReleasesOwnAndNotThanTheNextRelease() throws IOException {
    publish("v1.0.0");
    for (int number : new int[] {9, 10, 2}) {
      publish("v1.0.0+index." + number).at("e".repeat(40));
    }
    publish("v0.9.0+index.11");
    publisher.answer();
    GitHubReleases source = source();

    assertThat(latest(source)).isEqualTo("index of v1.0.0+index.10");
    assertThat(source.commitOfNewest("stable")).as("it was built of").contains("a".repeat(40));

    publish("v1.0.1");
    publisher.answer();
    github.clock().advance(Duration.ofHours(1));
    assertThat(latest(source)).isEqualTo("index of v1.0.1");
  }

  /** 150 releases, the oldest of which is a draft with the highest version. */
  private void publishMany() {
    publish("v9.0.0").is("draft", true);
    for (int number = 0; number < 149; number++) {
      publish("v1." + number + ".0");
    }
    publisher.answer();
  }

  private Publisher.Release publish(String tag) {
    return publisher.release(tag).with("latest.json", bytes("index of " + tag));
  }

  private List<LoggedRequest> asked(String start) {
    return github.requests().stream().filter(it -> it.getUrl().startsWith(start)).toList();
  }

  private GitHubReleases source() {
    return github.repository().releases().sharing(store.sources());
  }

  private static String latest(GitHubReleases source) throws IOException {
    return new String(
        source.latest("stable", LIMIT).orElseThrow().document(), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
