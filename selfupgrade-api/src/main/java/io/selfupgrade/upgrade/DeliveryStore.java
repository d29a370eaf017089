package io.selfupgrade.upgrade;

import io.selfupgrade.agent.AgentName;
import java.time.Duration;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Deliveries of webhooks that were verified, each with the request for a look that it made.
 *
 * <p>A delivery is a hint that there may be something new. Who repeats one gains nothing: see
 * {@link DeliveryReceipt}.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #accept} keeps the delivery and files its request with {@link Trigger#WEBHOOK} in
 *       one transaction, and wakes the primary like {@link UpgradeJournal#request}.
 *   <li>A delivery whose id is known has no effect, whatever its body.
 *   <li>One whose body is known, under another id, has no effect while the request of that body
 *       waits, its upgrade is under way, or the last delivery of it is younger than the rule says.
 *   <li>No more deliveries are kept than the rule says. One too many has no effect if a request
 *       waits, and is turned away otherwise. One has no effect either while {@value #MOST_WAITING}
 *       requests of webhooks wait.
 *   <li>Deliveries that arrive at once, at several instances, count as if one came after the other.
 *   <li>Agents know nothing of each other's deliveries.
 * </ol>
 */
public interface DeliveryStore {

  /** How many requests of webhooks wait for an agent at most. */
  int MOST_WAITING = 100;

  /** Keeps a delivery and files a request, where there is need; any instance may. */
  DeliveryReceipt accept(AgentName agent, Hint hint, Rule rule);

  /**
   * A delivery that was verified.
   *
   * @param delivery the sender's id for it, which stays when it is delivered again: 1 to 100
   *     printable ASCII characters
   * @param bodyDigest names the body: 64 lower-case hexadecimal digits
   * @param subject what it tells, for people: at most 200 characters
   */
  record Hint(String delivery, String bodyDigest, String subject) {

    private static final Pattern DELIVERY = Pattern.compile("[!-~]{1,100}");
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
    private static final int LONGEST_SUBJECT = 200;

    /**
     * Validates the shapes.
     *
     * @throws IllegalArgumentException if one is another
     */
    public Hint {
      require(DELIVERY.matcher(delivery).matches(), "delivery", "1 to 100 printable characters");
      require(DIGEST.matcher(bodyDigest).matches(), "bodyDigest", "64 hexadecimal digits");
      require(
          subject.length() <= LONGEST_SUBJECT && subject.indexOf('\0') < 0,
          "subject",
          "at most 200 characters, none of them NUL");
    }

    private static void require(boolean good, String what, String expected) {
      if (!good) {
        throw new IllegalArgumentException(what + " of a delivery: expected " + expected);
      }
    }
  }

  /**
   * How much deliveries may ask for.
   *
   * @param repeatAfter from when on a body that was delivered before asks for one more look
   * @param most how many deliveries are kept, and requests filed
   * @param per in that time
   */
  record Rule(Duration repeatAfter, int most, Duration per) {

    /** One more look after 10 minutes, 60 looks an hour. */
    public static final Rule DEFAULT = new Rule(Duration.ofMinutes(10), 60, Duration.ofHours(1));

    /**
     * Validates the limits.
     *
     * @throws IllegalArgumentException if one is not positive
     */
    public Rule {
      Objects.requireNonNull(repeatAfter, "repeatAfter");
      Objects.requireNonNull(per, "per");
      if (repeatAfter.isNegative() || per.isNegative() || per.isZero() || most < 1) {
        throw new IllegalArgumentException(
            "at most "
                + most
                + " deliveries in "
                + per
                + ", repeated after "
                + repeatAfter
                + ": expected positive limits");
      }
    }
  }
}
