package io.selfupgrade.examples.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.memory.Embedder;
import io.selfupgrade.memory.Memories;
import io.selfupgrade.memory.MemoryFilter;
import io.selfupgrade.memory.Tier;
import io.selfupgrade.store.AgentStore;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.BatchingStrategy;
import org.springframework.ai.test.vectorstore.BaseVectorStoreTests;
import org.springframework.ai.vectorstore.SearchRequest;
import org.springframework.ai.vectorstore.VectorStore;
import org.springframework.ai.vectorstore.filter.Filter;
import org.springframework.ai.vectorstore.filter.Filter.ExpressionType;
import org.springframework.ai.vectorstore.filter.FilterExpressionBuilder;
import org.springframework.util.MimeTypeUtils;

/** What documents are held to on whichever store; with the tests that Spring AI has for its own. */
@TestInstance(
    Lifecycle.PER_CLASS) // Each store has Spring AI's tokenizer, which takes a second to make.
abstract class VectorStoreCases extends BaseVectorStoreTests {

  private final CountingModel model = new CountingModel();
  private final FilterExpressionBuilder filter = new FilterExpressionBuilder();
  private SelfUpgrade agent;
  private VectorStore documents;

  abstract AgentStore store();

  @BeforeAll
  void open() {
    Embedder embedder = Embedder.of(CountingModel.NAME, CountingModel.DIMENSION, model::embed);
    agent =
        SelfUpgrade.builder("documents-" + UUID.randomUUID())
            .store(store())
            .memory(m -> m.embedder(embedder))
            .build();
    documents = SelfUpgradeVectorStore.builder(agent.memory(), model, CountingModel.NAME).build();
  }

  @BeforeEach
  void forgetAll() {
    agent.memory().forget(MemoryFilter.ALL);
  }

  @AfterAll
  void close() {
    agent.close();
  }

  @Override
  protected void executeTest(Consumer<VectorStore> test) {
    test.accept(documents);
  }

  @Test
  void whatIsFoundIsWhatWasAdded() {
    Map<String, Object> metadata =
        Map.of(
            "n", 7, "share", 0.25, "good", true, "tags", List.of("a", "b"), "in", Map.of("x", 1));
    documents.add(List.of(new Document("one", "north", metadata)));

    Document found = only(search("north"));

    assertThat(found.getId()).isEqualTo("one");
    assertThat(found.getText()).isEqualTo("north");
    assertThat(found.getMetadata())
        .containsAllEntriesOf(metadata)
        .containsOnlyKeys("n", "share", "good", "tags", "in", "distance");
  }

  @Test
  void scoreIsTheCosineAndTheDistanceWhatIsMissing() {
    add("north", "northeast", "east", "south");

    List<Document> found = documents.similaritySearch(request("north").topK(4).build());

    assertThat(found).extracting(Document::getText).startsWith("north", "northeast", "east");
    assertScore(found.get(0), 1, 0);
    assertScore(found.get(1), Math.sqrt(0.5), 1 - Math.sqrt(0.5));
    assertScore(found.get(2), 0, 1);
    assertScore(found.get(3), 0, 2);
  }

  private static void assertScore(Document document, double score, double distance) {
    assertThat(document.getScore()).isCloseTo(score, within(0.001));
    assertThat((double) document.getMetadata().get("distance")).isCloseTo(distance, within(0.001));
  }

  @ParameterizedTest
  @CsvSource({"0, 4", "0.1, 2", "0.7, 2", "0.71, 1", "0.999, 1"})
  void thresholdLeavesOutWhatIsLessAlike(double threshold, int left) {
    add("north", "northeast", "east", "south");

    SearchRequest request = request("north").topK(10).similarityThreshold(threshold).build();

    assertThat(documents.similaritySearch(request)).hasSize(left);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1", "3, 3", "1000, 4"})
  void givesAtMostAsManyAsAskedFor(int most, int given) {
    add("north", "northeast", "east", "south");

    assertThat(documents.similaritySearch(request("north").topK(most).build())).hasSize(given);
  }

  @Test
  void sameIdReplaces() {
    documents.add(List.of(new Document("id", "north", Map.of("v", 1))));
    documents.add(List.of(new Document("id", "east", Map.of("v", 2))));

    Document found = only(search("east"));

    assertThat(found.getText()).isEqualTo("east");
    assertThat(found.getMetadata()).containsEntry("v", 2);
    assertThat(found.getScore()).isCloseTo(1, within(0.001));
  }

  @Test
  void sameIdTwiceAtOnceIsTheLastOfThem() {
    documents.add(
        List.of(new Document("id", "north", Map.of()), new Document("id", "east", Map.of())));

    assertThat(only(search("east")).getText()).isEqualTo("east");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      textBlock =
          """
          country == 'BG'; bg20, bg23
          country != 'BG'; nl, none
          year > 2020; bg23
          year >= 2020; bg20, bg23
          year < 2023; bg20
          year <= 2023; bg20, bg23
          year > 2019.5; bg20, bg23
          country > 'BG'; nl
          open == true; bg20
          open != true; bg23, nl, none
          country IN ['BG', 'FR']; bg20, bg23
          country NIN ['BG', 'FR']; nl, none
          country NOT IN ['BG']; nl, none
          year IN [2020, 2021]; bg20
          country == 'BG' && year == 2023; bg23
          country == 'NL' || year == 2023; bg23, nl
          country == 'NL' || country == 'BG' && year == 2020; bg20, nl
          (country == 'NL' || country == 'BG') && year == 2020; bg20
          NOT (country == 'BG'); nl, none
          NOT (country == 'BG' && year == 2020); bg23, nl, none
          year IS NULL; nl, none
          year IS NOT NULL; bg20, bg23
          NOT (year IS NULL); bg20, bg23
          'country' == 'BG' && "two words" == 'x'; bg20
          tags == 'red'; bg20
          tags IN ['red', 'blue']; bg20, bg23
          """)
  void filterMeansTheseDocuments(String text, String expected) {
    addCountries();

    SearchRequest request = request("north").topK(10).filterExpression(text).build();

    assertThat(ids(documents.similaritySearch(request))).isEqualTo(Set.of(expected.split(", ")));
    documents.delete(text);
    assertThat(ids(search("north"))).doesNotContain(expected.split(", "));
    assertThat(search("north")).hasSize(4 - expected.split(", ").length);
  }

  @Test
  void everyFormOfFilterIsKnown() {
    addCountries();

    for (ExpressionType type : ExpressionType.values()) {
      Filter.Expression year = filter.eq("year", 2020).build();
      Filter.Expression expression =
          switch (type) {
            case AND, OR -> new Filter.Expression(type, year, new Filter.Group(year));
            case NOT -> new Filter.Expression(type, new Filter.Group(year));
            case ISNULL, ISNOTNULL -> new Filter.Expression(type, new Filter.Key("year"));
            case IN, NIN -> compare(type, List.of(2020));
            default -> compare(type, 2020);
          };

      assertThat(search(expression)).as(type.name()).hasSizeLessThan(4);
    }
  }

  @Test
  void emptyListHasNothingInIt() {
    addCountries();

    assertThat(search(compare(ExpressionType.IN, List.of()))).isEmpty();
    assertThat(search(compare(ExpressionType.NIN, List.of()))).hasSize(4);
  }

  @Test
  void dateIsComparedAsItIsKept() {
    documents.add(
        List.of(
            new Document("old", "north", Map.of("at", Instant.ofEpochSecond(1))),
            new Document("new", "north", Map.of("at", Instant.ofEpochSecond(2_000_000_000)))));

    assertThat(ids(search(filter.gt("at", Instant.ofEpochSecond(5)).build())))
        .containsExactly("new");
    assertThat(ids(search(filter.eq("at", Instant.ofEpochSecond(1)).build())))
        .containsExactly("old");
  }

  @Test
  void filterThatCannotBeMeantIsRefusedByName() {
    assertThatThrownBy(() -> search(compare(ExpressionType.IN, 7)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected a list after IN");
    assertThatThrownBy(
            () ->
                search(
                    new Filter.Expression(
                        ExpressionType.EQ, new Filter.Value(1), new Filter.Value(1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected a key before EQ");
  }

  @Test
  void deletesAnyNumberOfIdsAndMindsNoneThatIsUnknown() {
    List<String> ids = IntStream.range(0, 1_200).mapToObj(i -> "id-" + i).toList();
    documents.add(ids.stream().map(id -> new Document(id, "north", Map.of())).toList());
    documents.add(List.of(new Document("stays", "north", Map.of())));

    documents.delete(ids);
    documents.delete(List.of("unknown", UUID.randomUUID().toString()));

    assertThat(ids(search("north"))).containsExactly("stays");
  }

  @Test
  void documentsAreTheLongTermMemories() {
    Memories memories = agent.memory();
    memories.remember("north", Tier.WORKING);
    String own = memories.remember("north", Tier.LONG_TERM).id().toString();

    assertThat(ids(search("north"))).containsExactly(own);
    documents.delete(List.of(own));
    assertThat(search("north")).isEmpty();
    documents.delete(filter.isNull("year").build());
    assertThat(memories.recall("north")).hasSize(1);
    assertThat(documents.<Memories>getNativeClient()).containsSame(memories);
  }

  @Test
  void blankTextIsKeptAsAnEmptyOne() {
    documents.add(List.of(new Document("blank", " ", Map.of("a", 1))));

    Document found = only(search("north"));

    assertThat(found.getId()).isEqualTo("blank");
    assertThat(found.getText()).isEmpty();
    assertThat(found.getMetadata()).containsEntry("a", 1);
  }

  @Test
  void mediumIsRefusedAsSpringsOwnStoresDo() {
    Media picture = new Media(MimeTypeUtils.IMAGE_PNG, URI.create("https://example.org/a.png"));

    assertThatThrownBy(() -> documents.add(List.of(new Document(picture, Map.of()))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Only text documents");
  }

  @Test
  void embedsInTheBatchesOfTheStrategy() {
    BatchingStrategy pairs =
        all ->
            IntStream.range(0, (all.size() + 1) / 2)
                .mapToObj(i -> all.subList(2 * i, Math.min(all.size(), 2 * i + 2)))
                .collect(Collectors.toCollection(ArrayList::new));
    CountingModel counting = new CountingModel();
    VectorStore inPairs =
        SelfUpgradeVectorStore.builder(agent.memory(), counting, CountingModel.NAME)
            .batchingStrategy(pairs)
            .build();

    inPairs.add(
        Stream.of("north", "east", "south", "northeast", "west").map(Document::new).toList());

    assertThat(counting.batches()).containsExactly(2, 2, 1);
    assertThat(search("south").get(0).getText()).isEqualTo("south");
  }

  @Test
  void whatTheModelCannotEmbedIsNotWritten() {
    List<Document> some =
        List.of(new Document("north"), new Document(CountingModel.FAILS), new Document("east"));

    assertThatThrownBy(() -> documents.add(some)).hasMessageContaining("cannot embed");
    assertThat(search("north")).isEmpty();
  }

  private void addCountries() {
    documents.add(
        List.of(
            new Document(
                "bg20",
                "north",
                Map.of(
                    "country",
                    "BG",
                    "year",
                    2020,
                    "open",
                    true,
                    "two words",
                    "x",
                    "tags",
                    List.of("red", "green"))),
            new Document(
                "bg23",
                "north",
                Map.of("country", "BG", "year", 2023, "open", false, "tags", List.of("blue"))),
            new Document("nl", "north", Map.of("country", "NL")),
            new Document("none", "north", Map.of())));
  }

  private void add(String... texts) {
    documents.add(List.of(texts).stream().map(Document::new).toList());
  }

  private static Filter.Expression compare(ExpressionType type, Object value) {
    return new Filter.Expression(type, new Filter.Key("year"), new Filter.Value(value));
  }

  private List<Document> search(Filter.Expression expression) {
    return documents.similaritySearch(
        request("north").topK(10).filterExpression(expression).build());
  }

  private List<Document> search(String query) {
    return documents.similaritySearch(request(query).topK(10).build());
  }

  private static SearchRequest.Builder request(String query) {
    return SearchRequest.builder().query(query);
  }

  private static Set<String> ids(List<Document> found) {
    return found.stream().map(Document::getId).collect(Collectors.toSet());
  }

  private static Document only(List<Document> found) {
    assertThat(found).hasSize(1);
    return found.get(0);
  }
}
