package io.selfupgrade.supabase;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.conversation.Conversation;
import io.selfupgrade.conversation.ConversationStore.Author;
import io.selfupgrade.conversation.ConversationStore.Cursor;
import io.selfupgrade.conversation.Message;
import io.selfupgrade.conversation.Posted;
import io.selfupgrade.observe.Retention.Kept;
import io.selfupgrade.store.AgentStore.SchemaMode;
import io.selfupgrade.testkit.Eventually;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What conversations owe to the rows and locks of Postgres. */
class PostgresConversationTest {

  @RegisterExtension static final TestDatabase DATABASE = TestDatabase.fresh();

  private static final Duration MONTH = Duration.ofDays(30);
  private static final long SOON_SECONDS = 30;

  private PostgresStore store;
  private Fence fence;

  @BeforeEach
  void openTheStore() {
    store = PostgresStore.at(DATABASE.jdbcUrl());
    store.open(SchemaMode.APPLY);
    fence = Agents.lead(store);
  }

  @AfterEach
  void closeTheStore() {
    store.close();
  }

  @Test
  void aConversationThatGoesOnKeepsItsBeginning() throws SQLException {
    say("ended", "a", "b");
    say("going-on", "a");
    sql("update selfupgrade.conversations set last_at = last_at - interval '40 days'");
    sql("update selfupgrade.conversation_messages set at = at - interval '40 days'");
    say("going-on", "b");

    assertThat(store.retention().delete(fence, Kept.CONVERSATIONS, MONTH, 100)).isEqualTo(3);

    assertThat(store.conversations().list(fence.agent(), "", 10))
        .extracting(Conversation::id)
        .containsExactly("going-on");
    assertThat(texts("going-on")).containsExactly("a", "b");
  }

  /** A deletion by age has found it silent, and waits for whoever just goes on with it. */
  @Test
  void whoGoesOnWhileItIsLookedAtKeepsTheConversation() throws Exception {
    say("chat", "a");
    sql("delete from selfupgrade.conversation_messages");
    sql("update selfupgrade.conversations set last_at = last_at - interval '40 days'");
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      connection.setAutoCommit(false);
      Statements open = new Statements(connection);
      open.script(
          "update selfupgrade.conversations set last_at = clock_timestamp(), last_seq = last_seq + 1");
      CompletableFuture<Integer> deleting =
          CompletableFuture.supplyAsync(
              () -> store.retention().delete(fence, Kept.CONVERSATIONS, MONTH, 100));
      awaitSomebodyWaiting();
      connection.commit();

      assertThat(deleting.get(SOON_SECONDS, TimeUnit.SECONDS)).isZero();
    }
    assertThat(store.conversations().find(fence.agent(), "chat")).isPresent();
  }

  @Test
  void theTimeOfAMessageIsNeverBeforeTheOneItFollows() throws SQLException {
    say("chat", "a");
    sql("update selfupgrade.conversations set last_at = last_at + interval '1 hour'");
    sql("update selfupgrade.conversation_messages set at = at + interval '1 hour'");
    say("chat", "b");

    assertThat(read("chat")).extracting(Posted::at).isSorted();
  }

  private void awaitSomebodyWaiting() {
    Eventually.holds(
        "the deletion waits",
        Duration.ofSeconds(SOON_SECONDS),
        () -> {
          try (Connection connection = DATABASE.dataSource().getConnection()) {
            return new Statements(connection)
                .any(
                    "select 1 from pg_stat_activity where wait_event_type = 'Lock'"
                        + " and datname = current_database()",
                    Arguments.of());
          } catch (SQLException e) {
            throw new AssertionError(e);
          }
        });
  }

  private void say(String conversation, String... texts) {
    Author author = new Author(fence.agent(), fence.holder(), fence.epoch());
    for (String text : texts) {
      store.conversations().append(author, conversation, List.of(Message.user(text)));
    }
  }

  private List<Posted> read(String conversation) {
    return store
        .conversations()
        .read(fence.agent(), conversation, new Cursor(0, false), 100)
        .messages();
  }

  private List<String> texts(String conversation) {
    return read(conversation).stream().map(posted -> posted.message().content()).toList();
  }

  private static void sql(String sql) throws SQLException {
    try (Connection connection = DATABASE.dataSource().getConnection()) {
      new Statements(connection).script(sql);
    }
  }
}
