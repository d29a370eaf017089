package io.selfupgrade.testkit;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryStats;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Memories in memory; a word is a run of letters and digits. */
final class InMemoryMemoryStore implements MemoryStore {

  private final InMemoryState state;

  InMemoryMemoryStore(InMemoryState state) {
    this.state = state;
  }

  @Override
  public Remembered remember(Author author, Memory memory, Optional<Duration> life) {
    return state.transact(
        () -> {
          Map<UUID, Remembered> memories = memories(author.agent());
          UUID id =
              memories.values().stream()
                  .filter(known -> memory.externalId().isPresent())
                  .filter(known -> known.memory().externalId().equals(memory.externalId()))
                  .map(Remembered::id)
                  .findFirst()
                  .orElseGet(UUID::randomUUID);
          Instant now = state.now();
          Remembered kept = new Remembered(id, memory, now, life.map(now::plus));
          memories.put(id, kept);
          return kept;
        });
  }

  @Override
  public List<Recalled> recall(AgentName agent, RecallQuery query) {
    Set<String> asked = words(query.text());
    Comparator<Recalled> bestFirst =
        Comparator.comparingDouble(Recalled::score)
            .thenComparingDouble(hit -> hit.remembered().memory().importance())
            .thenComparing(hit -> hit.remembered().createdAt())
            .reversed();
    return state.transact(
        () ->
            living(agent)
                .filter(known -> query.tiers().contains(known.memory().tier()))
                .map(known -> hit(known, asked))
                .filter(hit -> !hit.words().isEmpty())
                .sorted(bestFirst)
                .limit(query.limit())
                .toList());
  }

  @Override
  public Optional<Remembered> get(AgentName agent, UUID id) {
    return state.transact(() -> living(agent).filter(known -> known.id().equals(id)).findFirst());
  }

  @Override
  public boolean forget(AgentName agent, UUID id) {
    return state.transact(
        () -> get(agent, id).map(known -> memories(agent).remove(known.id())).isPresent());
  }

  @Override
  public MemoryStats stats(AgentName agent) {
    return state.transact(
        () -> {
          Map<Tier, Long> living = new EnumMap<>(Tier.class);
          for (Tier tier : Tier.values()) {
            living.put(tier, living(agent).filter(known -> known.memory().tier() == tier).count());
          }
          long all = memories(agent).size();
          long bytes =
              memories(agent).values().stream()
                  .mapToLong(known -> known.memory().content().length())
                  .sum();
          return new MemoryStats(living, all - living(agent).count(), bytes);
        });
  }

  @Override
  public int removeExpired(AgentName agent, int limit) {
    return state.transact(
        () -> {
          List<UUID> expired =
              memories(agent).values().stream()
                  .filter(known -> !lives(known))
                  .sorted(Comparator.comparing(known -> known.expiresAt().orElseThrow()))
                  .limit(limit)
                  .map(Remembered::id)
                  .toList();
          memories(agent).keySet().removeAll(expired);
          return expired.size();
        });
  }

  private Map<UUID, Remembered> memories(AgentName agent) {
    return state.rows(agent).memories;
  }

  private Stream<Remembered> living(AgentName agent) {
    return memories(agent).values().stream().filter(this::lives);
  }

  private boolean lives(Remembered known) {
    return known.expiresAt().map(end -> end.isAfter(state.now())).orElse(true);
  }

  private static Recalled hit(Remembered known, Set<String> asked) {
    Set<String> found = words(known.memory().content());
    found.retainAll(asked);
    return new Recalled(known, (double) found.size() / Math.max(1, asked.size()), found);
  }

  private static Set<String> words(String text) {
    return Arrays.stream(text.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+", -1))
        .filter(word -> !word.isEmpty())
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
