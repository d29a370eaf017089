package io.selfupgrade;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Json;
import io.selfupgrade.core.memory.EmbeddingModel;
import io.selfupgrade.core.memory.MemorySettings;
import io.selfupgrade.memory.Embedder;
import io.selfupgrade.memory.Tier;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Describes what an agent remembers; nothing is required. */
public final class MemoryBuilder {

  private static final String REMOVE = "selfupgrade.remove-expired-memories";
  private static final String TIDY = "selfupgrade.tidy-memories";
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private final Map<Tier, Duration> lives = new EnumMap<>(Tier.class);
  private final Problems problems = new Problems();
  private @Nullable Embedder embedder;
  private Optional<EmbeddingModel> model = Optional.empty();
  private @Nullable String namespace;
  private Optional<AgentName> shared = Optional.empty();

  MemoryBuilder() {}

  /**
   * Sets what makes vectors of texts, so that memories are found by their meaning too.
   *
   * <p>Its name and dimension are read at once, it embeds nothing before the first memory or query.
   * With another name all memories are embedded anew in the background.
   */
  public MemoryBuilder embedder(Embedder hosts) {
    problems.once("memory(m -> m.embedder(...))", embedder);
    embedder = hosts;
    if (problems.given(
        "memory(m -> m.embedder(...))", hosts, "give an embedder, or leave the call out")) {
      model = problems.of("memory(m -> m.embedder(...))", () -> EmbeddingModel.of(hosts));
    }
    return this;
  }

  /**
   * Names the namespace whose memories the agent sees beside its own, and may add to.
   *
   * @param name of the shape of an agent's name; any agent that names it shares it
   */
  public MemoryBuilder shared(String name) {
    problems.once("memory(m -> m.shared(...))", namespace);
    namespace = name;
    if (problems.given("memory(m -> m.shared(...))", name, "give a name, or leave the call out")) {
      shared = problems.of("memory(m -> m.shared(...))", () -> new AgentName(name));
    }
    return this;
  }

  /**
   * Sets how long memories of a tier live; for those that are remembered from now on.
   *
   * @param life 1 s to 36,500 days
   */
  public MemoryBuilder life(Tier tier, Duration life) {
    if (given(tier) && given(life)) {
      if (life.compareTo(SHORTEST) < 0 || life.compareTo(LONGEST) > 0) {
        problems.add(
            "memory(m -> m.life("
                + tier
                + ", "
                + life
                + ")) is not usable: expected 1 s to 36,500 days");
      }
      lives.put(tier, life);
    }
    return this;
  }

  private boolean given(@Nullable Object value) {
    return problems.given(
        "memory(m -> m.life(...))", value, "give a tier and a time, or leave the call out");
  }

  /** Lets the host describe; what it gets wrong is kept for {@link #problems}. */
  void describe(Consumer<MemoryBuilder> how) {
    problems.of(
        "memory(...)",
        () -> {
          how.accept(this);
          return this;
        });
  }

  Problems problems() {
    return problems;
  }

  MemorySettings build() {
    return new MemorySettings(lives, model, shared);
  }

  /** Returns the built-in task that removes what has expired. */
  static TaskConfig removal() {
    return new TaskConfig(
        REMOVE, Schedule.every(Duration.ofMinutes(10)), TaskPolicy.DEFAULT, Json.EMPTY);
  }

  /**
   * Returns the built-in task that embeds what has no vector yet, and puts vectors into the index.
   */
  static TaskConfig tidying() {
    return new TaskConfig(
        TIDY, Schedule.every(Duration.ofMinutes(1)), TaskPolicy.DEFAULT, Json.EMPTY);
  }
}
