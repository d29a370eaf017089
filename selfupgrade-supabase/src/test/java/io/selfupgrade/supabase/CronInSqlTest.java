package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.store.AgentStore.SchemaMode;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** That SQL finds the ticks that Java finds, minute by minute. */
class CronInSqlTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final int EXPRESSIONS = Integer.getInteger("expressions", 120);
  private static final int[][] FIELDS = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}};
  private static final Instant SOME_DAY = Instant.parse("2023-01-01T00:00:00Z");

  private static Connection connection;
  private static Statements statements;

  @BeforeAll
  static void open() throws SQLException {
    try (PostgresStore store = PostgresStore.at(DATABASE.jdbcUrl())) {
      store.open(SchemaMode.APPLY);
    }
    connection = DATABASE.dataSource().getConnection();
    statements = new Statements(connection);
  }

  @AfterAll
  static void close() throws SQLException {
    connection.close();
  }

  @Test
  void everyTickIsTheSame() throws SQLException {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < EXPRESSIONS; i++) {
      String expression = expression(random);
      // Months for what is rare, days for what comes often; from any second of ten years.
      boolean rare = !expression.endsWith("* * *");
      Instant after = SOME_DAY.plusSeconds(random.nextInt(10 * 366 * 86_400));
      Instant until = after.plus(Duration.ofDays(rare ? 70 : 2)).plusSeconds(random.nextInt(9_999));
      List<Instant> expected = CronSchedule.parse(expression).between(after, until, 20_000);
      String where = "\"" + expression + "\" after " + after + ", seed " + seed;

      assertThat(between(expression, after, until)).as(where).isEqualTo(expected);
      if (!expected.isEmpty()) {
        assertThat(next(expression, after)).as(where).contains(expected.get(0));
      }
    }
  }

  private static String expression(Random random) {
    return IntStream.range(0, FIELDS.length)
        .mapToObj(field -> field(random, FIELDS[field][0], FIELDS[field][1], field < 2))
        .collect(Collectors.joining(" "));
  }

  private static String field(Random random, int lowest, int highest, boolean ofDay) {
    if (random.nextInt(ofDay ? 6 : 2) == 0) {
      return "*";
    }
    return IntStream.rangeClosed(0, random.nextInt(3))
        .mapToObj(part -> part(random, lowest, highest))
        .collect(Collectors.joining(","));
  }

  private static String part(Random random, int lowest, int highest) {
    int from = lowest + random.nextInt(highest - lowest + 1);
    int to = from + random.nextInt(highest - from + 1);
    int step = 1 + random.nextInt(Math.min(highest, 20));
    return switch (random.nextInt(4)) {
      case 0 -> "*/" + step;
      case 1 -> from + "-" + to;
      case 2 -> from + "-" + to + "/" + step;
      default -> String.valueOf(from);
    };
  }

  @ParameterizedTest
  @CsvSource({
    "0 0 29 2 *, 2096-03-01T00:00:00Z, 2104-02-29T00:00:00Z",
    "0 0 29 2 */7, 2088-02-29T00:00:00Z, 2128-02-29T00:00:00Z",
    "59 23 31 12 *, 2026-12-31T23:58:59.999999Z, 2026-12-31T23:59:00Z",
    "59 23 31 12 *, 2026-12-31T23:59:00Z, 2027-12-31T23:59:00Z",
    "30 1 * * 7, 2026-11-23T00:00:00Z, 2026-11-29T01:30:00Z",
  })
  void whatIsRareIsFound(String expression, Instant after, Instant expected) throws SQLException {
    assertThat(next(expression, after)).contains(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *"})
  void whatNeverComesIsNot(String expression) throws SQLException {
    assertThat(next(expression, SOME_DAY)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "5-1 * * * *",
        "*/0 * * * *",
        "1/5 * * * *",
        ", * * * *",
        "1, * * * *",
        "-1 * * * *",
        "* * * JAN *",
        "@daily",
        "1 2 3 4 5; select 1"
      })
  void anythingElseIsRefused(String expression) {
    assertThatThrownBy(() -> next(expression, SOME_DAY))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("expected");
  }

  private static List<Instant> between(String expression, Instant after, Instant until)
      throws SQLException {
    return statements.list(
        "select t from selfupgrade.cron_between(?, ?, ?) t order by t limit 20000",
        row -> row.instant("t"),
        Arguments.of(expression, after, until));
  }

  private static Optional<Instant> next(String expression, Instant after) throws SQLException {
    return statements
        .first(
            "select selfupgrade.cron_next(?, ?) as t",
            row -> row.instantIfAny("t"),
            Arguments.of(expression, after))
        .orElseThrow();
  }
}
