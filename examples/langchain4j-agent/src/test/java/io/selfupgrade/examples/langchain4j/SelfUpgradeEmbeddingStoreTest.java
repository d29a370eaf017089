package io.selfupgrade.examples.langchain4j;

import static dev.langchain4j.store.embedding.filter.MetadataFilterBuilder.metadataKey;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.langchain4j.data.document.Metadata;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.store.embedding.EmbeddingMatch;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import dev.langchain4j.store.embedding.filter.Filter;
import dev.langchain4j.store.embedding.filter.comparison.ContainsString;
import dev.langchain4j.store.embedding.filter.comparison.IsEqualTo;
import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.Tier;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What LangChain4j's own tests do not ask. */
final class SelfUpgradeEmbeddingStoreTest {

  private final SelfUpgrade agent = TestAgents.inMemory();
  private final SelfUpgradeEmbeddingStore store = TestAgents.documents(agent);

  @AfterEach
  void close() {
    agent.close();
  }

  @Test
  void metadataComeBackWithTheirTypes() {
    Map<String, Object> values =
        Map.of(
            "text",
            "1",
            "uuid",
            UUID.randomUUID(),
            "int",
            1,
            "long",
            1L,
            "float",
            1.1f,
            "double",
            1d,
            "large",
            Double.MAX_VALUE,
            "infinite",
            Float.NEGATIVE_INFINITY,
            "none",
            Double.NaN);

    add("typed", Metadata.from(values));

    assertThat(find("typed", null).get(0).embedded().metadata().toMap()).isEqualTo(values);
  }

  @Test
  void aLongTermMemoryOfTheAgentIsFoundAndNotRemoved() {
    UUID id =
        agent
            .memory()
            .remember(
                Memory.of("by another way")
                    .tier(Tier.LONG_TERM)
                    .metadata(Json.of("{\"n\":1,\"f\":1.5,\"l\":[true],\"b\":true,\"x\":null}")))
            .id();
    agent.memory().remember("for a while", Tier.WORKING);
    add("by the store", new Metadata());

    assertThat(find("by", null).stream().map(match -> match.embedded().text()))
        .containsExactlyInAnyOrder("by another way", "by the store");
    EmbeddingMatch<TextSegment> other = find("by another way", null).get(0);
    assertThat(other.embeddingId()).isEqualTo(id.toString());
    assertThat(other.embedded().metadata().toMap())
        .isEqualTo(Map.of("n", 1, "f", 1.5, "l", "[true]", "b", "true"));

    store.remove(id.toString());
    store.removeAll(metadataKey("n").isEqualTo(1));
    store.removeAll();

    assertThat(find("by", null)).hasSize(1);
    assertThat(agent.memory().get(id)).isPresent();
  }

  @Test
  void whatIsAddedWithAnIdThatIsThereReplacesIt() {
    Embedding embedding = new Trigrams().embed("first").content();
    store.addAll(List.of("a"), List.of(embedding), List.of(TextSegment.from("first")));
    store.addAll(List.of("a"), List.of(embedding), List.of(TextSegment.from("second")));

    assertThat(texts(null)).isEqualTo("second");

    store.add("a", embedding);

    assertThat(find("first", null)).hasSize(1);
    assertThat(find("first", null).get(0).embedded()).isNull();
  }

  @Test
  void textsAndNumbersAreNotComparedWithOneAnother() {
    add("number", new Metadata().put("k", 7));
    add("text", new Metadata().put("k", "7"));
    add("neither", new Metadata());

    assertThat(texts(new IsEqualTo("k", 7L))).isEqualTo("number");
    assertThat(texts(metadataKey("k").isGreaterThan("6"))).isEqualTo("text");
    assertThat(texts(metadataKey("k").isNotEqualTo(7))).isEqualTo("neither, text");
    assertThat(texts(new ContainsString("k", ""))).isEqualTo("text");
    assertThat(texts(Filter.not(metadataKey("k").isIn(6, 7)))).isEqualTo("neither, text");
  }

  @Test
  void refusesWhatItCannotKeep() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> add("x", new Metadata().put("langchain4j", "mine")))
        .withMessageContaining("choose another");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                store.addAll(List.of("a", "b"), List.of(new Trigrams().embed("a").content()), null))
        .withMessage("2 ids, 1 embeddings and no segments: expected as many of each");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> store.removeAll((Filter) unknown -> true))
        .withMessageContaining("expected one of LangChain4j's own");
    assertThat(find("x", null)).isEmpty();
  }

  private void add(String text, Metadata metadata) {
    store.add(new Trigrams().embed(text).content(), TextSegment.from(text, metadata));
  }

  private String texts(Filter filter) {
    return find("text", filter).stream()
        .map(match -> match.embedded().text())
        .sorted()
        .collect(Collectors.joining(", "));
  }

  private List<EmbeddingMatch<TextSegment>> find(String text, Filter filter) {
    return store
        .search(
            EmbeddingSearchRequest.builder()
                .queryEmbedding(new Trigrams().embed(text).content())
                .maxResults(10)
                .filter(filter)
                .build())
        .matches();
  }
}
