package io.selfupgrade.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.schedule.OneShot;
import io.selfupgrade.schedule.TaskStore.Submitted;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.testkit.Eventually;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** One course of kills, stops and cuts over processes that run ten thousand things. */
final class Chaos {

  static final String HEAD =
      "seed | s | kills | stops | cuts | one-shots | ticks | attempts > 1 | marks twice";

  private static final int SHIPS = 4;
  private static final int COMMITS = 6_500;
  private static final int MARKS = 3_500;
  private static final int BATCH = 500;
  private static final Duration SOON = Duration.ofSeconds(90);

  private final long seed;
  private final Duration time;
  private final Random random;
  private final WorldDatabase database;
  private final Path directory;
  private int kills;
  private int stops;
  private int cuts;

  /** What a process gets back after a while. */
  private record Relief(Fleet.Ship ship, long atNanos) {}

  Chaos(Path directory, WorldDatabase database, long seed, Duration time) {
    this.directory = directory;
    this.database = database;
    this.seed = seed;
    this.time = time;
    this.random = new Random(seed);
  }

  /** Plays it, judges it and returns what was done. */
  String play() throws Exception {
    long begin = System.nanoTime();
    database.execute("create table public.effects (key text primary key, attempt integer)");
    database.execute("create table public.marks (key text, attempt integer)");
    try (PostgresStore store = PostgresStore.at(database.url())) {
      store.open(SchemaMode.APPLY);
      submit(store, ChaosAgent.COMMITS, COMMITS);
      submit(store, ChaosAgent.MARKS, MARKS);
    }
    Fleet fleet = new Fleet(database, directory, SHIPS);
    try (fleet) {
      Eventually.holds(
          "ticks are run", SOON, () -> number("select count(*) from public.effects") > 0);
      trouble(fleet);
      assertThat(fleet.ships())
          .as("processes that did not end by themselves")
          .allMatch(Fleet.Ship::alive);
      long micros = number("select (extract(epoch from clock_timestamp()) * 1000000)::bigint");
      Eventually.holds("all is done", SOON, () -> left(micros) == 0);
    }
    assertThat(fleet.ships()).as("processes that are left").noneMatch(Fleet.Ship::alive);
    assertThat(fleet.said("duplicate key")).as("runs that were committed before").isZero();
    judge();
    return line(Duration.ofNanos(System.nanoTime() - begin));
  }

  private void submit(PostgresStore store, String handler, int number) {
    Instant now = Instant.now();
    List<Submitted> work = new ArrayList<>();
    for (int index = 0; index < number; index++) {
      OneShot shot = OneShot.of(handler, Json.EMPTY);
      Duration later = Duration.ofMillis(random.nextInt((int) time.toMillis()));
      OneShot dated = random.nextInt(4) == 0 ? shot : shot.at(now.plus(later));
      work.add(new Submitted(new UUID(random.nextLong(), random.nextLong()), dated));
    }
    for (int from = 0; from < number; from += BATCH) {
      store
          .tasks()
          .submit(
              new AgentName(ChaosAgent.NAME), work.subList(from, Math.min(number, from + BATCH)));
    }
  }

  private void trouble(Fleet fleet) throws Exception {
    long end = System.nanoTime() + time.toNanos();
    List<Relief> reliefs = new ArrayList<>();
    while (end - System.nanoTime() > 0) {
      Fleet.Ship ship = fleet.ships().get(random.nextInt(SHIPS));
      int what = random.nextInt(10);
      if (what < 2) {
        ship.kill();
        kills++;
      } else if (what < 5) {
        ship.stop();
        stops++;
        reliefs.add(relief(ship, 5_000));
      } else {
        ship.cut();
        cuts++;
        reliefs.add(relief(ship, random.nextBoolean() ? 50 : 3_000));
      }
      LockSupport.parkNanos(Duration.ofMillis(100 + random.nextInt(600)).toNanos());
      for (Relief due : List.copyOf(reliefs)) {
        if (due.atNanos() - System.nanoTime() <= 0) {
          reliefs.remove(due);
          due.ship().goOn();
          due.ship().mend();
        }
      }
    }
    for (Fleet.Ship ship : fleet.ships()) {
      ship.goOn();
      ship.mend();
    }
  }

  private Relief relief(Fleet.Ship ship, int longestMillis) {
    return new Relief(
        ship, System.nanoTime() + Duration.ofMillis(random.nextInt(longestMillis)).toNanos());
  }

  /** Counts what was due by then and has not succeeded. */
  private long left(long micros) {
    String then = "to_timestamp(" + micros + " / 1000000.0)";
    return number("select count(*) from selfupgrade.one_shots")
        + number(
            "select count(*) from selfupgrade.task_runs where state in ('RUNNING', 'WAITING')"
                + " and due <= "
                + then)
        + number("select count(*) from selfupgrade.task_state where next_run <= " + then);
  }

  private void judge() {
    assertThat(number("select count(*) from selfupgrade.one_shot_ends"))
        .as("one-shots that ended")
        .isEqualTo(COMMITS + MARKS);
    none("one-shots that failed", "selfupgrade.one_shot_ends where state <> 'SUCCEEDED'");
    none("ticks that failed", "selfupgrade.task_runs where state in ('FAILED', 'SKIPPED')");
    none(
        "ticks that the grid has and the ledger has not",
        "(select due - lag(due) over (partition by task order by due) as step, passed_over"
            + " from selfupgrade.task_runs) r where r.passed_over > 0 or r.step <> interval '"
            + ChaosAgent.PERIOD.toMillis()
            + " milliseconds'");
    none("ticks before they were due", "selfupgrade.task_runs where started_at < due");
    none("one-shots before they were due", "selfupgrade.one_shot_ends where started_at < due");
    none(
        "one-shots without their effect",
        "selfupgrade.one_shot_ends e where e.handler = '"
            + ChaosAgent.COMMITS
            + "' and not exists (select from public.effects f where f.key = '"
            + ChaosAgent.NAME
            + "/' || e.handler || '/' || e.id)");
    assertThat(number("select count(*) from public.effects"))
        .as("effects: one for each run that succeeded")
        .isEqualTo(COMMITS + ticks());
    assertThat(number("select count(distinct key) from public.marks"))
        .as("one-shots that left a mark")
        .isEqualTo(MARKS);
  }

  private void none(String what, String from) {
    assertThat(number("select count(*) from " + from)).as(what).isZero();
  }

  private long ticks() {
    return number("select count(*) from selfupgrade.task_runs where state = 'SUCCEEDED'");
  }

  private String line(Duration took) {
    long again =
        number("select count(*) from selfupgrade.one_shot_ends where attempt > 1")
            + number("select count(*) from selfupgrade.task_runs where attempt > 1");
    long twice = number("select count(*) - count(distinct key) from public.marks");
    return List.of(
            seed, took.toSeconds(), kills, stops, cuts, COMMITS + MARKS, ticks(), again, twice)
        .stream()
        .map(String::valueOf)
        .collect(Collectors.joining(" | "));
  }

  private long number(String query) {
    return database.number(query);
  }
}
