package io.selfupgrade.core.memory;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.memory.Consolidation;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.MemoryUpkeep.Alike;
import io.selfupgrade.memory.MemoryUpkeep.AlikePage;
import io.selfupgrade.memory.MemoryUpkeep.Merge;
import io.selfupgrade.memory.MemoryUpkeep.Used;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Summarizer;
import io.selfupgrade.memory.Tier;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One consolidation: promotes, then makes near-duplicates one, a page of memories at a time.
 *
 * <p>Each member of a group is alike to the one that is kept, not only to another member: else a
 * chain of small steps would make one of what has nothing in common.
 */
final class Consolidator {

  private static final int PROMOTED_AT_ONCE = 500;
  private static final int LOOKED_AT_ONCE = 200;
  private static final int READ_AT_ONCE = 1_000;

  /** Most memories of a group; the others are left for another consolidation. */
  private static final int MOST_IN_GROUP = 50;

  private static final Comparator<Used> BEST_FIRST =
      Comparator.<Used>comparingDouble(used -> used.remembered().memory().importance())
          .thenComparingLong(Used::uses)
          .thenComparing(used -> used.remembered().createdAt())
          .thenComparing(used -> used.remembered().id())
          .reversed();
  private static final Logger LOG = LoggerFactory.getLogger(MemoryEngine.class);

  private final Author author;
  private final MemoryStore store;
  private final MemorySettings settings;
  private final Optional<Embeddings> embeddings;
  private final Consolidation how;
  private long promoted;
  private long merged;
  private long removed;
  private long failed;

  Consolidator(
      Author author,
      Supplier<MemoryStore> store,
      MemorySettings settings,
      Optional<Embeddings> embeddings,
      Consolidation how) {
    this.author = author;
    this.store = store.get();
    this.settings = settings;
    this.embeddings = embeddings;
    this.how = how;
  }

  Consolidation.Result run() {
    promote();
    how.alike().ifPresent(cosine -> model().ifPresent(model -> merge(model, cosine)));
    return new Consolidation.Result(promoted, merged, removed, failed);
  }

  private void promote() {
    boolean more = true;
    while (more && goesOn()) {
      List<UUID> ids =
          store.promotable(
              author.scope().agent(), how.fromUses(), how.fromImportance(), PROMOTED_AT_ONCE);
      long done =
          ids.stream()
              .filter(
                  id ->
                      store.promote(
                          author.scope(), id, Tier.LONG_TERM, settings.life(Tier.LONG_TERM)))
              .count();
      promoted += done;
      more = ids.size() == PROMOTED_AT_ONCE && done > 0;
    }
  }

  /** Returns the model whose vectors are compared: the embedder's, else the only one there is. */
  private Optional<String> model() {
    if (embeddings.isPresent()) {
      return embeddings.map(Embeddings::name);
    }
    Set<String> models = store.stats(author.scope()).vectors().byModel().keySet();
    return models.size() == 1 ? models.stream().findFirst() : Optional.empty();
  }

  private void merge(String model, double cosine) {
    Optional<UUID> after = Optional.empty();
    do {
      AlikePage page = store.alike(author.scope().agent(), model, cosine, after, LOOKED_AT_ONCE);
      merge(page.pairs());
      after = page.next();
    } while (after.isPresent() && goesOn());
  }

  private void merge(List<Alike> pairs) {
    Map<UUID, Set<UUID>> near = new HashMap<>();
    for (Alike pair : pairs) {
      near.computeIfAbsent(pair.first(), id -> new LinkedHashSet<>()).add(pair.second());
      near.computeIfAbsent(pair.second(), id -> new LinkedHashSet<>()).add(pair.first());
    }
    Map<UUID, Used> read = read(List.copyOf(near.keySet()));
    Set<UUID> taken = new HashSet<>();
    for (Used kept : read.values().stream().sorted(BEST_FIRST).toList()) {
      UUID id = kept.remembered().id();
      if (goesOn() && taken.add(id)) {
        List<Used> others =
            near.getOrDefault(id, Set.of()).stream()
                .filter(other -> !taken.contains(other))
                .flatMap(other -> Optional.ofNullable(read.get(other)).stream())
                .sorted(BEST_FIRST)
                .limit(MOST_IN_GROUP - 1L)
                .toList();
        others.forEach(other -> taken.add(other.remembered().id()));
        if (!others.isEmpty()) {
          makeOne(kept.remembered(), others.stream().map(Used::remembered).toList());
        }
      }
    }
  }

  /** Reads memories; without those that are only a vector, which say nothing to make one of. */
  private Map<UUID, Used> read(List<UUID> ids) {
    Map<UUID, Used> read = new HashMap<>();
    for (int from = 0; from < ids.size(); from += READ_AT_ONCE) {
      List<UUID> some = ids.subList(from, Math.min(ids.size(), from + READ_AT_ONCE));
      for (Used used : store.uses(author.scope().agent(), some)) {
        if (!used.remembered().memory().content().isEmpty()) {
          read.put(used.remembered().id(), used);
        }
      }
    }
    return read;
  }

  private void makeOne(Remembered kept, List<Remembered> others) {
    Optional<Memory> as =
        how.summarizer().isPresent()
            ? summarized(how.summarizer().get(), kept, others)
            : Optional.of(kept.memory());
    if (as.isEmpty()) {
      failed++;
    } else if (store.merge(author.now(), new Merge(kept, as.get(), others))) {
      merged++;
      removed += others.size();
    } // Else one of them has changed since, and the next consolidation looks at it.
  }

  private Optional<Memory> summarized(
      Summarizer summarizer, Remembered kept, List<Remembered> others) {
    List<Remembered> all = new ArrayList<>(List.of(kept));
    all.addAll(others);
    String text;
    try {
      text = summarizer.summarize(List.copyOf(all));
    } catch (RuntimeException e) {
      // The host's code: these memories stay as they are, and others are looked at.
      LOG.warn("{} memories stay as they are: the summarizer threw", all.size(), e);
      return Optional.empty();
    }
    if (text == null) {
      throw new IllegalArgumentException(
          "the summarizer returned null for memory " + kept.id() + ": expected a text");
    }
    if (text.equals(kept.memory().content())) {
      return Optional.of(kept.memory());
    }
    Memory said = kept.memory().content(text);
    return Optional.of(said.embedding(embeddings.flatMap(known -> embedded(known, text))));
  }

  private static Optional<Embedding> embedded(Embeddings embeddings, String text) {
    try {
      return Optional.of(embeddings.of(List.of(text)).get(0));
    } catch (AdapterException e) {
      LOG.debug("the text of a summary is embedded later", e);
      return Optional.empty();
    }
  }

  private static boolean goesOn() {
    return !Thread.currentThread().isInterrupted();
  }
}
