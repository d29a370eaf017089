package io.selfupgrade.core.memory;

import io.selfupgrade.agent.Json;
import io.selfupgrade.core.json.JsonText;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.MemoryStore.Entry;
import io.selfupgrade.memory.Progress;
import io.selfupgrade.memory.Remembered;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Checks memories, embeds them, and has them kept. */
final class Remembering {

  /** Most memories that are stored at once. */
  static final int MOST_AT_ONCE = 1_000;

  private static final int MOST_CHARACTERS = 4_000_000;
  private static final int MAX_METADATA = 64 << 10;

  private final Supplier<MemoryStore> store;
  private final Author author;
  private final MemorySettings settings;
  private final Optional<Embeddings> embeddings;
  private final VectorRoom room;

  Remembering(
      Supplier<MemoryStore> store,
      Author author,
      MemorySettings settings,
      Optional<Embeddings> embeddings,
      VectorRoom room) {
    this.store = store;
    this.author = author;
    this.settings = settings;
    this.embeddings = embeddings;
    this.room = room;
  }

  Remembered remember(Memory memory) {
    require(memory);
    MemoryStore open = store.get();
    Memory embedded = embedded(List.of(memory)).get(0);
    try {
      return open.remember(author.now(), entry(embedded));
    } catch (IllegalArgumentException e) {
      if (embedded.embedding().equals(memory.embedding())) {
        throw e;
      }
      room.refused(e);
      return open.remember(author.now(), entry(memory));
    }
  }

  long rememberAll(Iterator<Memory> memories, Progress progress) {
    List<Memory> batch = new ArrayList<>();
    long done = 0;
    int characters = 0;
    while (memories.hasNext()) {
      Memory next = memories.next();
      try {
        require(next);
      } catch (IllegalArgumentException | NullPointerException e) {
        throw new IllegalArgumentException(
            "memory " + (done + batch.size()) + ": " + e.getMessage(), e);
      }
      batch.add(next);
      characters += next.content().length() + next.metadata().text().length();
      if (batch.size() == MOST_AT_ONCE || characters >= MOST_CHARACTERS || !memories.hasNext()) {
        store(batch, done);
        done += batch.size();
        progress.at(done);
        batch.clear();
        characters = 0;
      }
    }
    return done;
  }

  private void store(List<Memory> batch, long first) {
    MemoryStore open = store.get();
    List<Memory> embedded = embedded(batch);
    try {
      open.rememberAll(author.now(), entries(embedded));
    } catch (IllegalArgumentException e) {
      try {
        if (embedded.equals(batch)) {
          throw e;
        }
        room.refused(e);
        open.rememberAll(author.now(), entries(batch));
      } catch (IllegalArgumentException again) {
        throw new IllegalArgumentException(
            "memories " + first + " to " + (first + batch.size() - 1) + ": " + again.getMessage(),
            again);
      }
    }
  }

  private List<Entry> entries(List<Memory> memories) {
    return memories.stream().map(this::entry).toList();
  }

  private Entry entry(Memory memory) {
    return new Entry(memory, settings.life(memory.tier()));
  }

  /** Returns memories with vectors, where they have none and the embedder makes them. */
  private List<Memory> embedded(List<Memory> memories) {
    makeRoom(memories);
    List<String> texts =
        memories.stream()
            .filter(memory -> memory.embedding().isEmpty())
            .map(Memory::content)
            .toList();
    if (embeddings.isEmpty() || texts.isEmpty()) {
      return List.copyOf(memories);
    }
    Iterator<Optional<Embedding>> made = embeddings.get().ofAll(texts).iterator();
    return memories.stream()
        .map(memory -> memory.embedding().isEmpty() ? memory.embedding(made.next()) : memory)
        .toList();
  }

  private void makeRoom(List<Memory> memories) {
    if (embeddings.isPresent()) {
      room.make(embeddings.get().dimension());
    } else {
      memories.stream()
          .flatMap(memory -> memory.embedding().stream())
          .findFirst()
          .ifPresent(first -> room.makeFirst(first.dimension()));
    }
  }

  /** Refuses what cannot be kept, before the embedder or the store is asked. */
  void require(Memory memory) {
    entry(memory);
    if (!memory.metadata().equals(Json.EMPTY)) {
      JsonText.requireJsonObject(
          "the metadata of a memory", memory.metadata().text(), MAX_METADATA);
    }
    if (memory.shared() && settings.shared().isEmpty()) {
      throw new IllegalArgumentException(
          "the memory is shared, and there is no namespace: call memory(m -> m.shared(...)) on the"
              + " builder, or leave forAll() out");
    }
    if (embeddings.isPresent() && memory.embedding().isPresent()) {
      int given = memory.embedding().get().dimension();
      int expected = embeddings.get().dimension();
      if (given != expected) {
        throw new IllegalArgumentException(
            "vector "
                + memory.embedding().get()
                + " has "
                + given
                + " numbers: expected "
                + expected
                + ", as those of the embedder "
                + embeddings.get().name());
      }
    }
  }
}
