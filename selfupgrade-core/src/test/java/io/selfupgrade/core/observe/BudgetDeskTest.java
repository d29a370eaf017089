package io.selfupgrade.core.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.observe.Budget;
import io.selfupgrade.observe.BudgetStore;
import io.selfupgrade.observe.HealthReport.Finding;
import io.selfupgrade.observe.HealthStatus;
import io.selfupgrade.observe.RetentionStore;
import io.selfupgrade.store.AgentStore;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What is said of the database's room, and how often. */
class BudgetDeskTest {

  private static final long MB = 1_000_000;
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Budget.Connections FEW = new Budget.Connections(5, 60);

  private final ManualClock clock = ManualClock.at(Instant.parse("2030-01-01T00:00:00Z"));
  private final InMemoryStore store = new InMemoryStore(clock);
  private final List<String> said = new ArrayList<>();
  private BudgetDesk desk = desk(OptionalLong.empty());

  private BudgetDesk desk(OptionalLong limit) {
    return new BudgetDesk(store.budget(), limit, said::add);
  }

  @Test
  void withRoomItIsUpAndSaysNothing() {
    measured(40, FEW);

    assertThat(desk.finding().status()).isEqualTo(HealthStatus.UP);
    assertThat(desk.finding().seen()).isEqualTo("40 of 500 MB, 5 of 60 connections");
    assertThat(desk.last().orElseThrow().size().databaseBytes()).isEqualTo(40 * MB);
    assertThat(said).isEmpty();
  }

  @Test
  void aSizeThatGetsTightIsSaidOnceUntilThereWasRoomAgain() {
    for (long megas : new long[] {399, 401, 420, 399, 401, 376}) {
      measured(megas, FEW);
    }
    assertThat(said).hasSize(1);
    assertThat(said.get(0)).contains("401 of 500 MB, 80 % of the limit");
    assertThat(desk.finding().status()).isEqualTo(HealthStatus.UP);

    measured(374, FEW);
    measured(410, FEW);

    assertThat(said).hasSize(2);
    assertThat(desk.finding().status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(desk.finding().remedy()).contains("retention(", "databaseLimit(");
  }

  @Test
  void growthThatFillsItWithinTwoWeeksIsSaid() {
    measured(100, FEW);
    clock.advance(Duration.ofDays(2));
    measured(160, FEW);

    assertThat(said).hasSize(1);
    assertThat(said.get(0)).contains("+30.0 MB a day", "full in 11 days");
    assertThat(desk.finding().status()).isEqualTo(HealthStatus.DEGRADED);
  }

  @Test
  void connectionsThatGetTightAreSaid() {
    measured(10, new Budget.Connections(49, 60));

    assertThat(said).hasSize(1);
    assertThat(said.get(0)).contains("49 of 60 connections");
    assertThat(desk.finding().remedy()).contains("make pools smaller");
  }

  @Test
  void aQuietTimeThatCameNearToThePauseIsSaidAndIsNoBadHealth() {
    measured(10, FEW);
    clock.advance(Duration.ofDays(4));
    measured(10, FEW);
    clock.advance(Duration.ofHours(1));
    measured(10, FEW);

    assertThat(said).hasSize(1);
    assertThat(said.get(0)).contains("for 4 days", "put to sleep after 7");
    assertThat(desk.finding().status()).isEqualTo(HealthStatus.UP);
  }

  @Test
  void aLimitOfOnesOwnWins() {
    desk = desk(OptionalLong.of(8_000 * MB));

    measured(600, FEW);

    assertThat(said).isEmpty();
    assertThat(desk.finding().seen()).contains("600 of 8000 MB");
  }

  @Test
  void whatCannotBeMeasuredIsAFindingAndStopsNothing() {
    BudgetStore refusing =
        () -> {
          throw new AdapterException("BudgetStore", "measuring failed: not allowed", false, null);
        };
    desk = new BudgetDesk(refusing, OptionalLong.empty(), said::add);

    desk.measure(true);
    desk.measure(true);

    assertThat(desk.finding().status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(desk.finding().seen()).contains("not allowed");
    assertThat(desk.last()).isEmpty();
  }

  @Test
  void whoDoesNotLeadKnowsAndSaysNothing() {
    clock.advance(Duration.ofMillis(1));
    store.measures(410 * MB, FEW, BudgetStore.Plan.SUPABASE_FREE);

    desk.measure(false);

    assertThat(desk.finding().status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(said).isEmpty();
    desk.measure(true);
    assertThat(said).hasSize(1);
  }

  @Test
  void oldFiguresAreKeptAndCalledOldUntilThereAreOthers() {
    measured(410, FEW);

    desk.mayBeOld();

    assertThat(desk.last()).isPresent();
    assertThat(desk.finding().status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(desk.finding().seen())
        .isEqualTo("410 of 500 MB, 5 of 60 connections, as of 2030-01-01T00:00:00Z");
    measured(420, FEW);
    assertThat(desk.finding().seen()).isEqualTo("420 of 500 MB, 5 of 60 connections");
  }

  @Test
  void aStoreThatIsAwayMakesTheFiguresOld() {
    FaultyStore faulty = FaultyStore.around(store);
    desk = new BudgetDesk(faulty.budget(), OptionalLong.empty(), said::add);
    measured(40, FEW);
    faulty.goAway();

    assertThatThrownBy(() -> desk.measure(true)).isInstanceOf(AdapterException.class);

    assertThat(desk.finding().seen()).contains("40 of 500 MB", "as of 2030-01-01");
  }

  @Test
  void thePrimaryMeasuresByItselfAndSaysSo() throws Exception {
    InMemoryStore real = full();
    try (EngineScene scene = new EngineScene(real)) {
      ObserveEngine engine = scene.engine(Optional.empty());
      assertThat(engine.metrics().store().budget()).isEmpty();
      assertThat(engine.healthCheck().finding("budget").orElseThrow().seen())
          .contains("not measured yet");
      scene.lead();
      engine.start();

      awaitMeasured(engine);

      assertThat(engine.healthCheck().finding("budget").orElseThrow().seen())
          .contains("410 of 500 MB");
      Eventually.holds(
          "the line is in the agent's log",
          SOON,
          () -> !real.logs().newest(scene.self.agent(), 5).isEmpty());
      assertThat(real.logs().newest(scene.self.agent(), 5)).hasSize(1);
      scene.alone.fence = Optional.empty();
      engine.demoted();
      assertThat(engine.metrics().store().budget()).as("after it led").isPresent();
    }
  }

  /** In a database that takes no more writes nobody leads, and no row is deleted or written. */
  @Test
  void whoCannotLeadAndIsNotKnownMeasuresAllTheSame() throws Exception {
    try (EngineScene scene = new EngineScene(full())) {
      ObserveEngine engine = scene.engine(Optional.empty());
      scene.alone.connected = false;
      engine.start();

      awaitMeasured(engine);

      Finding finding = engine.healthCheck().finding("budget").orElseThrow();
      assertThat(finding.status()).isEqualTo(HealthStatus.DEGRADED);
      assertThat(finding.remedy()).contains("make room");
    }
  }

  @Test
  void whatFailsBesideItKeepsNobodyFromMeasuring() throws Exception {
    try (EngineScene scene = new EngineScene(withoutDeleting(full()))) {
      scene.lead();
      ObserveEngine engine = scene.engine(Optional.empty());
      engine.start();

      awaitMeasured(engine);
    }
  }

  private static AgentStore withoutDeleting(AgentStore store) {
    RetentionStore readOnly =
        (fence, what, age, most) -> {
          throw new AdapterException("RetentionStore", "deleting failed: read-only", true, null);
        };
    return (AgentStore)
        Proxy.newProxyInstance(
            BudgetDeskTest.class.getClassLoader(),
            new Class<?>[] {AgentStore.class},
            (proxy, method, arguments) ->
                method.getName().equals("retention") ? readOnly : method.invoke(store, arguments));
  }

  private static void awaitMeasured(ObserveEngine engine) {
    Eventually.holds("it has measured", SOON, () -> engine.metrics().store().budget().isPresent());
  }

  private static InMemoryStore full() {
    InMemoryStore real = new InMemoryStore(Clock.systemUTC());
    real.measures(410 * MB, FEW, BudgetStore.Plan.SUPABASE_FREE);
    return real;
  }

  private void measured(long megas, Budget.Connections connections) {
    clock.advance(Duration.ofMillis(1));
    store.measures(megas * MB, connections, BudgetStore.Plan.SUPABASE_FREE);
    desk.measure(true);
  }
}
