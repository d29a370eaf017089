package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.observe.Delivery;
import io.selfupgrade.observe.Notification;
import io.selfupgrade.observe.Notifier;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The obligations of a {@link Notifier}, one test each.
 *
 * <p>An adapter's test extends this class and plays the other side.
 */
public abstract class NotifierContract {

  private static final Duration LONGEST = Duration.ofSeconds(30);

  /** Called by the adapter's test class. */
  protected NotifierContract() {}

  /** What the other side of a notifier does. */
  protected enum OtherSide {
    /** It takes everything. */
    TAKES,
    /** It asks to be left alone for a while, or has trouble of its own. */
    BUSY,
    /** It says that this will never do. */
    REFUSES,
    /** It takes the connection and never answers. */
    SILENT,
    /** It names another address. */
    POINTS_ELSEWHERE,
    /** Nobody is there. */
    ABSENT
  }

  /** Returns what may happen to the tested notifier; one that writes here knows TAKES only. */
  protected Set<OtherSide> possible() {
    return EnumSet.allOf(OtherSide.class);
  }

  /** Returns a notifier whose other side does this from now on. */
  protected abstract Notifier notifier(OtherSide does);

  /**
   * Returns what must be told to nobody, such as the address or a token; none: it has no secret.
   */
  protected abstract List<String> secrets();

  /** Tells how often the address was visited that {@link OtherSide#POINTS_ELSEWHERE} names. */
  protected int visitsElsewhere() {
    return 0;
  }

  @Test
  void itsNameIsAlwaysTheSameAndTellsNoSecret() {
    String name = notifier(OtherSide.TAKES).name();

    assertThat(name).hasSizeBetween(1, 60);
    assertThat(notifier(OtherSide.TAKES).name()).isEqualTo(name);
    assertNoSecret(name);
  }

  @Test
  void whatIsTakenIsDelivered() {
    for (Notification.Kind kind : Notification.Kind.values()) {
      assertThat(notifier(OtherSide.TAKES).deliver(news(kind, "")))
          .isInstanceOf(Delivery.Delivered.class);
    }
  }

  @Test
  void theSameNewsAreTakenAgain() {
    Notifier notifier = notifier(OtherSide.TAKES);
    Notification twice = news(Notification.Kind.HEALTH, "once or twice");

    assertThat(notifier.deliver(twice)).isInstanceOf(Delivery.Delivered.class);
    assertThat(notifier.deliver(twice)).isInstanceOf(Delivery.Delivered.class);
  }

  @Test
  void noTextIsTooLongOrTooOdd() {
    for (String text :
        List.of(
            "x".repeat(1 << 20), "\u0000\u001b[31m\r\n\t", "\ud800 half", "<!channel> & \"'\\")) {
      assertThat(notifier(OtherSide.TAKES).deliver(news(Notification.Kind.UPGRADE, text)))
          .as("%d characters", text.length())
          .isInstanceOf(Delivery.Delivered.class);
    }
  }

  @TestFactory
  List<DynamicTest> whateverTheOtherSideDoesItEndsSaysSoAndTellsNoSecret() {
    return possible().stream()
        .filter(does -> does != OtherSide.TAKES)
        .map(does -> DynamicTest.dynamicTest(does.name(), () -> endsAndSaysSo(does)))
        .toList();
  }

  private void endsAndSaysSo(OtherSide does) {
    Notifier notifier = notifier(does);
    long began = System.nanoTime();

    Delivery end = notifier.deliver(news(Notification.Kind.UPGRADE, "told in vain"));

    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(LONGEST);
    assertThat(end)
        .isInstanceOf(
            does == OtherSide.REFUSES || does == OtherSide.POINTS_ELSEWHERE
                ? Delivery.Impossible.class
                : Delivery.Later.class);
    assertThat(visitsElsewhere()).isZero();
    assertNoSecret(end + " " + end.summary() + " " + notifier);
  }

  private void assertNoSecret(String said) {
    assertThat(secrets()).allSatisfy(secret -> assertThat(said).doesNotContain(secret));
  }

  private static Notification news(Notification.Kind kind, String text) {
    return new Notification(new AgentName("bot"), "event:1", kind, "bot: news", text);
  }
}
