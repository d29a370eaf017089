package io.selfupgrade.core.memory;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.failover.InstanceRecord;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.Tier;
import io.selfupgrade.testkit.FaultyStore;
import io.selfupgrade.testkit.InMemoryStore;
import io.selfupgrade.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** A store in memory that can fail, and engines on it. */
final class MemoryScene implements MemoryEngine.Standing {

  static final AgentName AGENT = new AgentName("rememberer");

  final ManualClock clock = ManualClock.at(Instant.parse("2026-01-01T00:00:00Z"));
  final FaultyStore store = FaultyStore.around(new InMemoryStore(clock));
  final WordEmbedder embedder = new WordEmbedder("words", 4);
  final AtomicLong nanos = new AtomicLong(1_000);
  boolean mayReplace = true;
  Optional<Fence> fence = Optional.empty();

  /** Returns an engine with the embedder. */
  MemoryEngine engine() {
    return engine(AGENT, Optional.of(embedder), Optional.empty());
  }

  /** Returns an engine with another embedder. */
  MemoryEngine engine(WordEmbedder other) {
    return engine(AGENT, Optional.of(other), Optional.empty());
  }

  /** Returns an engine without an embedder. */
  MemoryEngine bare() {
    return engine(AGENT, Optional.empty(), Optional.empty());
  }

  MemoryEngine engine(AgentName agent, Optional<WordEmbedder> by, Optional<AgentName> shared) {
    MemorySettings settings =
        new MemorySettings(Map.<Tier, Duration>of(), by.map(EmbeddingModel::of), shared);
    return new MemoryEngine(self(agent), store::memories, this, settings, nanos::get);
  }

  static InstanceRecord self(AgentName agent) {
    return new InstanceRecord(
        InstanceId.random(), agent, Version.parse("1.0.0"), "", Optional.empty(), false, "here");
  }

  MemoryStore memories() {
    return store.memories();
  }

  void passes(Duration time) {
    clock.advance(time);
    nanos.addAndGet(time.toNanos());
  }

  @Override
  public Optional<Fence> fence() {
    return fence;
  }

  @Override
  public boolean mayReplaceVectors() {
    return mayReplace;
  }
}
