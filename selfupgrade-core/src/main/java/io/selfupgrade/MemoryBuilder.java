package io.selfupgrade;

import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Tier;
import io.selfupgrade.schedule.Schedule;
import io.selfupgrade.schedule.TaskConfig;
import io.selfupgrade.schedule.TaskPolicy;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Describes what an agent remembers; nothing is required. */
public final class MemoryBuilder {

  private static final String REMOVE = "selfupgrade.remove-expired-memories";
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private final Map<Tier, Duration> lives = new EnumMap<>(Tier.class);
  private final Problems problems = new Problems();

  MemoryBuilder() {}

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

  Map<Tier, Duration> lives() {
    return lives;
  }

  /** Returns the built-in task that removes what has expired. */
  static TaskConfig removal() {
    return new TaskConfig(
        REMOVE, Schedule.every(Duration.ofMinutes(10)), TaskPolicy.DEFAULT, Json.EMPTY);
  }
}
