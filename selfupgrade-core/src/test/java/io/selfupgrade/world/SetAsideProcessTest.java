package io.selfupgrade.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.SetAside;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.UpgradeOutcome.RolledBack;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a version remembered that was rolled back. */
class SetAsideProcessTest {

  private static final MemoryScope SCOPE = MemoryScope.of(World.AGENT);

  @TempDir Path serverDirectory;
  @TempDir Path directory;

  @Test
  void itIsSetAsideOnTheWayBackAndTakenBackByOneCall() throws Exception {
    try (EmbeddedPostgres server = TestPostgres.attach(serverDirectory);
        World world = new World(directory, server)) {
      world.start("1.0.0", "remembers", "hurried");
      world.awaitTicking("1.0.0");

      world.publish("1.1.0", "remembers", "hurried", "path-fails");
      assertThat(world.outcome("1.1.0")).isInstanceOf(RolledBack.class);

      Eventually.holds("its memories are set aside", World.SOON, () -> !setAside(world).isEmpty());
      SetAside group = setAside(world).get(0);
      assertThat(setAside(world)).hasSize(1);
      assertThat(group.memories()).isOne();
      assertThat(world.store().memories().setAside(World.AGENT, group.writer(), 10))
          .extracting(kept -> kept.memory().content())
          .containsExactly("a note by 1.1.0");
      assertThat(found(world)).contains("a note by 1.0.0").doesNotContain("a note by 1.1.0");

      assertThat(world.store().memories().restore(World.AGENT, group.writer())).isOne();
      assertThat(found(world)).contains("a note by 1.1.0");
    }
  }

  private static List<SetAside> setAside(World world) {
    return world.store().memories().setAside(World.AGENT);
  }

  private static List<String> found(World world) {
    return world.store().memories().recall(SCOPE, RecallQuery.of("note")).stream()
        .map(hit -> hit.remembered().memory().content())
        .toList();
  }
}
