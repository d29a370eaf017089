package io.selfupgrade.testkit;

import static io.selfupgrade.memory.MetadataFilter.contains;
import static io.selfupgrade.memory.MetadataFilter.eq;
import static io.selfupgrade.memory.MetadataFilter.exists;
import static io.selfupgrade.memory.MetadataFilter.gt;
import static io.selfupgrade.memory.MetadataFilter.gte;
import static io.selfupgrade.memory.MetadataFilter.in;
import static io.selfupgrade.memory.MetadataFilter.lt;
import static io.selfupgrade.memory.MetadataFilter.lte;
import static io.selfupgrade.memory.MetadataFilter.ne;
import static io.selfupgrade.memory.MetadataFilter.notIn;
import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryFilter;
import io.selfupgrade.memory.MetadataFilter;
import io.selfupgrade.memory.Ranking;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.Tier;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Obligations of {@link io.selfupgrade.memory.MemoryStore} on filters. */
abstract class MemoryFilterContract extends MemoryContract {

  private static final String EMOJI = "\ud83d\ude00";
  private static final String WIDE_TILDE = "\uff5e";
  private static final String AWKWARD = "a.b \"c\" $[0]'?%s\\";

  /** Metadata by a letter; what the tests below expect are these letters. */
  private static final Map<String, String> METADATA =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("a", "{}"),
              Map.entry("b", "{\"k\": 1}"),
              Map.entry("c", "{\"k\": \"1\"}"),
              Map.entry("d", "{\"k\": 2.5, \"other\": \"yes\"}"),
              Map.entry("e", "{\"k\": true}"),
              Map.entry("f", "{\"k\": null}"),
              Map.entry("g", "{\"k\": [1, \"x\", false, null]}"),
              Map.entry("h", "{\"k\": []}"),
              Map.entry("i", "{\"k\": {\"k\": 1}}"),
              Map.entry("j", "{\"k\": \"" + WIDE_TILDE + "\"}"),
              Map.entry("l", "{\"k\": \"" + EMOJI + "\"}"),
              Map.entry("m", "{\"k\": \"50%_\\\\\\\" o'ff $$ ?\"}"),
              Map.entry("n", "{\"k\": \"apple\", \"other\": \"yes\"}"),
              Map.entry("o", "{\"k\": [\"apple\", \"Pear\"]}"),
              Map.entry("p", "{\"k\": 1.0}"),
              Map.entry("q", "{\"k\": [[1, \"apple\"], {\"k\": 1}]}"),
              Map.entry("r", "{\"k\": 9007199254740993}"),
              Map.entry("s", "{\"k\": -3}"),
              Map.entry("t", "{\"a.b \\\"c\\\" $[0]'?%s\\\\\": 1}"),
              Map.entry("u", "{\"k\": \"\"}"),
              Map.entry("v", "{\"k\": 0.0000001}")));

  @Test
  void aWindowOfTimeHasItsBeginningAndNotItsEnd() {
    Remembered first = remember(Memory.of("fact"));
    passShort();
    Remembered second = remember(Memory.of("fact"));
    passShort();
    Remembered third = remember(Memory.of("fact"));
    Instant from = second.createdAt();
    Instant until = third.createdAt();

    assertThat(facts(MemoryFilter.ALL.from(from))).containsExactly(third, second);
    assertThat(facts(MemoryFilter.ALL.until(until))).containsExactly(second, first);
    assertThat(facts(MemoryFilter.ALL.from(from).until(until))).containsExactly(second);
    assertThat(facts(MemoryFilter.ALL.from(from).until(from))).isEmpty();
  }

  @Test
  void aFilterKeepsToItsIds() {
    Remembered one = remember(Memory.of("fact").externalId("one's"));
    Remembered two = remember(Memory.of("fact").externalId("{two}"));
    remember(Memory.of("fact").externalId("three"));
    remember(Memory.of("fact"));
    MemoryFilter filter = MemoryFilter.ALL.externalIds(Set.of("one's", "{two}", "four"));

    assertThat(facts(filter)).containsExactlyInAnyOrder(one, two);
    assertThat(facts(filter.externalIds(Set.of()))).isEmpty();
  }

  @Test
  void aFilterKeepsToItsTiers() {
    for (Tier tier : Tier.values()) {
      for (int i = 0; i < 3; i++) {
        remember(Memory.of("fact").tier(tier).embedding(at(0.5)));
      }
    }
    for (RecallQuery query : List.of(RecallQuery.of("fact"), RecallQuery.of(wanted()))) {
      assertThat(found(query)).hasSize(9);
      assertThat(found(query.limit(2))).hasSize(2);
      assertThat(found(query.in(Tier.WORKING)))
          .hasSize(3)
          .allMatch(one -> one.memory().tier() == Tier.WORKING);
      assertThat(found(query.in(Tier.WORKING, Tier.SHORT_TERM))).hasSize(6);
    }
  }

  @Test
  void whatAFilterMeansIsForgottenUpToTheLimit() {
    for (int i = 0; i < 6; i++) {
      Json metadata = Json.of("{\"even\": " + (i % 2 == 0) + "}");
      remember(labelled("l" + i, metadata).tier(i < 4 ? Tier.WORKING : Tier.LONG_TERM));
    }
    MemoryFilter even = MemoryFilter.ALL.where(eq("even", true));

    assertThat(memories().forget(mine(), even.in(Tier.WORKING), 1)).isOne();
    assertThat(memories().forget(mine(), even.in(Tier.WORKING), 10)).isOne();
    assertThat(memories().forget(mine(), even.in(Tier.WORKING), 10)).isZero();
    assertThat(letters(facts(MemoryFilter.ALL))).isEqualTo("l1l3l4l5");
    MemoryFilter some = MemoryFilter.ALL.externalIds(Set.of("l1", "l4", "l0"));
    assertThat(memories().forget(mine(), some, 10)).isEqualTo(2);
    assertThat(letters(facts(MemoryFilter.ALL))).isEqualTo("l3l5");
  }

  private List<Remembered> facts(MemoryFilter filter) {
    return found(RecallQuery.of("fact").limit(100).filter(filter));
  }

  private static String letters(List<Remembered> several) {
    return several.stream()
        .map(one -> one.memory().externalId().orElseThrow())
        .sorted()
        .collect(Collectors.joining());
  }

  /** Each is asked for by words and by meaning, and of the filter itself. */
  @Nested
  class OnMetadata {

    @BeforeEach
    void rememberOneEach() {
      rememberAll(
          METADATA.entrySet().stream()
              .map(entry -> labelled(entry.getKey(), Json.of(entry.getValue())))
              .map(memory -> memory.embedding(at(0.5)))
              .toList());
    }

    @Test
    void equalValuesAreOfOneKind() {
      holdsFor("bgp", eq("k", 1));
      holdsFor("bgp", eq("k", 1.0f));
      holdsFor("c", eq("k", "1"));
      holdsFor("e", eq("k", true));
      holdsFor("g", eq("k", false));
      holdsFor("", eq("k", "true"));
      holdsFor("", eq("k", "null"));
      holdsFor("u", eq("k", ""));
      holdsFor("r", eq("k", 9_007_199_254_740_993L));
      holdsFor("", eq("k", 9_007_199_254_740_992L));
      holdsFor("v", eq("k", 1e-7));
      holdsFor("l", eq("k", EMOJI));
      holdsFor("no", eq("k", "apple"));
      holdsFor("", eq("k", "Apple"));
    }

    @Test
    void anotherValueOrNoneIsNotEqual() {
      holdsFor(allBut("bgp"), ne("k", 1));
      holdsFor(allBut("no"), ne("k", "apple"));
      holdsFor(allBut(""), ne("nowhere", 1));
    }

    @Test
    void numbersCompareByTheirValue() {
      holdsFor("dr", gt("k", 1));
      holdsFor("bdgpr", gte("k", 1));
      holdsFor("sv", lt("k", 1));
      holdsFor("bgpsv", lte("k", 1));
      holdsFor("bdgprv", gt("k", -2.5));
      holdsFor("r", gt("k", 9_007_199_254_740_992L));
    }

    @Test
    void textsCompareByTheirCodePoints() {
      holdsFor("gjl", gt("k", "apple"));
      holdsFor("gjlno", gte("k", "apple"));
      holdsFor("cmou", lt("k", "apple"));
      holdsFor("cmnou", lte("k", "apple"));
      holdsFor("l", gt("k", WIDE_TILDE));
      holdsFor("cgjmnou", lt("k", EMOJI));
    }

    @Test
    void oneOfSeveralIsEnough() {
      holdsFor("denor", in("k", List.of(2.5, "apple", true, 9_007_199_254_740_993L)));
      holdsFor(allBut("deno"), notIn("k", List.of(2.5, "apple", true)));
    }

    @Test
    void aTextIsLookedForAsItIs() {
      holdsFor("no", contains("k", "ppl"));
      holdsFor("", contains("k", "PPL"));
      for (String special : List.of("%", "_", "\\", "\"", "0%_\\\" o'", "$$ ?", "'")) {
        holdsFor("m", contains("k", special));
      }
      holdsFor("c", contains("k", "1"));
      holdsFor("l", contains("k", EMOJI));
    }

    @Test
    void aKeyIsThereIfItsValueIsNotNull() {
      holdsFor(allBut("aft"), exists("k"));
      holdsFor("aft", exists("k").negate());
      holdsFor("t", exists(AWKWARD));
      holdsFor("t", eq(AWKWARD, 1));
      holdsFor("", exists("nowhere"));
    }

    @Test
    void conditionsArePutTogether() {
      holdsFor("bdgp", gte("k", 1).and(lt("k", 3)));
      holdsFor("g", eq("k", 1).and(eq("k", "x")));
      holdsFor("cs", eq("k", "1").or(lt("k", 0)));
      holdsFor("dn", exists("k").and(eq("other", "yes")));
      holdsFor("d", eq("other", "yes").and(eq("k", "apple").negate()));
      holdsFor(allBut("bdgp"), gte("k", 1).and(lt("k", 3)).negate());
      holdsFor("bgp", ne("k", 1).negate());
      holdsFor("aft", exists("k").or(eq("other", "yes")).negate());
      holdsFor("abfgpt", exists("k").negate().or(eq("k", 1).and(ne("other", "yes"))));
    }

    @Test
    void whatTheyMeanIsForgotten() {
      MetadataFilter numbers = gte("k", 1).or(lt("k", 1));

      assertThat(memories().forget(mine(), MemoryFilter.ALL.where(numbers), 100)).isEqualTo(7);

      assertThat(letters(facts(MemoryFilter.ALL))).isEqualTo(allBut("bdgprsv"));
    }

    private void holdsFor(String letters, MetadataFilter filter) {
      String bySaying =
          METADATA.entrySet().stream()
              .filter(entry -> filter.test(JsonText.object(Json.of(entry.getValue()))))
              .map(Map.Entry::getKey)
              .collect(Collectors.joining());
      assertThat(bySaying).as("%s itself", filter).isEqualTo(letters);
      RecallQuery words = RecallQuery.of("fact").limit(100).where(filter);
      RecallQuery meaning = RecallQuery.of(wanted()).limit(100).where(filter);
      assertThat(letters(found(words))).as("%s by words", filter).isEqualTo(letters);
      assertThat(letters(found(meaning))).as("%s by meaning", filter).isEqualTo(letters);
      RecallQuery both = words.embedding(wanted()).by(Ranking.Way.HYBRID);
      assertThat(letters(found(both))).as("%s by both", filter).isEqualTo(letters);
    }

    private String allBut(String letters) {
      return METADATA.keySet().stream()
          .filter(letter -> !letters.contains(letter))
          .collect(Collectors.joining());
    }
  }
}
