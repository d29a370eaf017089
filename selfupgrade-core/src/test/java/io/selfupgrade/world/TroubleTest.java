package io.selfupgrade.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.world.Troubles.Trouble;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole worlds in trouble: a database that is away, candidates that misbehave, launchers that die
 * or stand still, clocks that go wrong. {@code -Dtrouble=TEXT} takes those only whose name contains
 * the text, {@code -Dlong} all there are, {@code -Dworlds.part=K/N} each Nth from the Kth on.
 */
class TroubleTest {

  private static final int WORLDS = Integer.getInteger("trouble.worlds", 4);

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
  void everyTroubleEndsInService() throws Exception {
    List<Trouble> all = new ArrayList<>(Troubles.all());
    if (System.getProperty("long") != null || System.getProperty("trouble") != null) {
      all.addAll(Troubles.others());
    }
    all.removeIf(one -> !one.name().contains(System.getProperty("trouble", "")));
    Queue<String> lines = new ConcurrentLinkedQueue<>();
    Campaign<Trouble> campaign =
        new Campaign<>(
            directory, server, (siege, trouble) -> lines.add(line(siege, trouble)), "hurried");

    List<Trouble> part = Campaign.part(all);
    List<String> failures = campaign.play(part, WORLDS);

    System.out.println("\ntrouble | s | what became of it\n" + String.join("\n", lines));
    assertThat(failures).isEmpty();
    assertThat(lines).hasSameSizeAs(part);
  }

  @Test
  void twoAgentsOfOneNameLeadOneAfterTheOtherWithoutALauncher() throws Exception {
    try (World world = new World(directory.resolve("two"), server)) {
      Process one = world.startAgent("any-port");
      Process other = world.startAgent("any-port");
      try {
        world.awaitTicking("1.0.0");
        Process first = leads(world, one) ? one : other;
        Process second = first == one ? other : one;

        Troubles.signal("STOP", first.pid());
        Eventually.holds("the second leads", World.SOON, () -> leads(world, second));
        Troubles.signal("CONT", first.pid());
        ticksOn(world);
        assertThat(leads(world, second)).as("the first stays away once it wakes up").isTrue();

        second.destroyForcibly();
        Eventually.holds("the first leads again", World.SOON, () -> leads(world, first));
        ticksOn(world);
        new Laws(world).nothingTwice();
      } finally {
        one.destroyForcibly();
        other.destroyForcibly();
      }
    }
  }

  private static boolean leads(World world, Process agent) {
    return world.number(
            "select count(*) from selfupgrade.leadership l"
                + " join selfupgrade.instances i on i.id = l.holder and i.place like '%"
                + " "
                + agent.pid()
                + "'")
        > 0;
  }

  private static void ticksOn(World world) {
    String ticks = "select count(*) from public.ticks";
    long before = world.number(ticks);
    Eventually.holds("it ticks", World.SOON, () -> world.number(ticks) > before + 10);
  }

  private static String line(Siege siege, Trouble trouble) throws Exception {
    long begin = System.nanoTime();
    String end = trouble.script().play(siege);
    siege.laws().hold();
    Duration took = Duration.ofNanos(System.nanoTime() - begin);
    return trouble + " | " + took.toSeconds() + " | " + end;
  }
}
