package io.selfupgrade.core.observe;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.core.observe.Questions.Answer;
import io.selfupgrade.observe.Delivery;
import io.selfupgrade.observe.Notifier;
import io.selfupgrade.observe.Outbox;
import io.selfupgrade.observe.Outbox.Parcel;
import io.selfupgrade.observe.Outbox.Settlement;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Delivers what waits in the outbox: at least once, with growing pauses, for a bounded time. */
final class Dispatch {

  private static final Logger LOG = LoggerFactory.getLogger(ObserveEngine.class);
  private static final Duration LONGEST_DELIVERY = Duration.ofSeconds(30);

  /** Longer than a delivery may take, so that nobody else delivers the same meanwhile. */
  private static final Duration HOLD = Duration.ofMinutes(1);

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(30);
  private static final Duration LONGEST_ASKED_PAUSE = Duration.ofHours(6);
  private static final Duration UNTIL_A_NOTIFIER_COMES = Duration.ofHours(1);
  private static final int MOST_AT_ONCE = 50;

  private final Outbox outbox;
  private final Map<String, Notifier> notifiers = new LinkedHashMap<>();
  private final Questions questions;
  private final Counters counters;
  private final Duration giveUpAfter;

  Dispatch(
      Outbox outbox,
      List<Notifier> notifiers,
      Questions questions,
      Counters counters,
      Duration giveUpAfter) {
    this.outbox = outbox;
    notifiers.forEach(notifier -> this.notifiers.put(notifier.name(), notifier));
    this.questions = questions;
    this.counters = counters;
    this.giveUpAfter = giveUpAfter;
  }

  /** Delivers what is due, one parcel after another. */
  void run(Fence fence) throws InterruptedException {
    Map<String, Settlement> resting = new HashMap<>();
    for (int i = 0; i < MOST_AT_ONCE; i++) {
      Optional<Parcel> claimed = outbox.claim(fence, 1, HOLD).stream().findFirst();
      if (claimed.isEmpty()) {
        return;
      }
      Parcel parcel = claimed.get();
      Settlement rest = resting.get(parcel.notifier());
      Settlement how =
          rest == null || parcel.age().compareTo(giveUpAfter) > 0 ? attempt(parcel) : rest;
      if (outbox.settle(fence, parcel.id(), how)) {
        count(parcel, how);
      }
      if (how.state() == Outbox.State.WAITING) {
        resting.put(parcel.notifier(), how);
      }
    }
  }

  private Settlement attempt(Parcel parcel) throws InterruptedException {
    Notifier notifier = notifiers.get(parcel.notifier());
    Delivery end =
        notifier == null
            ? new Delivery.Later(
                "no notifier of this name is configured", Optional.of(UNTIL_A_NOTIFIER_COMES))
            : deliver(notifier, parcel);
    if (end instanceof Delivery.Delivered) {
      return Settlement.delivered();
    }
    if (end instanceof Delivery.Later later && parcel.age().compareTo(giveUpAfter) <= 0) {
      Duration pause = later.pause().orElseGet(() -> pause(parcel.attempts()));
      return Settlement.later(
          pause.compareTo(LONGEST_ASKED_PAUSE) < 0 ? pause : LONGEST_ASKED_PAUSE, later.why());
    }
    return Settlement.givenUp(end.summary());
  }

  private Delivery deliver(Notifier notifier, Parcel parcel) throws InterruptedException {
    Answer<Delivery> answer =
        questions
            .ask(
                "notifier " + notifier.name() + " " + parcel.id(),
                LONGEST_DELIVERY,
                () -> notifier.deliver(parcel.notification()))
            .await();
    // Only the kind of an exception is told: its message is not ours, and may hold a secret.
    return answer
        .value()
        .orElseGet(
            () ->
                new Delivery.Later(
                    answer
                        .failure()
                        .map(failure -> "it threw " + failure.getClass().getName())
                        .orElse("no answer within " + LONGEST_DELIVERY),
                    Optional.empty()));
  }

  private void count(Parcel parcel, Settlement how) {
    switch (how.state()) {
      case DELIVERED -> counters.delivered.increment();
      case WAITING -> {
        counters.retried.increment();
        LOG.debug("{} by {}: {}", parcel.notification().key(), parcel.notifier(), how.note());
      }
      case GIVEN_UP -> {
        counters.givenUp.increment();
        LOG.warn(
            "notification \"{}\" is given up for {} after {} attempts: {}",
            parcel.notification().title(),
            parcel.notifier(),
            parcel.attempts(),
            how.note());
      }
    }
  }

  private static Duration pause(int attempts) {
    Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(20, Math.max(0, attempts - 1)));
    return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
  }
}
