package io.selfupgrade.memory;

import static io.selfupgrade.memory.EmbeddingTest.refuses;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which memories are meant. */
class MemoryFilterTest {

  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");

  @Test
  void eachPartIsAddedToTheOthers() {
    MetadataFilter first = MetadataFilter.eq("a", 1);
    MetadataFilter second = MetadataFilter.eq("b", 2);

    MemoryFilter filter =
        MemoryFilter.ALL
            .in(Tier.WORKING)
            .where(first)
            .from(NOW)
            .until(NOW.plusSeconds(1))
            .externalIds(Set.of("a"))
            .where(second);

    assertThat(filter)
        .isEqualTo(
            new MemoryFilter(
                Set.of(Tier.WORKING),
                Optional.of(first.and(second)),
                Optional.of(NOW),
                Optional.of(NOW.plusSeconds(1)),
                Optional.of(Set.of("a"))));
    assertThat(MemoryFilter.ALL.tiers()).containsExactlyInAnyOrder(Tier.values());
  }

  @Test
  void whatIsGivenIsCopied() {
    Set<String> ids = new HashSet<>(Set.of("a"));
    MemoryFilter filter = MemoryFilter.ALL.externalIds(ids);
    ids.add("b");

    assertThat(filter.externalIds()).contains(Set.of("a"));
  }

  @Test
  void whatFindsNothingForSureIsRefused() {
    refuses(
        () ->
            new MemoryFilter(
                Set.of(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty()),
        "no tier");
    refuses(
        () -> MemoryFilter.ALL.from(NOW.plusNanos(1)).until(NOW),
        NOW.plusNanos(1).toString(),
        NOW.toString());
    refuses(() -> MemoryFilter.ALL.externalIds(ids(10_001)), "10001", "10000");
  }

  @Test
  void theLimitsAreTaken() {
    assertThat(MemoryFilter.ALL.externalIds(ids(10_000)).externalIds().orElseThrow())
        .hasSize(10_000);
    assertThat(MemoryFilter.ALL.from(NOW).until(NOW).from()).contains(NOW);
  }

  private static Set<String> ids(int count) {
    return IntStream.range(0, count).mapToObj(String::valueOf).collect(Collectors.toSet());
  }
}
