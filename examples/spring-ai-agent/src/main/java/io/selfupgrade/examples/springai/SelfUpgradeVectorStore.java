package io.selfupgrade.examples.springai;

import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memories;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryFilter;
import io.selfupgrade.memory.MetadataFilter;
import io.selfupgrade.memory.Progress;
import io.selfupgrade.memory.Ranking;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.document.Document;
import org.springframework.ai.document.DocumentMetadata;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.vectorstore.AbstractVectorStoreBuilder;
import org.springframework.ai.vectorstore.SearchRequest;
import org.springframework.ai.vectorstore.filter.Filter;
import org.springframework.ai.vectorstore.observation.AbstractObservationVectorStore;
import org.springframework.ai.vectorstore.observation.VectorStoreObservationContext;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * Keeps Spring AI's documents as long-term memories of the agent. Thread-safe.
 *
 * <p>A document's id is the memory's external id: one that is added again replaces what was there.
 * Texts are embedded by Spring AI's model, in the batches of the builder's strategy, before
 * anything is written; if the model fails, nothing is. A text that is blank is kept as an empty
 * one. As in Spring AI's own stores documents have a text: those of a medium are refused.
 *
 * <p>A document that was found has as its score the cosine of both vectors, or 0 where that is
 * less, and as {@code distance} in its metadata 1 minus the cosine. A threshold of 0 leaves nothing
 * out.
 *
 * <p>In a filter {@code NE} and {@code NIN} hold for a document without the key too, and of a value
 * that is a list it is enough that one element compares.
 */
public final class SelfUpgradeVectorStore extends AbstractObservationVectorStore {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};
  private static final MemoryFilter DOCUMENTS = MemoryFilter.ALL.in(Tier.LONG_TERM);
  private static final int IDS_AT_ONCE = 1_000;

  private final Memories memories;
  private final String model;

  private SelfUpgradeVectorStore(Builder builder) {
    super(builder);
    this.memories = builder.memories;
    this.model = builder.model;
  }

  /**
   * Begins to describe a store.
   *
   * @param memories of the agent
   * @param embeddingModel makes the vectors
   * @param model its name, as the agent's embedder says it: vectors of another are never compared
   */
  public static Builder builder(Memories memories, EmbeddingModel embeddingModel, String model) {
    return new Builder(memories, embeddingModel, model);
  }

  @Override
  public void doAdd(List<Document> documents) {
    Iterator<float[]> vectors =
        embeddingModel
            .embed(documents, EmbeddingOptions.builder().build(), batchingStrategy)
            .iterator();
    List<Memory> all = new ArrayList<>(documents.size());
    for (Document document : documents) {
      all.add(memory(document, vectors.next()));
    }
    memories.rememberAll(all.iterator(), Progress.NONE);
  }

  @Override
  public void doDelete(List<String> ids) {
    for (int i = 0; i < ids.size(); i += IDS_AT_ONCE) {
      Set<String> some = new HashSet<>(ids.subList(i, Math.min(ids.size(), i + IDS_AT_ONCE)));
      if (memories.forget(DOCUMENTS.externalIds(some)) < some.size()) {
        some.forEach(this::forgetOwn);
      }
    }
  }

  @Override
  protected void doDelete(Filter.Expression filter) {
    memories.forget(DOCUMENTS.where(condition(filter)));
  }

  @Override
  public List<Document> doSimilaritySearch(SearchRequest request) {
    if (request.getTopK() == 0) {
      return List.of();
    }
    Filter.Expression filter = request.getFilterExpression();
    double threshold = request.getSimilarityThreshold();
    boolean all = threshold == SearchRequest.SIMILARITY_THRESHOLD_ACCEPT_ALL;
    RecallQuery query =
        RecallQuery.of(Embedding.of(model, embeddingModel.embed(request.getQuery())))
            .filter(filter == null ? DOCUMENTS : DOCUMENTS.where(condition(filter)))
            .by(Ranking.Way.VECTOR)
            .minScore(all ? 0 : (1 + threshold) / 2)
            .limit(request.getTopK());
    return memories.recall(query).stream().map(SelfUpgradeVectorStore::document).toList();
  }

  @Override
  public VectorStoreObservationContext.Builder createObservationContextBuilder(String operation) {
    return VectorStoreObservationContext.builder("selfupgrade", operation)
        .collectionName("memories")
        .similarityMetric("cosine");
  }

  /** Returns the agent's memories, if asked for {@link Memories}. */
  @Override
  @SuppressWarnings("unchecked") // The caller says what it expects, as the interface has it.
  public <T> Optional<T> getNativeClient() {
    return Optional.of((T) memories);
  }

  private Memory memory(Document document, float[] vector) {
    String text = document.getText();
    Embedding embedding = Embedding.of(model, vector);
    Memory memory =
        text == null || text.isBlank()
            ? Memory.of(embedding)
            : Memory.of(text).embedding(embedding);
    return memory
        .tier(Tier.LONG_TERM)
        .metadata(Json.of(JSON.writeValueAsString(document.getMetadata())))
        .externalId(document.getId());
  }

  private static Document document(Recalled recalled) {
    Remembered remembered = recalled.remembered();
    double cosine = recalled.similarity().orElseThrow();
    Map<String, Object> metadata = JSON.readValue(remembered.memory().metadata().text(), OBJECT);
    return Document.builder()
        .id(remembered.memory().externalId().orElse(remembered.id().toString()))
        .text(remembered.memory().content())
        .metadata(metadata)
        .metadata(DocumentMetadata.DISTANCE.value(), 1 - cosine)
        .score(Math.max(0, cosine))
        .build();
  }

  /** Removes a memory that the agent keeps without an id of others. */
  private void forgetOwn(String id) {
    try {
      memories.forget(UUID.fromString(id));
    } catch (IllegalArgumentException e) {
      return; // No id of a memory, and no document has it.
    }
  }

  private static MetadataFilter condition(Filter.@Nullable Operand operand) {
    if (operand instanceof Filter.Group group) {
      return condition(group.content());
    }
    if (!(operand instanceof Filter.Expression expression)) {
      throw new IllegalArgumentException(
          "filter " + operand + ": expected an expression, or a group of one");
    }
    return switch (expression.type()) {
      case AND -> condition(expression.left()).and(condition(expression.right()));
      case OR -> condition(expression.left()).or(condition(expression.right()));
      case NOT -> condition(expression.left()).negate();
      case ISNULL -> MetadataFilter.exists(key(expression)).negate();
      case ISNOTNULL -> MetadataFilter.exists(key(expression));
      case EQ -> MetadataFilter.eq(key(expression), value(expression));
      case NE -> MetadataFilter.ne(key(expression), value(expression));
      case GT -> MetadataFilter.gt(key(expression), value(expression));
      case GTE -> MetadataFilter.gte(key(expression), value(expression));
      case LT -> MetadataFilter.lt(key(expression), value(expression));
      case LTE -> MetadataFilter.lte(key(expression), value(expression));
      case IN -> oneOf(expression);
      case NIN -> oneOf(expression).negate();
    };
  }

  private static MetadataFilter oneOf(Filter.Expression expression) {
    String key = key(expression);
    if (!(value(expression) instanceof Collection<?> values)) {
      throw new IllegalArgumentException(
          "filter " + expression + ": expected a list after " + expression.type());
    }
    MetadataFilter there = MetadataFilter.exists(key);
    return values.isEmpty() ? there.and(there.negate()) : MetadataFilter.in(key, values);
  }

  private static String key(Filter.Expression expression) {
    if (!(expression.left() instanceof Filter.Key key)) {
      throw new IllegalArgumentException(
          "filter " + expression + ": expected a key before " + expression.type());
    }
    String name = key.key();
    boolean quoted = name.length() > 1 && name.matches("(?s)\".*\"|'.*'");
    return quoted ? name.substring(1, name.length() - 1) : name;
  }

  /** Returns the value as metadata has it: dates, ids and the like as their texts. */
  private static Object value(Filter.Expression expression) {
    if (!(expression.right() instanceof Filter.Value value)) {
      throw new IllegalArgumentException(
          "filter " + expression + ": expected a value after " + expression.type());
    }
    return JSON.convertValue(value.value(), Object.class);
  }

  /** Describes a store. */
  public static final class Builder extends AbstractVectorStoreBuilder<Builder> {

    private final Memories memories;
    private final String model;

    private Builder(Memories memories, EmbeddingModel embeddingModel, String model) {
      super(embeddingModel);
      this.memories = memories;
      this.model = model;
    }

    @Override
    public SelfUpgradeVectorStore build() {
      return new SelfUpgradeVectorStore(this);
    }
  }
}
