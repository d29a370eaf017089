package io.selfupgrade.core.schedule;

import static io.selfupgrade.core.schedule.TickScene.due;
import static io.selfupgrade.core.schedule.TickScene.task;
import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.schedule.Missed;
import io.selfupgrade.schedule.RunRecord;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.schedule.TaskRun;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.supabase.PostgresRun;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import io.selfupgrade.testkit.Eventually;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The engine on a real Postgres. */
@Timeout(120)
class TickEnginePostgresTest {

  private static final Duration GRID = Duration.ofMillis(20);
  private static final Duration EFFORT = Duration.ofMillis(8);
  private static final TaskPolicy ALL = TaskPolicy.DEFAULT.missed(Missed.runAll());

  @TempDir private Path directory;
  private EmbeddedPostgres server;
  private String url;
  private PostgresStore store;
  private TickScene scene;

  @BeforeEach
  void openStore() throws SQLException {
    server = TestPostgres.attach(directory.resolve("postgres"));
    url =
        server.jdbcUrl()
            + (server.jdbcUrl().contains("?") ? "&" : "?")
            + "user="
            + server.user()
            + "&password="
            + server.password().reveal();
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("create table public.effects (due timestamptz primary key)");
    }
    store = PostgresStore.at(url).poolSize(4);
    store.open(SchemaMode.APPLY);
    scene = new TickScene(store);
  }

  @AfterEach
  void closeStore() {
    scene.close();
    store.close();
    server.close();
  }

  @Test
  void everyTickLeavesItsEffectOnceHoweverTheLeadGoesToAndFro() throws SQLException {
    TickEngine one = engine();
    TickEngine two = engine();
    TickEngine leading = one;
    Fence fence = scene.lead();
    assertThat(leading.promoted(fence, Optional.empty())).isTrue();
    for (int term = 0; term < 6; term++) {
      awaitMore(12);
      boolean orderly = term % 2 == 0;
      if (orderly) {
        leading.drain(Duration.ofSeconds(5));
        leading.demoted();
      }
      TickEngine next = leading == one ? two : one;
      Fence taken = scene.lead();
      next.promoted(taken, orderly ? Optional.empty() : Optional.of(fence.holder()));
      if (!orderly) {
        leading.demoted();
      }
      leading = next;
      fence = taken;
    }
    awaitMore(12);
    leading.drain(Duration.ofSeconds(5));

    List<RunRecord> runs = scene.runs("t");
    for (int tick = 1; tick < runs.size(); tick++) {
      assertThat(due(runs).get(tick)).isEqualTo(due(runs).get(tick - 1).plus(GRID));
    }
    assertThat(runs.subList(0, runs.size() - 1))
        .allMatch(run -> run.state() == RunRecord.State.SUCCEEDED);
    assertThat(effects()).isEqualTo(due(scene.runs("t", RunRecord.State.SUCCEEDED)));
  }

  @Test
  void aTransactionThatIsStillOpenAtItsDeadlineHoldsUpNobody() throws SQLException {
    CountDownLatch leave = new CountDownLatch(1);
    AtomicReference<TaskRun> slow = new AtomicReference<>();
    TickEngine engine =
        scene.engine(
            store.tasks(),
            scene.settings(),
            task("t", GRID, ALL, TickEnginePostgresTest::leaveEffect),
            task(
                "slow",
                Duration.ofMillis(300),
                ALL.deadline(Duration.ofMillis(100)),
                run -> {
                  slow.compareAndSet(null, run);
                  PostgresRun.of(run).commit(connection -> awaitWhateverComes(leave));
                }));
    engine.promoted(scene.lead(), Optional.empty());

    Eventually.holds(
        "the slow one is given up in the middle of its transaction",
        TickScene.SOON,
        () -> slow.get() != null && slow.get().cancelled());
    awaitMore(20);
    leave.countDown();
    Eventually.holds(
        "what it committed stands, though it was late",
        TickScene.SOON,
        () ->
            store.tasks().find(slow.get().claim()).orElseThrow().state()
                == RunRecord.State.SUCCEEDED);
    engine.drain(Duration.ofSeconds(5));

    assertThat(effects()).isEqualTo(due(scene.runs("t", RunRecord.State.SUCCEEDED)));
  }

  private static void awaitWhateverComes(CountDownLatch leave) {
    boolean open = false;
    while (!open) {
      try {
        leave.await();
        open = true;
      } catch (InterruptedException e) {
        open = false; // As a driver does that is waiting for the server.
      }
    }
  }

  private TickEngine engine() {
    return scene.engine(
        store.tasks(), scene.settings(), task("t", GRID, ALL, TickEnginePostgresTest::leaveEffect));
  }

  private void awaitMore(int ticks) {
    int wanted = scene.runs("t", RunRecord.State.SUCCEEDED).size() + ticks;
    scene.awaitSucceeded("t", wanted);
  }

  /** Takes some time before it commits, so that a take-over catches some in the middle. */
  private static void leaveEffect(TaskRun run) throws Exception {
    LockSupport.parkNanos(EFFORT.toNanos());
    PostgresRun.of(run)
        .commit(
            connection -> {
              try (PreparedStatement insert =
                  connection.prepareStatement("insert into public.effects values (?)")) {
                insert.setTimestamp(1, Timestamp.from(run.due()));
                insert.executeUpdate();
              }
            });
  }

  private List<Instant> effects() throws SQLException {
    List<Instant> effects = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select due from public.effects order by due")) {
      while (rows.next()) {
        effects.add(rows.getTimestamp(1).toInstant());
      }
    }
    return effects;
  }
}
