package io.selfupgrade.examples.benchmarks.memory;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.agent.Json;
import io.selfupgrade.examples.benchmarks.Server;
import io.selfupgrade.examples.benchmarks.memory.DataSet.Sample;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memories;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MetadataFilter;
import io.selfupgrade.memory.Progress;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Tier;
import io.selfupgrade.supabase.MemoryStorage;
import io.selfupgrade.supabase.PostgresStore;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.List;

/** SelfUpgrade, by the calls that its users have and with its defaults. */
final class Ours implements Store {

  private static final String MODEL = "benchmark";
  private static final List<String> TABLES =
      List.of(
          "selfupgrade.memories",
          "selfupgrade.memory_vectors",
          "selfupgrade.memory_fresh_vectors",
          "selfupgrade.memory_use");

  private final Server server;
  private final SelfUpgrade agent;
  private final Memories memories;

  Ours(Server server) {
    this(server, MemoryStorage.DEFAULT);
  }

  Ours(Server server, MemoryStorage storage) {
    this.server = server;
    agent =
        SelfUpgrade.builder("bench")
            .store(PostgresStore.at(server.url()).memoryStorage(storage))
            .memory(memory -> {})
            .build();
    memories = agent.memory();
    memories.stats(); // Makes the schema.
  }

  @Override
  public void clear() throws SQLException {
    server.execute("truncate " + String.join(", ", TABLES));
  }

  @Override
  public void addAll(List<Sample> samples) {
    stream(samples.iterator(), Progress.NONE);
  }

  /** Remembers them by one call; returns how many there were. */
  long stream(Iterator<Sample> samples, Progress progress) {
    return memories.rememberAll(
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            return samples.hasNext();
          }

          @Override
          public Memory next() {
            return memory(samples.next());
          }
        },
        progress);
  }

  @Override
  public void addEach(List<Sample> samples) {
    samples.forEach(sample -> memories.remember(memory(sample)));
  }

  private static Memory memory(Sample sample) {
    return Memory.of(sample.content())
        .tier(sample.rare() ? Tier.WORKING : Tier.LONG_TERM)
        .metadata(Json.of(sample.metadata()))
        .embedding(Embedding.of(MODEL, sample.vector()));
  }

  /** Lets the background step put what is fresh into the index. */
  @Override
  public void index() throws SQLException {
    upkeep();
    for (String table : TABLES) {
      server.analyze(table);
    }
  }

  @Override
  public void upkeep() {
    memories.tidy();
    long fresh = memories.stats().vectors().fresh();
    if (fresh > 0) {
      throw new IllegalStateException(fresh + " vectors are still fresh: expected none");
    }
  }

  @Override
  public Search search(Kind kind) {
    return query -> {
      RecallQuery recall = RecallQuery.of(Embedding.of(MODEL, query)).limit(Truth.PLACES);
      if (kind == Kind.RARE) {
        recall = recall.in(Tier.WORKING);
      } else if (kind == Kind.RARE_BY_METADATA) {
        recall = recall.where(MetadataFilter.eq("kind", "rare"));
      }
      return memories.recall(recall).stream()
          .map(hit -> DataSet.number(hit.remembered().memory().content()))
          .toList();
    };
  }

  @Override
  public String table() {
    return TABLES.get(0);
  }

  @Override
  public List<String> tables() {
    return TABLES;
  }

  @Override
  public void close() {
    agent.close();
  }
}
