package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.observe.BudgetStore;
import io.selfupgrade.observe.BudgetStore.Measurement;
import io.selfupgrade.observe.BudgetStore.Point;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Obligations of {@link BudgetStore}. */
abstract class BudgetStoreContract extends StoreContract {

  @Test
  void itTellsHowThingsAre() {
    Measurement measured = store.budget().measure();

    assertThat(measured.databaseBytes()).isPositive();
    assertThat(measured.tables()).containsKey("memories");
    assertThat(measured.tables().values().stream().mapToLong(Long::longValue).sum())
        .isBetween(0L, measured.databaseBytes());
    assertThat(measured.connections().used()).isPositive();
    assertThat(measured.connections().most()).isGreaterThanOrEqualTo(measured.connections().used());
  }

  @Test
  void whatWasMeasuredIsAPointOfLaterMeasurementsAndOneOfAnHourStays() {
    store.budget().measure();
    passShort();
    Measurement second = secondStore().budget().measure();
    passShort();
    Measurement third = store.budget().measure();

    assertThat(second.earlier()).isNotEmpty();
    assertThat(third.earlier()).containsAll(second.earlier());
    assertThat(third.earlier()).allSatisfy(point -> assertThat(point.at()).isBefore(third.at()));
    List<Instant> times = third.earlier().stream().map(Point::at).toList();
    assertThat(times).isSorted();
    assertThat(times.stream().map(at -> at.truncatedTo(ChronoUnit.HOURS))).doesNotHaveDuplicates();
  }

  @Test
  void severalMayMeasureAtOnce() {
    BudgetStore other = secondStore().budget();

    List<Measurement> all = inThreads(index -> (index % 2 == 0 ? store.budget() : other).measure());

    assertThat(all).allSatisfy(one -> assertThat(one.databaseBytes()).isPositive());
    passShort();
    assertThat(store.budget().measure().earlier()).isNotEmpty();
  }
}
