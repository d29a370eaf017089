package io.selfupgrade.core.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryUpkeep.Used;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.testkit.FaultyStore.Moment;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Recalls are counted, in batches. */
class UseCountsTest {

  private final MemoryScene scene = new MemoryScene();
  private final MemoryEngine memory = scene.bare();

  @Test
  void usesAreToldEveryThirtySeconds() {
    Remembered note = memory.remember("a note");
    long calls = scene.store.calls();
    memory.recall("note");
    scene.passes(Duration.ofSeconds(29));
    memory.recall("note");
    assertThat(scene.store.calls()).as("2 recalls").isEqualTo(calls + 2);
    assertThat(uses(note)).isZero();

    scene.passes(Duration.ofSeconds(1));
    memory.recall("note");
    assertThat(uses(note)).isEqualTo(3);
    memory.recall("note");
    assertThat(uses(note)).as("the next batch").isEqualTo(3);
    memory.flush();
    assertThat(uses(note)).isEqualTo(4);
  }

  @Test
  void usesOfAThousandMemoriesAreToldAtOnce() {
    memory.rememberAll(
        IntStream.range(0, 1_000).mapToObj(i -> Memory.of("note " + i)).iterator(), done -> {});

    List<Remembered> found =
        memory.recall(RecallQuery.of("note").limit(1_000)).stream()
            .map(hit -> hit.remembered())
            .toList();

    assertThat(found).hasSize(1_000);
    assertThat(uses(found.get(999))).isEqualTo(1);
  }

  @Test
  void whatCannotBeToldFailsNoRecallAndIsToldLater() {
    Remembered note = memory.remember("a note");
    memory.recall("note");
    scene.passes(Duration.ofSeconds(30));
    scene.store.failNext("used", Moment.BEFORE);

    assertThat(memory.recall("note")).hasSize(1);
    assertThat(uses(note)).isZero();
    assertThat(memory.recall("note")).as("not tried at each recall").hasSize(1);
    assertThat(uses(note)).isZero();

    scene.passes(Duration.ofSeconds(30));
    memory.recall("note");
    assertThat(uses(note)).isEqualTo(4);
  }

  @Test
  void whatIsOnlyReadIsNotUsed() {
    Remembered note = memory.remember(Memory.of("a note").externalId("note"));
    memory.get(note.id());
    memory.find("note");
    memory.flush();

    assertThat(uses(note)).isZero();
  }

  private long uses(Remembered of) {
    return scene.memories().uses(MemoryScene.AGENT, List.of(of.id())).stream()
        .mapToLong(Used::uses)
        .sum();
  }
}
