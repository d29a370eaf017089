package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.control.Command;
import io.selfupgrade.control.CommandStore;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.conversation.ConversationStore;
import io.selfupgrade.conversation.ConversationStore.Author;
import io.selfupgrade.conversation.ConversationStore.Cursor;
import io.selfupgrade.conversation.ConversationStore.Showing;
import io.selfupgrade.conversation.ConversationStore.Span;
import io.selfupgrade.conversation.Message;
import io.selfupgrade.memory.Embedding;
import io.selfupgrade.memory.Memory;
import io.selfupgrade.memory.MemoryScope;
import io.selfupgrade.memory.MemoryStore;
import io.selfupgrade.memory.Ranking;
import io.selfupgrade.memory.RecallQuery;
import io.selfupgrade.observe.Retention;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * That what an agent does all day is served by indexes: in a database with rows of a thousand
 * others, nothing of it reads a whole table.
 */
class HotPathsTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final Duration SOON = Duration.ofSeconds(30);

  /** Those with a row a migration, a job or an hour, however many agents there are. */
  private static final List<String> ALWAYS_SMALL =
      List.of("schema_history", "jobs", "budget_samples");

  @Test
  void nothingThatAgentsDoAllDayReadsAWholeTable() throws SQLException {
    try (PostgresStore store = PostgresStore.at(DATABASE.jdbcUrl())) {
      store.open(SchemaMode.APPLY);
      store.memories().prepareVectors(2);
    }
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      Statements statements = new Statements(connection);
      ManyAgents.fill(statements);
      Map<String, Long> before = wholeReads(statements);
      assertThat(before).hasSizeGreaterThan(30);

      work();

      Map<String, Long> after = wholeReads(statements);
      after.keySet().removeAll(ALWAYS_SMALL);
      assertThat(after)
          .as("how often each table was read as a whole")
          .allSatisfy((table, times) -> assertThat(times).as(table).isEqualTo(before.get(table)));
    }
  }

  private static void work() throws SQLException {
    try (PrimaryAtWork primary = new PrimaryAtWork(DATABASE.jdbcUrl());
        PostgresStore store = PostgresStore.at(DATABASE.jdbcUrl())) {
      primary.lead();
      // Often enough for plans that are kept.
      for (int i = 0; i < 8; i++) {
        primary.round();
      }
      store.open(SchemaMode.VERIFY);
      Fence fence = store.leadership().read(PrimaryAtWork.agent()).orElseThrow().fence();
      for (int i = 0; i < 8; i++) {
        read(store, fence.agent());
        beControlled(store, fence);
        talk(store, fence.agent());
        rememberAndRecall(store, fence);
      }
    }
    try (Connection beside = DATABASE.dataSource().getConnection()) {
      askFromBeside(new Statements(beside), PrimaryAtWork.agent().value());
    }
  }

  /** What a door, a person or a later start reads. */
  private static void read(PostgresStore store, AgentName agent) {
    store.logs().newest(agent, 20);
    store.outbox().newest(agent, 20);
    store.settings().all(agent);
    store.deployments().history(agent, 20);
    store.changes().history(agent, 20);
    store.commands().newest(agent, 20);
    store.tasks().history(agent, "digest", 20);
    store.tasks().runsOfEpoch(agent, 1, 20);
    store.tasks().overdue(agent, Duration.ofMinutes(1));
    store.memories().stats(MemoryScope.of(agent));
    store.policies().floor(agent);
    store.policies().waitingRollback(agent);
    store.policies().revokedKeys(agent);
    store.policies().keyChanges(agent);
    store.policies().seen(agent, "stable");
    store.journal().openUpgrade(agent);
    store.journal().failedVersions(agent);
    store.journal().frozen(agent);
    store.journal().frozenSince(agent);
    store.journal().confirmedVersion(agent);
    store.snapshots().list(agent);
    for (UpgradeRecord upgrade : store.journal().history(agent, 5)) {
      store.journal().steps(upgrade.id());
      store.policies().verdict(upgrade.id());
    }
  }

  private static void talk(PostgresStore store, AgentName agent) {
    ConversationStore talk = store.conversations();
    Author author = new Author(agent, InstanceId.random(), 1);
    talk.append(author, "chat", List.of(Message.user("hello")));
    UUID seen = talk.context(agent, "chat", 20).orElseThrow().revision();
    Showing showing = new Showing(List.of(Message.assistant("hello")), List.of(Span.ALL));
    assertThat(talk.show(author, "chat", Optional.of(seen), showing)).isPresent();
    talk.read(agent, "chat", new Cursor(Long.MAX_VALUE, true), 20);
    talk.read(agent, "chat", new Cursor(0, false), 20);
    talk.find(agent, "chat");
    talk.list(agent, "", 20);
    talk.append(author, "gone", List.of(Message.user("hello")));
    talk.delete(agent, "gone");
  }

  private static void rememberAndRecall(PostgresStore store, Fence fence) {
    AgentName agent = fence.agent();
    MemoryScope scope = MemoryScope.of(agent);
    Embedding vector = Embedding.of("a-model", 1, 2);
    MemoryStore memories = store.memories();
    MemoryStore.Author by = new MemoryStore.Author(scope, fence.holder(), fence.epoch());
    UUID kept =
        memories
            .remember(
                by,
                new MemoryStore.Entry(
                    Memory.of("word1 and tea").externalId("tea").embedding(vector),
                    Optional.empty()))
            .id();
    RecallQuery both = RecallQuery.of("tea").embedding(vector);
    assertThat(memories.recall(scope, both)).isNotEmpty();
    assertThat(memories.recall(scope, both.by(Ranking.Way.VECTOR))).isNotEmpty();
    assertThat(memories.recall(scope, RecallQuery.of("tea"))).isNotEmpty();
    assertThat(memories.find(scope, List.of("tea"))).isNotEmpty();
    assertThat(memories.externalIds(scope, "t", Optional.empty(), 10)).isNotEmpty();
    memories.used(scope, Map.of(kept, 1));
    memories.promotable(agent, 3, 0.8, 10);
    memories.unembedded(agent, "another-model", 10);
    memories.settle(agent, 100);
    memories.setAside(fence);
    memories.setAside(agent);
  }

  private static void beControlled(PostgresStore store, Fence fence) {
    store.jobs().declare(fence, new JobStore.Watch(List.of("slack"), Retention.DEFAULT));
    store.commands().file(fence.agent(), Command.Wish.restart(UUID.randomUUID().toString()));
    Command taken = store.commands().take(fence).orElseThrow();
    assertThat(store.commands().settle(fence, taken.id(), CommandStore.State.DONE, "")).isTrue();
    store.commands().fileUpgradeAndDeploy(fence.agent(), UUID.randomUUID().toString());
    store.budget().measure();
  }

  /** What Edge Functions and the jobs ask about one agent. */
  private static void askFromBeside(Statements statements, String agent) throws SQLException {
    for (String call :
        List.of(
            "agent_health(?)",
            "control_status(?)",
            "file_request(?, 'a-key')",
            "atomic_upgrade_and_deploy(?, 'another-key')",
            "set_freeze(?, 'why')",
            "lift_freeze(?)",
            "take_redeploy(?)",
            "note_host(?, 'a-host', 80)",
            "known_hosts(?)",
            "begin_outage(?, interval '1 hour', true)",
            "end_outage(?, interval '1 hour')",
            "clean_agent(?, 100)")) {
      statements.any("select 1 from selfupgrade." + call, Arguments.of(agent));
    }
  }

  /** By table; once all who worked have told the server what they did, which the last word is. */
  private static Map<String, Long> wholeReads(Statements statements) throws SQLException {
    Eventually.holds(
        "all others have gone",
        SOON,
        () -> {
          try {
            return !statements.any(
                "select 1 from pg_stat_activity where datname = current_database()"
                    + " and pid <> pg_backend_pid() and backend_type = 'client backend'",
                Arguments.of());
          } catch (SQLException e) {
            throw new AssertionError(e);
          }
        });
    Map<String, Long> reads = new TreeMap<>();
    statements.any("select pg_stat_force_next_flush()", Arguments.of());
    statements.any("select pg_stat_clear_snapshot()", Arguments.of());
    for (Map.Entry<String, Long> table :
        statements.list(
            "select relname, seq_scan from pg_stat_user_tables where schemaname = 'selfupgrade'",
            row -> Map.entry(row.text("relname"), row.number("seq_scan")),
            Arguments.of())) {
      reads.put(table.getKey(), table.getValue());
    }
    return reads;
  }
}
