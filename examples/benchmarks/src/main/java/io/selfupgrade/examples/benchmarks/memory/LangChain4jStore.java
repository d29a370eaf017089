package io.selfupgrade.examples.benchmarks.memory;

import com.zaxxer.hikari.HikariDataSource;
import dev.langchain4j.data.document.Metadata;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import dev.langchain4j.store.embedding.filter.MetadataFilterBuilder;
import dev.langchain4j.store.embedding.pgvector.PgVectorEmbeddingStore;
import io.selfupgrade.examples.benchmarks.Server;
import io.selfupgrade.examples.benchmarks.memory.DataSet.Sample;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * LangChain4j's {@code PgVectorEmbeddingStore} with its defaults, behind a pool; its HNSW index is
 * made by hand, because what it makes itself (IVFFlat) finds a third of the nearest.
 */
final class LangChain4jStore implements Store {

  private static final String TABLE = "langchain4j_memories";

  private final Server server;
  private final HikariDataSource pool;
  private final PgVectorEmbeddingStore store;

  LangChain4jStore(Server server) {
    this.server = server;
    this.pool = Pool.of(server);
    this.store =
        PgVectorEmbeddingStore.datasourceBuilder()
            .datasource(pool)
            .table(TABLE)
            .dimension(DataSet.DIMENSIONS)
            .createTable(true)
            .build();
  }

  @Override
  public void clear() throws SQLException {
    server.execute("drop index if exists langchain4j_hnsw; truncate " + TABLE);
  }

  @Override
  public void addAll(List<Sample> samples) {
    for (int from = 0; from < samples.size(); from += BATCH) {
      List<Embedding> embeddings = new ArrayList<>(BATCH);
      List<TextSegment> segments = new ArrayList<>(BATCH);
      for (Sample sample : samples.subList(from, Math.min(from + BATCH, samples.size()))) {
        embeddings.add(Embedding.from(sample.vector()));
        segments.add(segment(sample));
      }
      store.addAll(embeddings, segments);
    }
  }

  @Override
  public void addEach(List<Sample> samples) {
    for (Sample sample : samples) {
      store.add(Embedding.from(sample.vector()), segment(sample));
    }
  }

  private static TextSegment segment(Sample sample) {
    Metadata metadata =
        new Metadata()
            .put("kind", sample.kind())
            .put("topic", sample.topic())
            .put("source", "chat");
    return TextSegment.from(sample.content(), metadata);
  }

  @Override
  public void index() throws SQLException {
    server.execute(
        "create index langchain4j_hnsw on "
            + TABLE
            + " using hnsw (embedding vector_cosine_ops); analyze "
            + TABLE);
  }

  @Override
  public Search search(Kind kind) {
    return query -> {
      EmbeddingSearchRequest.EmbeddingSearchRequestBuilder request =
          EmbeddingSearchRequest.builder()
              .queryEmbedding(Embedding.from(query))
              .maxResults(Truth.PLACES);
      if (kind != Kind.ALL) {
        request.filter(MetadataFilterBuilder.metadataKey("kind").isEqualTo("rare"));
      }
      return store.search(request.build()).matches().stream()
          .map(match -> DataSet.number(match.embedded().text()))
          .toList();
    };
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
