package io.selfupgrade.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import io.selfupgrade.testkit.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent that is restarted hands over to a fresh process of the same version. */
class RestartProcessTest {

  private static final String MISSED =
      "select count(*) from generate_series("
          + "(select min(due) from public.ticks), (select max(due) from public.ticks),"
          + " interval '100 ms') grid(due) left join public.ticks t using (due)"
          + " where t.due is null";

  private static final String INSTANCES = "select count(*) from selfupgrade.instances";

  /** As an Edge Function tells the agent, or a person at the SQL prompt. */
  private static final String TOLD =
      "select (selfupgrade.file_command(name, 'key', 'RESTART', '{}')).filed::int"
          + " from selfupgrade.agent_state";

  private static final String SETTLED =
      "select count(*) from selfupgrade.commands where state = 'DONE' and note like '%in the place%'";

  private static final String LONGEST_GAP =
      "select ceil(1000 * extract(epoch from max(gap)))::bigint from (select finished_at -"
          + " lag(finished_at) over (order by finished_at) gap from selfupgrade.task_runs"
          + " where task = 'tick' and state = 'SUCCEEDED') gaps";

  @TempDir static Path serverDirectory;
  private static EmbeddedPostgres server;

  @TempDir Path directory;

  @BeforeAll
  static void startServer() {
    server = TestPostgres.attach(serverDirectory);
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void aFreshProcessLeadsBeforeTheOldOneEndsAndOneThatDoesNotComeUpChangesNothing()
      throws Exception {
    try (World world = new World(directory, server)) {
      long old = serving(world);
      world.wish("exit");
      world.wish("restart");
      Eventually.holds(
          "the restart is given up", World.SOON, () -> log(world, old).contains("given up"));
      assertThat(world.primaryPid()).isEqualTo(old);
      assertThat(world.number(INSTANCES)).isEqualTo(1);

      world.wish("restart");
      awaitAnother(world, old);

      assertGone(old);
      assertThat(log(world, old)).contains("leads in the place of this process");
      assertThat(world.number(MISSED)).isZero();
      assertThat(world.number("select count(*) from selfupgrade.upgrades")).isZero();
      System.out.println("longest time without a tick: " + world.number(LONGEST_GAP) + " ms");

      long second = world.primaryPid();
      assertThat(world.number(TOLD)).isEqualTo(1);
      awaitAnother(world, second);
      assertGone(second);
      assertOneProcessIsLeft(world);
      Eventually.holds(
          "who took the place has settled the command",
          World.SOON,
          () -> world.number(SETTLED) == 1);
    }
  }

  @Test
  void whoeverIsKilledMeanwhileOneProcessServesInTheEnd() throws Exception {
    try (World world = new World(directory, server)) {
      world.restartKilledLaunchers();
      long first = serving(world);
      world.wish("restart");
      relief(world).destroyForcibly();
      Eventually.holds(
          "the restart is given up", World.SOON, () -> log(world, first).contains("given up"));
      assertThat(world.primaryPid()).isEqualTo(first);

      world.wish("restart");
      relief(world);
      ProcessHandle.of(first).orElseThrow().destroyForcibly();
      awaitAnother(world, first);

      long second = world.primaryPid();
      world.wish("restart");
      relief(world);
      world.launcher().destroyForcibly().waitFor();
      awaitAnother(world, second);
      assertGone(second);
      assertThat(world.number(MISSED)).isZero();
      assertOneProcessIsLeft(world);
    }
  }

  private static long serving(World world) throws Exception {
    world.start("1.0.0");
    world.awaitTicking("1.0.0");
    return world.primaryPid();
  }

  private static void awaitAnother(World world, long old) {
    Eventually.holds("another process leads", World.SOON, () -> pid(world) != old);
    world.awaitTicking("1.0.0");
  }

  private static long pid(World world) {
    try {
      return world.primaryPid();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void assertGone(long pid) {
    Eventually.holds(
        "process " + pid + " has ended",
        World.SOON,
        () -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
  }

  private static void assertOneProcessIsLeft(World world) {
    Eventually.holds(
        "one process is left, which the launcher keeps running",
        World.SOON,
        () ->
            records(world).stream().filter(child -> alive(child).isPresent()).toList().stream()
                    .map(child -> child.lines().filter("role=current"::equals).count())
                    .toList()
                    .equals(List.of(1L))
                && world.launcher().isAlive());
  }

  private static ProcessHandle relief(World world) {
    return Eventually.present(
        "a relief runs",
        World.SOON,
        () ->
            records(world).stream()
                .filter(child -> child.lines().anyMatch("role=relief"::equals))
                .flatMap(child -> alive(child).stream())
                .findFirst());
  }

  private static Optional<ProcessHandle> alive(String child) {
    return child
        .lines()
        .filter(line -> line.startsWith("pid="))
        .findFirst()
        .flatMap(line -> ProcessHandle.of(Long.parseLong(line.substring("pid=".length()))))
        .filter(ProcessHandle::isAlive);
  }

  private static List<String> records(World world) {
    try (Stream<Path> runs = Files.list(world.home().resolve("run"))) {
      return runs.map(run -> run.resolve("child"))
          .filter(Files::exists)
          .map(RestartProcessTest::text)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String log(World world, long pid) {
    try (Stream<Path> runs = Files.list(world.home().resolve("run"))) {
      return runs.filter(run -> text(run.resolve("child")).contains("pid=" + pid + "\n"))
          .map(run -> text(run.resolve("out.log")))
          .findFirst()
          .orElse("");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }
}
