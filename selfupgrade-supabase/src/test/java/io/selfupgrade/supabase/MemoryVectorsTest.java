package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Json;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStats.Search;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.MetadataFilter;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.memory.Recalled;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.supabase.embedded.OtherPostgres;
import io.selfupgrade.upgrade.RestoreResult;
import io.selfupgrade.upgrade.SnapshotStore.Snapshot;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What Postgres does with vectors beyond the port: set-up, index, choice of the way, snapshots. */
class MemoryVectorsTest {

  private static final int DIMENSION = 16;
  private static final String MODEL = "a-model";

  private static OtherPostgres server;
  private static int databases;

  private String url;
  private PostgresStore store;
  private Fence fence;
  private MemoryScope scope;

  @BeforeAll
  static void startTheServer() {
    server = OtherPostgres.withExtensions();
  }

  @AfterAll
  static void stopTheServer() {
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void openAStore() throws SQLException {
    databases++;
    String name = "memory_" + databases;
    in("postgres", "create database " + name);
    url = server.jdbcUrl(name);
    store = PostgresStore.at(url);
    store.open(SchemaMode.APPLY);
    fence = Agents.lead(store);
    scope = MemoryScope.of(fence.agent());
  }

  @AfterEach
  void closeTheStore() {
    store.close();
  }

  @Test
  void theExtensionIsInstalledAndManyMaySetUpAtOnce() throws Exception {
    List<CompletableFuture<Search>> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      all.add(
          CompletableFuture.supplyAsync(
              () -> {
                try (PostgresStore another = PostgresStore.at(url)) {
                  another.open(SchemaMode.VERIFY);
                  return another.memories().prepareVectors(DIMENSION);
                }
              }));
    }
    for (CompletableFuture<Search> one : all) {
      assertThat(one.get(60, TimeUnit.SECONDS)).isEqualTo(Search.INDEXED);
    }
    assertThat(Agents.query(url, "select kind from selfupgrade.memory_set_up()"))
        .isEqualTo("vector");
  }

  @Test
  void aLoginOfAgentsSetsUpAndLoadsManyWithoutTheRightsOfTheOwner() throws SQLException {
    String login = "agent_" + databases;
    in("postgres", "create role " + login + " login password 'x' in role selfupgrade_agent");
    try (PostgresStore agents = PostgresStore.at(url.replaceAll("user=.*", "user=" + login + "&password=x"))) {
      agents.open(SchemaMode.VERIFY);
      assertThat(agents.memories().prepareVectors(DIMENSION)).isEqualTo(Search.INDEXED);
      List<Memory> many = many(700, 1);
      rememberAll(agents, many);
      assertFoundExactly(agents, many, MetadataFilter.exists("n"), 10);
    }
  }

  @Test
  void noFilterLosesRowsWhereTheIndexGivesTooFew() {
    List<Memory> many = many(2_000, 100);
    rememberAll(store, many);
    settleAll();

    for (int part : List.of(1, 50)) {
      assertFoundExactly(store, many, MetadataFilter.eq("part", part), 20);
      assertFoundExactly(store, many, MetadataFilter.lt("part", part), 10);
    }
  }

  @Test
  void theIndexFindsNearlyAllOfTheNearestAndTheFreshOnesBesides() {
    List<Memory> many = new ArrayList<>(many(3_000, 10));
    rememberAll(store, many);
    settleAll();
    List<Memory> fresh = many(50, 10, 99);
    rememberAll(store, fresh);
    many.addAll(fresh);

    Random random = new Random(7);
    int found = 0;
    for (int i = 0; i < 20; i++) {
      Embedding wanted = random(random);
      List<String> right = nearest(many, wanted, 10);
      found +=
          (int)
              store.memories().recall(scope, RecallQuery.of(wanted)).stream()
                  .filter(hit -> right.contains(hit.remembered().memory().content()))
                  .count();
    }
    assertThat(found).as("of 200").isGreaterThan(190);
    Embedding own = fresh.get(7).embedding().orElseThrow();
    assertThat(store.memories().recall(scope, RecallQuery.of(own)).get(0).remembered().memory().content())
        .isEqualTo(fresh.get(7).content());
  }

  @Test
  void vectorsOfHalfThePrecisionAreFound() throws SQLException {
    try (PostgresStore half =
        PostgresStore.at(url).memoryStorage(MemoryStorage.DEFAULT.halfPrecision())) {
      half.open(SchemaMode.VERIFY);
      assertThat(half.memories().prepareVectors(DIMENSION)).isEqualTo(Search.INDEXED);
      List<Memory> many = many(300, 10);
      rememberAll(half, many);
      MemoryStore.Author author = author();
      Embedding own = random(new Random(3));
      half.memories()
          .remember(author, new MemoryStore.Entry(Memory.of("one").embedding(own), Optional.empty()));
      half.memories().settle(fence.agent(), 1_000);

      Recalled hit =
          half.memories().recall(scope, RecallQuery.of(own).withEmbeddings()).get(0);

      assertThat(hit.remembered().memory().content()).isEqualTo("one");
      assertThat(hit.remembered().memory().embedding().orElseThrow().cosine(own))
          .isGreaterThan(0.99999);
      assertThatThrownBy(
              () ->
                  half.memories()
                      .remember(
                          author,
                          new MemoryStore.Entry(
                              Memory.of("large").embedding(scaled(own, 1e6f)), Optional.empty())))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("half precision");
      assertThat(Agents.query(url, "select kind from selfupgrade.memory_set_up()"))
          .isEqualTo("halfvec");
    }
  }

  @Test
  void vectorsOfAnyMagnitudeAreInTheIndex() {
    Embedding own = random(new Random(5));
    remember(Memory.of("large").embedding(scaled(own, 1e6f)));
    remember(Memory.of("small").embedding(scaled(own, 1e-6f)));
    settleAll();

    assertThat(store.memories().recall(scope, RecallQuery.of(own)))
        .hasSize(2)
        .allSatisfy(hit -> assertThat(hit.similarity().orElseThrow()).isGreaterThan(0.9999));
  }

  @Test
  void aSnapshotBringsVectorsBackWhetherTheyWereInTheIndexOrNot() {
    Embedding settled = random(new Random(1));
    Embedding fresh = random(new Random(2));
    remember(Memory.of("settled").externalId("settled").embedding(settled));
    settleAll();
    remember(Memory.of("fresh").externalId("fresh").embedding(fresh));
    Snapshot snapshot = store.snapshots().take(fence).orElseThrow();
    List<Recalled> before = store.memories().recall(scope, RecallQuery.of(settled).withEmbeddings());
    assertThat(before).hasSize(2);
    remember(Memory.of("settled no more").externalId("settled"));
    store.memories().find(scope, List.of("fresh")).forEach(one -> store.memories().forget(scope, one.id()));
    assertThat(store.memories().recall(scope, RecallQuery.of(settled))).isEmpty();

    assertThat(restore(snapshot)).isInstanceOf(RestoreResult.Restored.class);

    assertThat(store.memories().recall(scope, RecallQuery.of(settled).withEmbeddings()))
        .isEqualTo(before);
    assertThat(store.snapshots().plan(fence.agent(), snapshot.id()).orElseThrow().isEmpty())
        .isTrue();
  }

  @Test
  void aSnapshotOfVectorsOfAnotherLengthIsRestoredWithoutThem() {
    remember(Memory.of("kept").externalId("kept").embedding(random(new Random(1))));
    Snapshot snapshot = store.snapshots().take(fence).orElseThrow();
    store.memories().find(scope, List.of("kept")).forEach(one -> store.memories().forget(scope, one.id()));
    assertThat(store.memories().prepareVectors(3)).isEqualTo(Search.INDEXED);

    assertThat(restore(snapshot)).isInstanceOf(RestoreResult.Restored.class);

    assertThat(store.memories().find(scope, List.of("kept"))).hasSize(1);
    assertThat(store.memories().unembedded(fence.agent(), MODEL, 10)).hasSize(1);
  }

  @Test
  void whatTheVersionBeforeReplacesOrDeletesLeavesNoVectorBehind() throws SQLException {
    Embedding vector = random(new Random(1));
    remember(Memory.of("replaced").externalId("a").embedding(vector));
    remember(Memory.of("deleted").externalId("b").embedding(vector));
    settleAll();
    in(
        url.replaceAll(".*/([^?]*)\\?.*", "$1"),
        "update selfupgrade.memories set content = 'other', created_at = clock_timestamp()"
            + " where external_id = 'a'; delete from selfupgrade.memories where external_id = 'b'");

    assertThat(store.memories().recall(scope, RecallQuery.of(vector))).isEmpty();
    assertThat(store.memories().unembedded(fence.agent(), MODEL, 10)).hasSize(1);
    try (PostgresStore later = PostgresStore.at(url)) {
      later.open(SchemaMode.VERIFY);
      later.memories().settle(fence.agent(), 10);
    }
    assertThat(store.memories().stats(scope).vectors().byModel()).isEmpty();
  }

  @Test
  void wordsAreThoseOfTheLanguage() {
    remember(Memory.of("she was running through the woods"));
    try (PostgresStore english =
        PostgresStore.at(url).memoryStorage(MemoryStorage.DEFAULT.language("english"))) {
      english.open(SchemaMode.VERIFY);

      assertThat(english.memories().recall(scope, RecallQuery.of("the runs")))
          .singleElement()
          .satisfies(hit -> assertThat(hit.words()).containsExactly("run"));
      assertThat(store.memories().recall(scope, RecallQuery.of("runs"))).isEmpty();
    }
    assertThatThrownBy(() -> MemoryStorage.DEFAULT.language("x'; drop"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private RestoreResult restore(Snapshot snapshot) {
    return store
        .snapshots()
        .restore(fence, store.snapshots().plan(fence.agent(), snapshot.id()).orElseThrow())
        .orElseThrow();
  }

  private MemoryStore.Author author() {
    return new MemoryStore.Author(scope, InstanceId.random(), 0);
  }

  private void remember(Memory memory) {
    store.memories().remember(author(), new MemoryStore.Entry(memory, Optional.empty()));
  }

  private void rememberAll(PostgresStore by, List<Memory> many) {
    by.memories()
        .rememberAll(
            author(),
            many.stream().map(one -> new MemoryStore.Entry(one, Optional.empty())).toList());
  }

  private void settleAll() {
    while (store.memories().settle(fence.agent(), 1_000) > 0) {
      assertThat(store.memories().stats(scope).vectors().search()).isEqualTo(Search.INDEXED);
    }
    assertThat(store.memories().stats(scope).vectors().fresh()).isZero();
  }

  private void assertFoundExactly(
      PostgresStore by, List<Memory> all, MetadataFilter filter, int limit) {
    Embedding wanted = random(new Random(11));
    List<Memory> kept = all.stream().filter(one -> filter.test(map(one))).toList();
    List<String> hits =
        by.memories().recall(scope, RecallQuery.of(wanted).where(filter).limit(limit)).stream()
            .map(hit -> hit.remembered().memory().content())
            .toList();
    assertThat(hits).containsExactlyElementsOf(nearest(kept, wanted, limit));
  }

  private static java.util.Map<String, ?> map(Memory memory) {
    String[] parts = memory.metadata().text().replaceAll("[^0-9,]", "").split(",", -1);
    return java.util.Map.of("n", Integer.parseInt(parts[0]), "part", Integer.parseInt(parts[1]));
  }

  private static List<String> nearest(List<Memory> all, Embedding wanted, int most) {
    return all.stream()
        .sorted(
            Comparator.comparingDouble(
                    (Memory one) -> one.embedding().orElseThrow().cosine(wanted))
                .reversed())
        .limit(most)
        .map(Memory::content)
        .toList();
  }

  private static List<Memory> many(int count, int parts) {
    return many(count, parts, 1);
  }

  private static List<Memory> many(int count, int parts, long seed) {
    Random random = new Random(seed);
    return IntStream.range(0, count)
        .mapToObj(
            n ->
                Memory.of("memory " + seed + "-" + n)
                    .metadata(Json.of("{\"n\": " + n + ", \"part\": " + n % parts + "}"))
                    .embedding(random(random)))
        .toList();
  }

  private static Embedding random(Random random) {
    float[] values = new float[DIMENSION];
    for (int i = 0; i < DIMENSION; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Embedding.of(MODEL, values);
  }

  private static Embedding scaled(Embedding vector, float by) {
    float[] values = vector.values();
    for (int i = 0; i < values.length; i++) {
      values[i] *= by;
    }
    return Embedding.of(MODEL, values);
  }

  private static void in(String database, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl(database))) {
      new Statements(connection).script(sql);
    }
  }
}
