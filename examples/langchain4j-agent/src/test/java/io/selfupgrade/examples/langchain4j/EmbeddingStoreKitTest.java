package io.selfupgrade.examples.langchain4j;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.store.embedding.EmbeddingStore;
import dev.langchain4j.store.embedding.EmbeddingStoreWithFilteringIT;
import dev.langchain4j.store.embedding.EmbeddingStoreWithRemovalIT;
import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.supabase.PostgresStore;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/**
 * What LangChain4j asks of each store for vectors, by its own tests: in memory, and in Postgres.
 */
final class EmbeddingStoreKitTest {

  @TempDir private static Path directory;

  private static SelfUpgrade inMemory;
  private static SelfUpgrade inPostgres;

  @BeforeAll
  static void open() {
    inMemory = TestAgents.inMemory();
    inPostgres = TestAgents.on(PostgresStore.embedded(directory.resolve("postgres")));
  }

  @AfterAll
  static void close() {
    inMemory.close();
    inPostgres.close();
  }

  @Nested
  final class FindsInMemory extends EmbeddingStoreWithFilteringIT {
    @Override
    protected EmbeddingStore<TextSegment> embeddingStore() {
      return TestAgents.documents(inMemory);
    }

    @Override
    protected EmbeddingModel embeddingModel() {
      return new Trigrams();
    }

    @Override
    protected void clearStore() {
      embeddingStore().removeAll();
    }

    @Override
    protected boolean supportsContains() {
      return true;
    }
  }

  @Nested
  final class FindsInPostgres extends EmbeddingStoreWithFilteringIT {
    @Override
    protected EmbeddingStore<TextSegment> embeddingStore() {
      return TestAgents.documents(inPostgres);
    }

    @Override
    protected EmbeddingModel embeddingModel() {
      return new Trigrams();
    }

    @Override
    protected void clearStore() {
      embeddingStore().removeAll();
    }

    @Override
    protected boolean supportsContains() {
      return true;
    }
  }

  @Nested
  final class RemovesInMemory extends EmbeddingStoreWithRemovalIT {
    @BeforeEach
    void clear() {
      embeddingStore().removeAll();
    }

    @Override
    protected EmbeddingStore<TextSegment> embeddingStore() {
      return TestAgents.documents(inMemory);
    }

    @Override
    protected EmbeddingModel embeddingModel() {
      return new Trigrams();
    }
  }

  @Nested
  final class RemovesInPostgres extends EmbeddingStoreWithRemovalIT {
    @BeforeEach
    void clear() {
      embeddingStore().removeAll();
    }

    @Override
    protected EmbeddingStore<TextSegment> embeddingStore() {
      return TestAgents.documents(inPostgres);
    }

    @Override
    protected EmbeddingModel embeddingModel() {
      return new Trigrams();
    }
  }
}
