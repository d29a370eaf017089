package io.selfupgrade.examples.benchmarks.memory;

import com.zaxxer.hikari.HikariDataSource;
import io.selfupgrade.examples.benchmarks.Server;
import io.selfupgrade.examples.benchmarks.memory.DataSet.Sample;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntFunction;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.vectorstore.SearchRequest;
import org.springframework.ai.vectorstore.pgvector.PgVectorStore;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Spring AI's {@code PgVectorStore} with its defaults, behind a pool; the index that it makes
 * before the first row is made when the others' are, so that all are measured with and without one.
 */
final class SpringAiStore implements Store {

  private static final String TABLE = "spring_ai_memories";
  private static final String QUERY = "query ";

  private final Server server;
  private final HikariDataSource pool;
  private final PgVectorStore store;
  private final List<float[]> queries = new CopyOnWriteArrayList<>();
  private final IdentityHashMap<float[], String> texts = new IdentityHashMap<>();

  /**
   * Makes it.
   *
   * @param vectors returns the vector of a memory by its number
   */
  SpringAiStore(Server server, IntFunction<float[]> vectors) {
    this.server = server;
    this.pool = Pool.of(server);
    this.store =
        PgVectorStore.builder(new JdbcTemplate(pool), new Known(vectors))
            .dimensions(DataSet.DIMENSIONS)
            .vectorTableName(TABLE)
            .indexType(PgVectorStore.PgIndexType.NONE)
            .initializeSchema(true)
            .build();
    store.afterPropertiesSet();
  }

  /** A model that knows the vectors of its texts. */
  private final class Known implements EmbeddingModel {

    private final IntFunction<float[]> vectors;

    Known(IntFunction<float[]> vectors) {
      this.vectors = vectors;
    }

    @Override
    public EmbeddingResponse call(EmbeddingRequest request) {
      List<Embedding> embeddings = new ArrayList<>();
      for (String text : request.getInstructions()) {
        embeddings.add(new Embedding(vector(text), embeddings.size()));
      }
      return new EmbeddingResponse(embeddings);
    }

    @Override
    public float[] embed(Document document) {
      return vector(String.valueOf(document.getText()));
    }

    private float[] vector(String text) {
      return text.startsWith(QUERY)
          ? queries.get(Integer.parseInt(text, QUERY.length(), text.length(), 10))
          : vectors.apply(DataSet.number(text));
    }
  }

  @Override
  public void clear() throws SQLException {
    server.execute("drop index if exists spring_ai_hnsw; truncate " + TABLE);
  }

  @Override
  public void addAll(List<Sample> samples) {
    for (int from = 0; from < samples.size(); from += BATCH) {
      store.add(
          samples.subList(from, Math.min(from + BATCH, samples.size())).stream()
              .map(SpringAiStore::document)
              .toList());
    }
  }

  @Override
  public void addEach(List<Sample> samples) {
    samples.forEach(sample -> store.add(List.of(document(sample))));
  }

  private static Document document(Sample sample) {
    return new Document(
        sample.content(), Map.of("kind", sample.kind(), "topic", sample.topic(), "source", "chat"));
  }

  @Override
  public void index() throws SQLException {
    server.execute(
        "create index spring_ai_hnsw on "
            + TABLE
            + " using hnsw (embedding vector_cosine_ops); analyze "
            + TABLE);
  }

  @Override
  public Search search(Kind kind) {
    return query -> {
      SearchRequest.Builder request = SearchRequest.builder().query(text(query)).topK(Truth.PLACES);
      if (kind != Kind.ALL) {
        request.filterExpression("kind == 'rare'");
      }
      return store.similaritySearch(request.build()).stream()
          .map(document -> DataSet.number(String.valueOf(document.getText())))
          .toList();
    };
  }

  /** Returns a text whose vector the model knows. */
  private synchronized String text(float[] query) {
    return texts.computeIfAbsent(
        query,
        vector -> {
          queries.add(vector);
          return QUERY + (queries.size() - 1);
        });
  }

  @Override
  public String table() {
    return TABLE;
  }

  @Override
  public void close() {
    pool.close();
  }
}
