package io.selfupgrade.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.Overlap;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskStore.Claiming;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ticks are minutes after {@link #ANCHOR}, so that a table can name them by number. */
class TickPlanTest {

  private static final Instant ANCHOR = Instant.parse("2026-05-05T10:00:00Z");
  private static final Duration PERIOD = Duration.ofMinutes(1);
  private static final Map<String, Missed> MISSED =
      Map.of(
          "SKIP", Missed.skip(),
          "RUN_ONCE", Missed.runOnce(),
          "RUN_ALL", Missed.runAll(),
          "RUN_ALL(2)", Missed.runAll(2),
          "WITHIN(2m)", Missed.within(Duration.ofMinutes(2)));

  @ParameterizedTest(name = "{0}, next {1}, now {2}, served since {3}, running {4}")
  @CsvSource(
      delimiter = '|',
      value = {
        // Not due, on time, late while served: the same by every rule.
        "SKIP SKIP        | 5 | 4.5   | 0    | 0 | wait 5",
        "RUN_ALL QUEUE    | 5 | 4.999 | 0    | 0 | wait 5",
        "SKIP SKIP        | 5 | 5     | 0    | 0 | claim 5 +0",
        "RUN_ONCE SKIP    | 5 | 5.5   | 0    | 0 | claim 5 +0",
        "RUN_ALL QUEUE    | 5 | 5.5   | 0    | 0 | claim 5 +0",
        "WITHIN(2m) ALLOW | 5 | 5.5   | 0    | 0 | claim 5 +0",
        "SKIP SKIP        | 5 | 5.9   | 0    | 0 | claim 5 +0",
        // Missed: due before this primary served.
        "SKIP SKIP        | 1 | 5.5   | 5.5  | 0 | skip 5 +4",
        "SKIP SKIP        | 1 | 5.1   | 5.1  | 0 | claim 5 +4",
        "RUN_ONCE SKIP    | 1 | 5.5   | 5.5  | 0 | claim 5 +4",
        "RUN_ALL SKIP     | 1 | 5.5   | 5.5  | 0 | claim 1 +0",
        "RUN_ALL QUEUE    | 2 | 5.5   | 5.5  | 0 | claim 2 +0",
        "RUN_ALL(2) QUEUE | 1 | 5.5   | 5.5  | 0 | claim 4 +3",
        "RUN_ALL(2) QUEUE | 4 | 5.5   | 5.5  | 0 | claim 4 +0",
        "WITHIN(2m) SKIP  | 1 | 5.5   | 5.5  | 0 | claim 5 +4",
        // Missed and served together: where each tick counts, one run stands for the missed.
        "RUN_ONCE QUEUE   | 1 | 5.5   | 3.5  | 0 | claim 3 +2",
        "RUN_ONCE ALLOW   | 1 | 5.5   | 3.5  | 0 | claim 3 +2",
        "RUN_ONCE SKIP    | 1 | 5.5   | 3.5  | 0 | claim 5 +4",
        "SKIP QUEUE       | 1 | 5.5   | 3.5  | 0 | skip 3 +2",
        "WITHIN(2m) QUEUE | 1 | 5.5   | 3.5  | 0 | skip 3 +2",
        "WITHIN(2m) QUEUE | 1 | 4.5   | 3.5  | 0 | claim 3 +2",
        "SKIP QUEUE       | 4 | 6.5   | 3.5  | 0 | claim 4 +0",
        "RUN_ONCE ALLOW   | 4 | 6.5   | 3.5  | 0 | claim 4 +0",
        "RUN_ONCE QUEUE   | 4 | 6.5   | 4    | 0 | claim 4 +0",
        // While an earlier one runs.
        "RUN_ONCE SKIP    | 5 | 5     | 0    | 1 | skip 5 +0",
        "RUN_ONCE SKIP    | 5 | 7.5   | 0    | 1 | skip 7 +2",
        "RUN_ONCE SKIP    | 5 | 4.5   | 0    | 1 | wait 5",
        "RUN_ONCE QUEUE   | 5 | 5.5   | 0    | 1 | wait",
        "RUN_ALL QUEUE    | 5 | 5.5   | 0    | 1 | wait",
        "RUN_ONCE ALLOW   | 5 | 5.5   | 0    | 3 | claim 5 +0"
      })
  void decides(String policy, int next, double now, double served, int running, String expected) {
    String[] rules = policy.split(" ", 2);
    Overlap overlap = Overlap.valueOf(rules[1]);
    TickPlan.Standing task =
        task(MISSED.get(rules[0]), overlap, Optional.of(tick(next)), running, 0);

    assertThat(text(TickPlan.decide(task, tick(now), tick(served)))).isEqualTo(expected);
  }

  @Test
  void withinIsJudgedByTheAgeOfTheNewestMissedTick() {
    Ticks rare = Ticks.of(Schedule.every(Duration.ofMinutes(10)), ANCHOR);
    TickPlan.Standing task =
        new TickPlan.Standing(
            "digest",
            TaskPolicy.DEFAULT.missed(Missed.within(Duration.ofMinutes(2))),
            rare,
            Optional.of(tick(10)),
            0,
            0,
            Optional.empty());

    assertThat(text(TickPlan.decide(task, tick(12), tick(12)))).isEqualTo("claim 10 +0");
    assertThat(text(TickPlan.decide(task, tick(12.1), tick(12.1)))).isEqualTo("skip 10 +0");
  }

  @Test
  void aClaimNamesTheTickAfter() {
    TickPlan.Decision decision =
        TickPlan.decide(
            task(Missed.runOnce(), Overlap.SKIP, Optional.of(tick(1)), 0, 0), tick(3.5), tick(3.5));

    assertThat(decision)
        .isEqualTo(
            new TickPlan.Claim(new Claiming("digest", tick(1), tick(3), Optional.of(tick(4)), 2)));
  }

  @Test
  void afterItsOnlyTickThereIsNone() {
    Ticks once = Ticks.of(Schedule.at(tick(2)), ANCHOR);
    TickPlan.Standing task =
        new TickPlan.Standing(
            "digest", TaskPolicy.DEFAULT, once, Optional.of(tick(2)), 0, 0, Optional.empty());

    assertThat(TickPlan.decide(task, tick(9), tick(9)))
        .isEqualTo(
            new TickPlan.Claim(new Claiming("digest", tick(2), tick(2), Optional.empty(), 0)));
  }

  @Test
  void aTaskWithoutANextTickWaits() {
    TickPlan.Standing task = task(Missed.runOnce(), Overlap.SKIP, Optional.empty(), 0, 0);

    assertThat(text(TickPlan.decide(task, tick(9), tick(0)))).isEqualTo("wait");
  }

  @ParameterizedTest
  @CsvSource({
    "SKIP,0,waiting",
    "QUEUE,0,waiting",
    "ALLOW,2,waiting",
    "QUEUE,1,wait",
    "SKIP,1,skip 5 +0"
  })
  void whatWasGivenBackGoesBeforeWhatIsDue(Overlap overlap, int running, String expected) {
    TickPlan.Standing task = task(Missed.runOnce(), overlap, Optional.of(tick(5)), running, 1);

    assertThat(text(TickPlan.decide(task, tick(5), tick(0)))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "SKIP,  4.5, wait 5",
    "SKIP,  5,   claim 5 +0",
    "SKIP,  7,   waiting",
    "ALLOW, 5,   claim 5 +0",
    "QUEUE, 4.5, wait 7",
    "QUEUE, 5,   wait 7",
    "QUEUE, 7,   waiting"
  })
  void aRunThatIsTriedAgainWaitsForItsPauseAndHoldsUpOnlyAQueue(
      Overlap overlap, double now, String expected) {
    TickPlan.Standing task =
        new TickPlan.Standing(
            "digest",
            new TaskPolicy(Missed.runOnce(), overlap),
            Ticks.of(Schedule.every(PERIOD), ANCHOR),
            Optional.of(tick(5)),
            0,
            1,
            Optional.of(tick(7)));

    assertThat(text(TickPlan.decide(task, tick(now), tick(0)))).isEqualTo(expected);
  }

  @Test
  void aTickThatIsTriedAgainIsWaitedForWhereNoOtherComesBefore() {
    TickPlan.Standing task =
        new TickPlan.Standing(
            "digest",
            TaskPolicy.DEFAULT,
            Ticks.of(Schedule.every(PERIOD), ANCHOR),
            Optional.of(tick(9)),
            0,
            1,
            Optional.of(tick(7)));

    assertThat(text(TickPlan.decide(task, tick(5), tick(0)))).isEqualTo("wait 7");
  }

  @Test
  void moreMissedTicksThanTheLimitArePassedOver() {
    TickPlan.Standing task = task(Missed.runAll(), Overlap.QUEUE, Optional.of(tick(1)), 0, 0);

    assertThat(text(TickPlan.decide(task, tick(10_005), tick(10_005)))).isEqualTo("claim 6 +5");
  }

  private static TickPlan.Standing task(
      Missed missed, Overlap overlap, Optional<Instant> next, int running, int waiting) {
    Ticks ticks = Ticks.of(Schedule.every(PERIOD), ANCHOR);
    return new TickPlan.Standing(
        "digest",
        new TaskPolicy(missed, overlap),
        ticks,
        next,
        running,
        waiting,
        Optional.of(ANCHOR).filter(ready -> waiting > 0));
  }

  private static String text(TickPlan.Decision decision) {
    if (decision instanceof TickPlan.Claim claim) {
      return "claim " + text(claim.claiming());
    }
    if (decision instanceof TickPlan.Skip skip) {
      return "skip " + text(skip.claiming());
    }
    if (decision instanceof TickPlan.Wait wait) {
      return "wait" + wait.until().map(until -> " " + number(until)).orElse("");
    }
    return "waiting";
  }

  private static String text(Claiming claiming) {
    assertThat(claiming.nextDue().orElse(Instant.MAX)).isAfter(claiming.tick());
    return number(claiming.tick()) + " +" + claiming.passedOver();
  }

  private static long number(Instant tick) {
    return Duration.between(ANCHOR, tick).toMinutes();
  }

  private static Instant tick(double number) {
    return ANCHOR.plusMillis(Math.round(number * PERIOD.toMillis()));
  }
}
