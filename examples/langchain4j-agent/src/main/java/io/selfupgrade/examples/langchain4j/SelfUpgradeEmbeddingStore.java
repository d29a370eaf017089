package io.selfupgrade.examples.langchain4j;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.data.document.Metadata;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.store.embedding.EmbeddingMatch;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import dev.langchain4j.store.embedding.EmbeddingSearchResult;
import dev.langchain4j.store.embedding.EmbeddingStore;
import dev.langchain4j.store.embedding.filter.Filter;
import dev.langchain4j.store.embedding.filter.comparison.ContainsString;
import dev.langchain4j.store.embedding.filter.comparison.IsEqualTo;
import dev.langchain4j.store.embedding.filter.comparison.IsGreaterThan;
import dev.langchain4j.store.embedding.filter.comparison.IsGreaterThanOrEqualTo;
import dev.langchain4j.store.embedding.filter.comparison.IsIn;
import dev.langchain4j.store.embedding.filter.comparison.IsLessThan;
import dev.langchain4j.store.embedding.filter.comparison.IsLessThanOrEqualTo;
import dev.langchain4j.store.embedding.filter.comparison.IsNotEqualTo;
import dev.langchain4j.store.embedding.filter.comparison.IsNotIn;
import dev.langchain4j.store.embedding.filter.logical.And;
import dev.langchain4j.store.embedding.filter.logical.Not;
import dev.langchain4j.store.embedding.filter.logical.Or;
import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Memories;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryFilter;
import io.selfupgrade.memory.MetadataFilter;
import io.selfupgrade.memory.Ranking;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * LangChain4j's {@link EmbeddingStore} over the long-term memories of an agent.
 *
 * <p>A segment is a memory: its id is the external id, its text the content, empty where there is
 * none. {@link #search} finds every long-term memory with a vector of the model, whoever remembered
 * it; what is removed was added by an embedding store. Scores are {@code (1 + cosine) / 2}, as
 * LangChain4j's are. Thread-safe.
 *
 * <p>Metadata are kept with their types. Filters hold as LangChain4j says, but for one thing: where
 * a value is of another kind than the one it is compared with, the comparison does not hold, and
 * nothing is thrown.
 */
public final class SelfUpgradeEmbeddingStore implements EmbeddingStore<TextSegment> {

  /** Key of the metadata that says which values JSON has no type for. */
  private static final String TYPES = "langchain4j";

  private static final int MOST_IDS = 10_000;
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final MemoryFilter OURS =
      MemoryFilter.ALL.in(Tier.LONG_TERM).where(MetadataFilter.exists(TYPES));

  private final Memories memories;
  private final String model;

  /**
   * Makes a store.
   *
   * @param memories of the agent
   * @param model name of the model that made the vectors; if the agent has an {@link
   *     io.selfupgrade.memory.Embedder}, its name
   */
  public SelfUpgradeEmbeddingStore(Memories memories, String model) {
    this.memories = Objects.requireNonNull(memories, "memories");
    this.model = Objects.requireNonNull(model, "model");
  }

  @Override
  public String add(Embedding embedding) {
    return addAll(List.of(embedding)).get(0);
  }

  @Override
  public void add(String id, Embedding embedding) {
    memories.remember(memory(id, embedding, null));
  }

  @Override
  public String add(Embedding embedding, TextSegment segment) {
    return addAll(List.of(embedding), List.of(segment)).get(0);
  }

  @Override
  public List<String> addAll(List<Embedding> embeddings) {
    List<String> ids = generateIds(embeddings.size());
    addAll(ids, embeddings, null);
    return ids;
  }

  /**
   * Adds embeddings; those with an id that is there replace it.
   *
   * @param segments one for each; null: none has a text
   * @throws IllegalArgumentException if the lists have different lengths
   */
  @Override
  public void addAll(
      List<String> ids, List<Embedding> embeddings, @Nullable List<TextSegment> segments) {
    if (ids.size() != embeddings.size()
        || (segments != null && segments.size() != embeddings.size())) {
      throw new IllegalArgumentException(
          ids.size()
              + " ids, "
              + embeddings.size()
              + " embeddings and "
              + (segments == null ? "no" : Integer.toString(segments.size()))
              + " segments: expected as many of each");
    }
    List<Memory> added = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      added.add(memory(ids.get(i), embeddings.get(i), segments == null ? null : segments.get(i)));
    }
    memories.rememberAll(added);
  }

  @Override
  public void removeAll(Collection<String> ids) {
    if (ids == null || ids.isEmpty()) {
      throw new IllegalArgumentException("ids cannot be null or empty");
    }
    List<String> all = List.copyOf(ids);
    for (int from = 0; from < all.size(); from += MOST_IDS) {
      List<String> some = all.subList(from, Math.min(all.size(), from + MOST_IDS));
      memories.forget(OURS.externalIds(Set.copyOf(some)));
    }
  }

  @Override
  public void removeAll(Filter filter) {
    if (filter == null) {
      throw new IllegalArgumentException("filter cannot be null");
    }
    memories.forget(OURS.where(condition(filter)));
  }

  /** Removes all that embedding stores have added to this agent's memories, and nothing else. */
  @Override
  public void removeAll() {
    memories.forget(OURS);
  }

  /** Finds the nearest segments, at most 1,000. */
  @Override
  public EmbeddingSearchResult<TextSegment> search(EmbeddingSearchRequest request) {
    RecallQuery query =
        RecallQuery.of(ours(request.queryEmbedding()))
            .in(Tier.LONG_TERM)
            .by(Ranking.Way.VECTOR)
            .minScore(request.minScore())
            .limit(request.maxResults())
            .withEmbeddings();
    if (request.filter() != null) {
      query = query.where(condition(request.filter()));
    }
    return new EmbeddingSearchResult<>(
        memories.recall(query).stream().map(SelfUpgradeEmbeddingStore::match).toList());
  }

  private static EmbeddingMatch<TextSegment> match(Recalled hit) {
    Remembered found = hit.remembered();
    Memory memory = found.memory();
    return new EmbeddingMatch<>(
        hit.score(),
        memory.externalId().orElseGet(() -> found.id().toString()),
        Embedding.from(memory.embedding().orElseThrow().values()),
        memory.content().isEmpty()
            ? null
            : TextSegment.from(memory.content(), metadata(memory.metadata())));
  }

  private Memory memory(String id, Embedding embedding, @Nullable TextSegment segment) {
    Memory memory =
        segment == null
            ? Memory.of(ours(embedding))
            : Memory.of(segment.text()).embedding(ours(embedding));
    return memory
        .tier(Tier.LONG_TERM)
        .externalId(id)
        .metadata(json(segment == null ? new Metadata() : segment.metadata()));
  }

  private io.selfupgrade.memory.Embedding ours(Embedding embedding) {
    return io.selfupgrade.memory.Embedding.of(model, embedding.vector());
  }

  // Metadata: numbers as JSON's numbers, so that filters compare them; what they were, beside.

  private static Json json(Metadata metadata) {
    ObjectNode all = MAPPER.createObjectNode();
    ObjectNode types = MAPPER.createObjectNode();
    for (Map.Entry<String, Object> entry : metadata.toMap().entrySet()) {
      Object value = entry.getValue();
      if (entry.getKey().equals(TYPES)) {
        throw new IllegalArgumentException(
            "metadata \"" + TYPES + "\": the key is the store's own, choose another");
      }
      all.set(entry.getKey(), MAPPER.valueToTree(value instanceof UUID ? value + "" : value));
      if (!(value instanceof String || value instanceof Integer)) {
        types.put(entry.getKey(), value.getClass().getSimpleName());
      }
    }
    all.set(TYPES, types);
    return Json.of(all.toString());
  }

  private static Metadata metadata(Json json) {
    Map<String, Object> values = new HashMap<>();
    JsonNode all = read(json);
    JsonNode types = all.path(TYPES);
    all.properties()
        .forEach(
            entry -> {
              if (!entry.getKey().equals(TYPES) && !entry.getValue().isNull()) {
                String type = types.path(entry.getKey()).asText();
                values.put(entry.getKey(), value(entry.getValue(), type));
              }
            });
    return Metadata.from(values);
  }

  private static Object value(JsonNode value, String type) {
    String text = value.isTextual() || value.isNumber() ? value.asText() : value.toString();
    return switch (type) {
      case "UUID" -> UUID.fromString(text);
      case "Long" -> Long.valueOf(text);
      case "Float" -> Float.valueOf(text);
      case "Double" -> Double.valueOf(text);
      // Remembered by others, who say no types.
      default -> value.isNumber() ? number(value) : text;
    };
  }

  private static Object number(JsonNode value) {
    if (value.canConvertToInt() && value.isIntegralNumber()) {
      return value.intValue();
    }
    return value.canConvertToLong() && value.isIntegralNumber()
        ? (Object) value.longValue()
        : (Object) value.doubleValue();
  }

  private static JsonNode read(Json json) {
    try {
      return MAPPER.readTree(json.text());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the metadata of a memory are not JSON", e);
    }
  }

  private static MetadataFilter condition(Filter filter) {
    if (filter instanceof And and) {
      return condition(and.left()).and(condition(and.right()));
    } else if (filter instanceof Or or) {
      return condition(or.left()).or(condition(or.right()));
    } else if (filter instanceof Not not) {
      return condition(not.expression()).negate();
    } else if (filter instanceof IsIn in) {
      return MetadataFilter.in(in.key(), operands(in.comparisonValues()));
    } else if (filter instanceof IsNotIn in) {
      return MetadataFilter.notIn(in.key(), operands(in.comparisonValues()));
    } else if (filter instanceof ContainsString contains) {
      return contains.comparisonValue().isEmpty()
          ? MetadataFilter.gte(contains.key(), "") // any text
          : MetadataFilter.contains(contains.key(), contains.comparisonValue());
    }
    return comparison(filter);
  }

  private static MetadataFilter comparison(Filter filter) {
    if (filter instanceof IsEqualTo equal) {
      return MetadataFilter.eq(equal.key(), operand(equal.comparisonValue()));
    } else if (filter instanceof IsNotEqualTo equal) {
      return MetadataFilter.ne(equal.key(), operand(equal.comparisonValue()));
    } else if (filter instanceof IsGreaterThan than) {
      return MetadataFilter.gt(than.key(), operand(than.comparisonValue()));
    } else if (filter instanceof IsGreaterThanOrEqualTo than) {
      return MetadataFilter.gte(than.key(), operand(than.comparisonValue()));
    } else if (filter instanceof IsLessThan than) {
      return MetadataFilter.lt(than.key(), operand(than.comparisonValue()));
    } else if (filter instanceof IsLessThanOrEqualTo than) {
      return MetadataFilter.lte(than.key(), operand(than.comparisonValue()));
    }
    throw new IllegalArgumentException(
        "filter " + filter.getClass().getName() + ": expected one of LangChain4j's own");
  }

  private static List<Object> operands(Collection<?> values) {
    return values.stream().map(SelfUpgradeEmbeddingStore::operand).toList();
  }

  private static Object operand(Object value) {
    return value instanceof UUID ? value.toString() : value;
  }
}
