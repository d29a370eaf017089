package io.selfupgrade.github;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.github.GitHubException.Kind;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import java.net.URI;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was seen first stays, under the repository's name and under its id. */
final class PinsTest {

  private static final String ADVICE = "publish another version";

  private final ManualClock clock = ManualClock.at(StandIn.START);
  private final InMemoryStore store = new InMemoryStore(clock);

  @BeforeEach
  void seeARepository() {
    Pins pins = pins(named("acme/bot"));
    assertThat(pins.knowsRepository()).isFalse();
    pins.requireRepository(42);
    pins.require("commit of tag v1.0.0", "a", ADVICE);
    pins.require("manifest of 1.0.0", "m", ADVICE);
    assertThat(pins.knowsRepository()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"commit of tag v1.0.0", "manifest of 1.0.0"})
  void whoFollowsTheAdviceAfterARenameKeepsWhatWasSeen(String what) {
    Pins renamed = pins(named("acme/bot2").expectingId(42));
    renamed.requireRepository(42);

    assertReplaced(renamed, what, "the " + what + " of acme/bot2 is f now");

    Pins second = pins(named("acme/bot2"));
    second.requireRepository(42);
    assertReplaced(second, what, "when it was first seen");
  }

  @Test
  void whatIsUnchangedAfterARenameIsAccepted() {
    Pins renamed = pins(named("other/bot").expectingId(42));
    renamed.requireRepository(42);

    renamed.require("commit of tag v1.0.0", "a", ADVICE);
    renamed.require("commit of tag v1.1.0", "b", ADVICE);

    assertReplaced(pins(named("acme/bot")), "commit of tag v1.1.0", "is f now, and was b");
  }

  @Test
  void whatTookTheNameKeepsWhatWasSeenUnderIt() {
    Pins other = pins(named("acme/bot").expectingId(77));
    other.requireRepository(77);

    assertReplaced(other, "commit of tag v1.0.0", "is f now, and was a");
    other.require("commit of tag v1.0.0", "a", ADVICE);
  }

  @Test
  void anotherServerHasRepositoriesOfItsOwn() {
    Pins server =
        pins(named("acme/bot").at(URI.create("https://git.acme.example/api/v3")).expectingId(42));

    server.requireRepository(42);
    server.require("commit of tag v1.0.0", "f", ADVICE);
  }

  private static void assertReplaced(Pins pins, String what, String message) {
    assertThatThrownBy(() -> pins.require(what, "f", ADVICE))
        .isInstanceOfSatisfying(
            GitHubException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REPLACED))
        .hasMessageContaining(message);
  }

  private Pins pins(GitHubRepository repository) {
    return new Pins(store.sources(), repository);
  }

  private GitHubRepository named(String name) {
    return GitHubRepository.named(name, ClientSettings.at(GitHub.API, clock));
  }
}
