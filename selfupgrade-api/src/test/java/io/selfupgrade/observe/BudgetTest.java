package io.selfupgrade.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is worked out from measurements. */
class BudgetTest {

  private static final Instant NOW = Instant.parse("2030-01-31T12:00:00Z");
  private static final long MB = 1_000_000;

  private final List<BudgetStore.Point> points = new ArrayList<>();
  private BudgetStore.Plan plan = BudgetStore.Plan.SUPABASE_FREE;

  @Test
  void growthIsTheAverageSinceTheOldestOfTwoWeeks() {
    earlier(Duration.ofDays(20), 1);
    earlier(Duration.ofDays(10), 100);
    earlier(Duration.ofHours(1), 190);

    Budget budget = measured(200);

    assertThat(budget.growth().bytesADay()).isEqualTo(10 * MB);
    assertThat(budget.growth().over()).isEqualTo(Duration.ofDays(10));
    assertThat(budget.untilFull()).contains(Duration.ofDays(30));
    assertThat(budget.size().share()).isEqualTo(0.4);
  }

  @Test
  void lessThanADayTellsNothing() {
    earlier(Duration.ofHours(23), 1);

    assertThat(measured(499).growth()).isEqualTo(Budget.Growth.UNKNOWN);
    assertThat(measured(499).untilFull()).isEmpty();
  }

  @Test
  void whatDoesNotGrowIsNeverFull() {
    earlier(Duration.ofDays(3), 30);

    Budget budget = measured(15);

    assertThat(budget.growth().bytesADay()).isEqualTo(-5 * MB);
    assertThat(budget.untilFull()).isEmpty();
  }

  @Test
  void whatIsFullIsFullNow() {
    earlier(Duration.ofDays(3), 30);

    assertThat(measured(600).untilFull()).contains(Duration.ZERO);
    assertThat(measured(600).size().share()).isGreaterThan(1);
  }

  @Test
  void withoutALimitNothingIsJudged() {
    plan = BudgetStore.Plan.UNKNOWN;
    earlier(Duration.ofDays(3), 30);

    assertThat(measured(60_000).untilFull()).isEmpty();
    assertThat(measured(60_000).size().share()).isZero();
    assertThat(measured(60_000).quiet().pausesAfter()).isEmpty();
  }

  @Test
  void theLongestTimeWithoutAMeasurementIsSeenForTwoWeeks() {
    earlier(Duration.ofDays(30), 1);
    earlier(Duration.ofDays(15), 1);
    earlier(Duration.ofDays(9), 1);
    earlier(Duration.ofDays(8), 1);

    assertThat(measured(1).quiet().longest()).isEqualTo(Duration.ofDays(8));
    assertThat(measured(1).quiet().halfway()).isTrue();
    earlier(Duration.ofDays(3), 1);
    assertThat(measured(1).quiet().longest()).isEqualTo(Duration.ofDays(6));
    plan = BudgetStore.Plan.UNKNOWN;
    assertThat(measured(1).quiet().halfway()).isFalse();
  }

  @Test
  void aLargerLimitIsThatOfAPlanThatDoesNotSleep() {
    BudgetStore.Plan free = BudgetStore.Plan.SUPABASE_FREE;

    assertThat(free.withLimit(8_000 * MB).pausesAfter()).isEmpty();
    assertThat(free.withLimit(100 * MB).pausesAfter()).isEqualTo(free.pausesAfter());
    assertThat(BudgetStore.Plan.UNKNOWN.withLimit(MB).pausesAfter()).isEqualTo(Optional.empty());
  }

  private void earlier(Duration ago, long megas) {
    points.add(new BudgetStore.Point(NOW.minus(ago), megas * MB));
  }

  private Budget measured(long megas) {
    return Budget.of(
        new BudgetStore.Measurement(
            NOW, megas * MB, Map.of(), new Budget.Connections(1, 10), points, plan));
  }
}
