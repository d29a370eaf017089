package io.selfupgrade.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStats;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.memory.Remembered;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;

/**
 * What the contracts of memories have in common.
 *
 * <p>Stores may keep vectors as half floats: what is compared is further apart than they round, and
 * is checked with that tolerance. All vectors have one length, for a store has one.
 */
abstract class MemoryContract extends StoreContract {

  static final int DIMENSION = 8;
  static final String MODEL = "contract";
  static final String OTHER_MODEL = "another";
  static final Optional<Duration> FOR_EVER = Optional.empty();

  /** What a half float may lose of a number up to 1, several times over. */
  static final Offset<Double> ROUNDED = Offset.offset(2e-3);

  @BeforeEach
  void makeRoomForVectors() {
    assertThat(memories().prepareVectors(DIMENSION)).isNotEqualTo(MemoryStats.Search.NONE);
  }

  MemoryStore memories() {
    return store.memories();
  }

  MemoryScope mine() {
    return MemoryScope.of(scene.agent);
  }

  /** Returns the scope of another agent. */
  MemoryScope stranger() {
    return MemoryScope.of(new Scene(store).agent);
  }

  MemoryScope sharing(MemoryScope scope, AgentName namespace) {
    return new MemoryScope(scope.agent(), Optional.of(namespace));
  }

  static MemoryStore.Author author(MemoryScope scope) {
    return new MemoryStore.Author(scope, InstanceId.random(), 0);
  }

  Remembered remember(MemoryScope scope, Memory memory, Optional<Duration> life) {
    return memories().remember(author(scope), new MemoryStore.Entry(memory, life));
  }

  Remembered remember(Memory memory, Optional<Duration> life) {
    return remember(mine(), memory, life);
  }

  Remembered remember(Memory memory) {
    return remember(memory, FOR_EVER);
  }

  void rememberAll(List<Memory> several) {
    memories()
        .rememberAll(
            author(mine()),
            several.stream().map(memory -> new MemoryStore.Entry(memory, FOR_EVER)).toList());
  }

  /** Returns what is read by id; empty: nothing. */
  Optional<Remembered> read(UUID id) {
    return memories().get(mine(), id);
  }

  List<Recalled> recall(RecallQuery query) {
    return memories().recall(mine(), query);
  }

  List<Remembered> found(MemoryScope scope, RecallQuery query) {
    return memories().recall(scope, query).stream().map(Recalled::remembered).toList();
  }

  List<Remembered> found(RecallQuery query) {
    return found(mine(), query);
  }

  List<Remembered> found(String text) {
    return found(RecallQuery.of(text));
  }

  List<Remembered> found(Embedding vector) {
    return found(RecallQuery.of(vector));
  }

  static List<String> contents(List<Remembered> several) {
    return several.stream().map(one -> one.memory().content()).toList();
  }

  /** Puts all vectors into the index. */
  void settleAll() {
    int left = 100;
    while (memories().settle(scene.agent, 500) > 0) {
      left--;
      assertThat(left).as("calls of settle that are left").isPositive();
    }
    assertThat(memories().stats(mine()).vectors().fresh()).isZero();
  }

  /** Returns the first axis: what the tests look for. */
  static Embedding wanted() {
    return at(1);
  }

  /** Returns a vector at that cosine of {@link #wanted}. */
  static Embedding at(double cosine) {
    return at(cosine, 1);
  }

  /** Returns a vector at that cosine of {@link #wanted}, towards another axis, from 1. */
  static Embedding at(double cosine, int axis) {
    float[] values = new float[DIMENSION];
    values[0] = (float) cosine;
    values[axis] = (float) Math.sqrt(1 - cosine * cosine);
    return Embedding.of(MODEL, values);
  }

  static Embedding of(String model, Embedding like) {
    return Embedding.of(model, like.values());
  }

  static Embedding random(Random random) {
    float[] values = new float[DIMENSION];
    for (int i = 0; i < DIMENSION; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Embedding.of(MODEL, values);
  }

  static Memory labelled(String label, Json metadata) {
    return Memory.of("fact " + label).externalId(label).metadata(metadata);
  }
}
