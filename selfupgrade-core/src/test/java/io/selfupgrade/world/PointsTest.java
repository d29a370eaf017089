package io.selfupgrade.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import io.selfupgrade.testkit.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No effect of an upgrade, of the way back or of a restart is without a point in the matrix. */
class PointsTest {

  /** What asks only; a kill there is one before the effect that follows. */
  private static final Pattern ASKS =
      Pattern.compile(
          "source[.](?!open).*|policies[.](?!saw).*|session[.].*|snapshots[.]list"
              + "|store[.]outbox|journal[.](find|openUpgrade|history|historyOf|frozen|steps|look"
              + "|failedVersions|waitingRequest|confirmedVersion)|instances[.](find|living)"
              + "|tasks[.](agenda|overdue|standstill)|leadership[.](read|openSession)|jobs[.]all");

  /** What goes on all the time, and is met by the pairs that come by chance. */
  private static final Pattern RECURS =
      Pattern.compile(
          "leadership[.]renew|instances[.]heartbeat|budget[.]measure|tasks[.].*|commands[.]take|journal[.]request"
              + "|journal[.]record[(]VALIDATE NOT_APPLICABLE[)]"
              + "|journal[.]record[(]VERIFY NOT_APPLICABLE[)]|append run/launcher[.]log");

  /**
   * What prepares a rename, which alone counts: the tests of launcher and staging lose, tear and
   * fail each of these.
   */
  private static final Pattern PREPARES =
      Pattern.compile(
          "(create|force|sync-directory|create-directories|append) (?!run/launcher[.]log).*"
              + "|sync-directory .*|force .*|delete .*~");

  @TempDir Path serverDirectory;
  @TempDir Path directory;

  @Test
  void everyEffectHasAPoint() throws Exception {
    Set<String> without = new TreeSet<>();
    try (EmbeddedPostgres server = TestPostgres.attach(serverDirectory)) {
      for (Points.Way way : Points.Way.values()) {
        for (String passed : passed(way, server)) {
          String effect = passed.split(" ", 3)[2];
          if (!Points.NAMED.contains(effect) && !isLeftOut(effect)) {
            without.add(effect);
          }
        }
      }
    }
    assertThat(without).as("effects without a point in the crash matrix").isEmpty();
  }

  private Set<String> passed(Points.Way way, EmbeddedPostgres server) throws Exception {
    String[] args = way.args().toArray(new String[0]);
    try (Siege siege = new Siege(directory.resolve(way.name()), server, args)) {
      World world = siege.world();
      world.halts().trace();
      if (way == Points.Way.RELIEF) {
        long old = world.primaryPid();
        world.wish("restart");
        Eventually.holds("another process leads", World.SOON, () -> pid(world) != old);
      } else {
        siege.decided(siege.publish(way.with()));
        siege.laws().hold();
        siege.decided(siege.publish(way.with("path-fails")));
      }
      siege.laws().hold();
      Set<String> passed = world.halts().traced();
      assertThat(passed).as("points of " + way).hasSizeGreaterThan(50);
      return passed;
    }
  }

  private static boolean isLeftOut(String effect) {
    return ASKS.matcher(effect).matches()
        || RECURS.matcher(effect).matches()
        || PREPARES.matcher(effect).matches();
  }

  private static long pid(World world) {
    try {
      return world.primaryPid();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
