package io.selfupgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.core.memory.WordEmbedder;
import io.selfupgrade.failover.Role;
import io.selfupgrade.memory.Memories;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MetadataFilter;
import io.selfupgrade.memory.Ranking.Way;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import io.selfupgrade.supabase.PostgresStore;
import io.selfupgrade.supabase.embedded.EmbeddedPostgres;
import io.selfupgrade.supabase.embedded.TestPostgres;
import io.selfupgrade.testkit.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent that remembers in a real database. */
class MemoryPostgresTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir private Path directory;
  private EmbeddedPostgres server;
  private SelfUpgrade agent;
  private final WordEmbedder embedder = new WordEmbedder("words", 8);

  @BeforeEach
  void anAgentThatRemembers() {
    server = TestPostgres.attach(directory.resolve("postgres"));
    agent = agent(embedder);
  }

  @AfterEach
  void close() {
    agent.close();
    server.close();
  }

  private SelfUpgrade agent(WordEmbedder by) {
    String url =
        server.jdbcUrl()
            + (server.jdbcUrl().contains("?") ? "&" : "?")
            + "user="
            + server.user()
            + "&password="
            + server.password().reveal();
    return SelfUpgrade.builder("rememberer")
        .store(PostgresStore.at(url))
        .memory(m -> m.embedder(by).shared("family"))
        .build();
  }

  @Test
  void rememberedByMeaningAndByWords() {
    Memories memory = agent.memory();
    Remembered kitten = memory.remember("The kitten sleeps");
    Remembered car = memory.remember(Memory.of("A red car").forAll().externalId("car"));
    memory.rememberAll(
        IntStream.range(0, 1_500).mapToObj(i -> Memory.of("Filler " + i)).iterator(), done -> {});

    List<Recalled> hits = memory.recall("cat");
    assertThat(hits.get(0).remembered()).isEqualTo(kitten);
    assertThat(hits.get(0).foundBy()).isEqualTo(Way.VECTOR);
    assertThat(memory.recall("automobile").get(0).remembered()).isEqualTo(car);
    assertThat(memory.recall("red automobile").get(0).foundBy()).isEqualTo(Way.HYBRID);
    assertThat(memory.find("car")).contains(car);
    embedder.away(true);
    assertThat(memory.recall("kitten").get(0).foundBy()).isEqualTo(Way.FULL_TEXT);
    Remembered rain = memory.remember("rain today");
    embedder.away(false);
    memory.tidy();
    assertThat(memory.recall("shower").get(0).remembered()).isEqualTo(rain);
    assertThat(memory.stats().vectors().fresh()).isZero();
    assertThat(memory.promote(kitten.id(), Tier.LONG_TERM)).isTrue();
    assertThat(memory.recall(RecallQuery.of("cat").in(Tier.LONG_TERM))).hasSize(1);
  }

  @Test
  void nearDuplicatesBecomeOne() {
    Memories memory = agent.memory();
    memory.remember("The kitten sleeps");
    Remembered kept = memory.remember(Memory.of("The cat sleeps").importance(0.7));

    assertThat(memory.consolidate().removed()).isEqualTo(1);

    assertThat(memory.recall("kitten").get(0).remembered().id()).isEqualTo(kept.id());
    assertThat(memory.stats().vectors().byModel()).containsEntry("words", 1L);
  }

  @Test
  void aStartedPrimaryEmbedsAnewForAnotherModel() {
    agent.memory().remember("The kitten sleeps");
    agent.close();
    agent = agent(new WordEmbedder("longer", 12));
    agent.start();
    Eventually.holds("it leads", SOON, () -> agent.role() == Role.PRIMARY);
    assertThat(agent.memory().recall("kitten")).hasSize(1);

    agent.memory().tidy();

    assertThat(agent.memory().recall(RecallQuery.of("cat").by(Way.VECTOR))).hasSize(1);
    assertThat(agent.memory().stats().vectors().byModel()).containsOnlyKeys("longer");
  }

  @Test
  void filesAreImportedAndKnownAgain() throws IOException {
    Path notes = Files.createDirectories(directory.resolve("notes"));
    Files.writeString(notes.resolve("a.md"), "# Pets\nThe kitten is fed.\n# Cars\nRed ones.\n");
    Files.writeString(
        notes.resolve("b.jsonl"),
        "{\"content\":\"x\",\"externalId\":\"x\",\"metadata\":{\"b\":1.50,\"a\":{}}}");
    Memories memory = agent.memory();

    assertThat(memory.importFiles(notes).remembered()).isEqualTo(3);
    int calls = embedder.calls();
    assertThat(memory.importFiles(notes).unchanged()).isEqualTo(3);
    assertThat(embedder.calls()).isEqualTo(calls);
    assertThat(memory.recall(RecallQuery.of("cat").where(MetadataFilter.eq("heading", "Pets"))))
        .hasSize(1);
    Files.writeString(notes.resolve("a.md"), "# Pets\nThe kitten is fed.\n");
    assertThat(memory.importFiles(notes).removed()).isEqualTo(1);
  }
}
