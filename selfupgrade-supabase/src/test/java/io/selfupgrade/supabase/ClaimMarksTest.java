package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.schedule.Claimant;
import io.selfupgrade.schedule.ClaimedRun;
import io.selfupgrade.schedule.OneShot;
import io.selfupgrade.schedule.RunEnd;
import io.selfupgrade.schedule.TaskStore.Submitted;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.testkit.Eventually;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A claim does not pass over all that has ended before it, and misses nothing by that. */
class ClaimMarksTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String MAIL = "mail";
  private static final UUID FIRST = new UUID(1, 1);
  private static final UUID HIGH = new UUID(-1, -1);

  private final PostgresStore store = PostgresStore.at(DATABASE.jdbcUrl());
  private final long prefix = UUID.randomUUID().getMostSignificantBits();
  private Claimant primary;

  @BeforeEach
  void lead() {
    store.open(SchemaMode.APPLY);
    primary = Claimant.primary(Agents.lead(store));
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void whatHasEndedIsPassedOnceThoughATransactionMayStillSeeIt() throws SQLException {
    int tasks = 4_000;
    submit(tasks);
    try (Connection old = DATABASE.dataSource().getConnection()) {
      old.setAutoCommit(false);
      old.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      number(old, "select count(*) from selfupgrade.one_shots");
      long before = passed();
      for (int claimed = 0; claimed < tasks; claimed += 100) {
        List<ClaimedRun> batch = claim(100);
        assertThat(batch).hasSize(100);
        store.tasks().finish(ends(batch));
      }
      // From the beginning each time, that were 20 of them for a task.
      Eventually.holds("the server has counted", SOON, () -> passed() - before >= tasks);
      assertThat(passed() - before).isLessThan(6L * tasks);
    }
  }

  @Test
  void whatIsGivenBackBehindTheMarkIsFoundAsSoonAsAClaimFindsLess() {
    submit(30);
    List<ClaimedRun> first = claim(10);
    List<ClaimedRun> second = claim(10);
    store.tasks().finish(first.stream().map(run -> RunEnd.givenBack(run.claim())).toList());

    List<ClaimedRun> third = claim(20);

    assertThat(third).extracting(run -> run.claim().run()).doesNotContainAnyElementsOf(ids(second));
    assertThat(third).hasSize(20);
    assertThat(ids(third)).containsAll(ids(first));
    assertThat(claim(5)).isEmpty();
  }

  @Test
  void whatWasDueEarlierIsFoundAsSoonAsAClaimFindsLess() {
    submit(10);
    assertThat(claim(10)).hasSize(10);
    OneShot late = OneShot.of(MAIL, Json.EMPTY).at(Instant.EPOCH);

    List<UUID> submitted =
        store.tasks().submit(primary.agent(), List.of(new Submitted(HIGH, late)));

    assertThat(ids(claim(10))).isEqualTo(submitted);
  }

  @Test
  void aLookGoesOnWhileEachFindsAllThatItAsksForAndForASecondAtTheLongest() {
    AtomicLong nanos = new AtomicLong();
    ClaimMarks marks = new ClaimMarks(nanos::get);
    ClaimMarks.Place place = ClaimMarks.Place.of(Instant.EPOCH, FIRST);

    assertThat(after(marks, agent()).isBeginning()).isTrue();
    List<ClaimMarks.Ask> first = marks.asks(agent(), Map.of(MAIL, 5));
    assertThat(marks.found(agent(), first, Map.of(MAIL, 5), Map.of(MAIL, place))).isEmpty();
    assertThat(after(marks, agent())).isEqualTo(place);
    assertThat(after(marks, new AgentName("other")).isBeginning()).isTrue();

    nanos.addAndGet(Duration.ofSeconds(1).toNanos() + 1);
    assertThat(after(marks, agent()).isBeginning()).isTrue();
  }

  @Test
  void aLookThatFindsLessIsMadeOnceMoreFromTheBeginning() {
    ClaimMarks marks = new ClaimMarks(() -> 0);
    ClaimMarks.Place place = ClaimMarks.Place.of(Instant.EPOCH, FIRST);
    List<ClaimMarks.Ask> first = marks.asks(agent(), Map.of(MAIL, 5));
    marks.found(agent(), first, Map.of(MAIL, 5), Map.of(MAIL, place));

    List<ClaimMarks.Ask> second = marks.asks(agent(), Map.of(MAIL, 5));
    List<ClaimMarks.Ask> again = marks.found(agent(), second, Map.of(MAIL, 2), Map.of(MAIL, place));

    assertThat(again).hasSize(1);
    assertThat(again.get(0).most()).isEqualTo(3);
    assertThat(again.get(0).after().isBeginning()).isTrue();
    assertThat(after(marks, agent()).isBeginning()).isTrue();
  }

  private static ClaimMarks.Place after(ClaimMarks marks, AgentName agent) {
    return marks.asks(agent, Map.of(MAIL, 5)).get(0).after();
  }

  @Test
  void placesAreInTheOrderOfTheServer() {
    ClaimMarks.Place low = ClaimMarks.Place.of(Instant.EPOCH, FIRST);
    ClaimMarks.Place high = ClaimMarks.Place.of(Instant.EPOCH, HIGH);
    ClaimMarks.Place later = ClaimMarks.Place.of(Instant.EPOCH.plusMillis(1), FIRST);

    assertThat(low.later(high)).isEqualTo(high);
    assertThat(high.later(low)).isEqualTo(high);
    assertThat(high.later(later)).isEqualTo(later);
  }

  private AgentName agent() {
    return primary.agent();
  }

  private void submit(int number) {
    List<Submitted> work = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      work.add(
          new Submitted(
              new UUID(prefix, i), OneShot.of(MAIL, Json.EMPTY).at(Instant.EPOCH.plusSeconds(1))));
    }
    store.tasks().submit(agent(), work);
  }

  private List<ClaimedRun> claim(int most) {
    return store.tasks().claimOneShots(primary, Map.of(MAIL, most)).claimed();
  }

  private static List<RunEnd> ends(List<ClaimedRun> runs) {
    return runs.stream().map(run -> RunEnd.succeeded(run.claim())).toList();
  }

  private static List<UUID> ids(List<ClaimedRun> runs) {
    return runs.stream().map(run -> run.claim().run()).toList();
  }

  /** Entries of the index that were passed, as far as the server has counted. */
  private static long passed() {
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      return number(
          connection,
          "select idx_tup_read from pg_stat_user_indexes where indexrelname = 'one_shots_queue'");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }
}
