package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.conversation.Conversation;
import io.selfupgrade.conversation.ConversationStore;
import io.selfupgrade.conversation.Message;
import io.selfupgrade.conversation.MessagePage;
import io.selfupgrade.conversation.Posted;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Conversations, each a row that numbers its messages: who writes locks it, in the same statement,
 * so that writers queue and none is numbered twice.
 */
final class PostgresConversationStore implements ConversationStore {

  private static final String PORT = "ConversationStore";

  /** A conversation as v, made or locked. Takes agent, id and how many messages are added. */
  private static final String BEGIN_OR_GO_ON =
      """
      insert into selfupgrade.conversations as v (agent, name, last_seq, created_at, last_at)
      select ?, ?, n.added, n.now, n.now from (select ?::bigint as added, clock_timestamp() as now) n
      on conflict (agent, name) do update
         set last_seq = v.last_seq + excluded.last_seq, revision = gen_random_uuid(),
             last_at = greatest(v.last_at, clock_timestamp())
      """;

  private static final String BEGIN =
      """
      insert into selfupgrade.conversations as v (context, agent, name, last_seq, created_at, last_at)
      select ?, ?, ?, n.added, n.now, n.now from (select ?::bigint as added, clock_timestamp() as now) n
      on conflict (agent, name) do nothing
      """;

  private static final String GO_ON =
      """
      update selfupgrade.conversations v
         set context = ?, last_seq = v.last_seq + n.added, revision = gen_random_uuid(),
             last_at = case n.added when 0 then v.last_at else greatest(v.last_at, clock_timestamp()) end
        from (select ?::text as agent, ?::text as name, ?::bigint as added, ?::uuid as seen) n
       where v.agent = n.agent and v.name = n.name and v.revision = n.seen
      """;

  /** Adds messages to the conversation that a statement has locked. */
  private static final String ADD =
      """
      with v as (%1$s returning v.id, v.agent, v.last_seq, v.last_at),
      m as (
        insert into selfupgrade.conversation_messages as m
               (conversation, agent, seq, instance, epoch, at, role, content, tool_calls, tool_results, attributes,
                characters)
        select v.id, v.agent, v.last_seq - w.added + n.place, w.instance, w.epoch, v.last_at, n.role, n.content,
               n.tool_calls::jsonb, n.tool_results::jsonb, n.attributes, n.characters
          from v cross join (select ?::bigint as added, ?::uuid as instance, ?::bigint as epoch) w
         cross join unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::int[])
               with ordinality n (role, content, tool_calls, tool_results, attributes, characters, place)
        returning m.seq)
      select v.last_seq, v.last_at from v
      """;

  /** One message more than fits, so that it is known whether there is one. */
  private static final String READ =
      """
      select %1$s from (
        select p.*, sum(p.characters) over (order by p.seq %3$s) - p.characters as before from (
          select m.* from selfupgrade.conversations v
            join selfupgrade.conversation_messages m on m.conversation = v.id
           where v.agent = ? and v.name = ? and m.seq %2$s ?
           order by m.seq %3$s limit ?) p) m
       where m.before <= ?
       order by m.seq %3$s
      """;

  /** From the end: each span gives no more than are wanted at all. */
  private static final String CONTEXT =
      """
      select v.revision, v.last_seq, m.seq is null as nothing, %1$s
        from selfupgrade.conversations v
        left join lateral (
          select o.*, sum(o.characters) over (order by o.place desc, o.seq desc) - o.characters as before from (
            select s.place, p.* from generate_series(1, cardinality(v.context) / 2) as s (place)
             cross join lateral (
               select m.* from selfupgrade.conversation_messages m
                where m.conversation = v.id and m.seq between v.context[2 * s.place - 1] and v.context[2 * s.place]
                order by m.seq desc limit ?) p
             order by s.place desc, p.seq desc limit ?) o) m on m.before <= ?
       where v.agent = ? and v.name = ?
       order by m.place desc, m.seq desc
      """
          .formatted(MessageRows.COLUMNS);

  private static final String CONVERSATION =
      "select v.name, v.last_seq, v.created_at, v.last_at from selfupgrade.conversations v"
          + " where v.agent = ? and v.name ";

  private final Database database;

  PostgresConversationStore(Database database) {
    this.database = database;
  }

  @Override
  public List<Posted> append(Author author, String conversation, List<Message> messages) {
    long count = messages.size();
    return database
        .call(
            PORT,
            "writing to a conversation",
            statements ->
                statements.first(
                    ADD.formatted(BEGIN_OR_GO_ON),
                    row -> added(row, author, messages),
                    arguments(author, messages, author.agent(), conversation, count)))
        .orElseThrow();
  }

  @Override
  public Optional<List<Posted>> show(
      Author author, String conversation, Optional<UUID> expected, Showing showing) {
    List<Message> messages = showing.added();
    List<Object> arguments =
        new ArrayList<>(
            List.of(
                MessageRows.spans(showing.spans()),
                author.agent(),
                conversation,
                (long) messages.size()));
    expected.ifPresent(arguments::add);
    return database.call(
        PORT,
        "setting the context of a conversation",
        statements ->
            statements.first(
                ADD.formatted(expected.isPresent() ? GO_ON : BEGIN),
                row -> added(row, author, messages),
                arguments(author, messages, arguments.toArray())));
  }

  /** Returns the arguments of {@link #ADD}, after those that lock the conversation. */
  private static Arguments arguments(Author author, List<Message> messages, Object... lock) {
    List<Object> all = new ArrayList<>(Arrays.asList(lock));
    all.add((long) messages.size());
    all.add(author.instance());
    all.add(author.epoch());
    all.addAll(MessageRows.columns(messages));
    return Arguments.of(all.toArray());
  }

  private static List<Posted> added(Row row, Author author, List<Message> messages)
      throws SQLException {
    long first = row.number("last_seq") - messages.size() + 1;
    Instant at = row.instant("last_at");
    List<Posted> added = new ArrayList<>(messages.size());
    for (Message message : messages) {
      added.add(new Posted(first + added.size(), message, at, author.instance(), author.epoch()));
    }
    return added;
  }

  @Override
  public MessagePage read(AgentName agent, String conversation, Cursor cursor, int most) {
    String sql =
        READ.formatted(
            MessageRows.COLUMNS, cursor.back() ? "<" : ">", cursor.back() ? "desc" : "asc");
    List<Posted> read =
        database.call(
            PORT,
            "reading a conversation",
            statements ->
                statements.list(
                    sql,
                    MessageRows::posted,
                    Arguments.of(
                        agent, conversation, cursor.sequence(), most + 1, MOST_CHARACTERS)));
    List<Posted> within = ConversationStore.fitting(read, most);
    boolean more = within.size() < read.size();
    if (cursor.back()) {
      Collections.reverse(within);
    }
    return new MessagePage(within, more);
  }

  @Override
  public Optional<Shown> context(AgentName agent, String conversation, int most) {
    List<Piece> read =
        database.call(
            PORT,
            "reading the context of a conversation",
            statements ->
                statements.list(
                    CONTEXT,
                    PostgresConversationStore::piece,
                    Arguments.of(most + 1, most + 1, MOST_CHARACTERS, agent, conversation)));
    return read.stream()
        .findFirst()
        .map(
            head -> {
              List<Posted> all = read.stream().flatMap(piece -> piece.posted().stream()).toList();
              List<Posted> within = ConversationStore.fitting(all, most);
              boolean whole = within.size() == all.size();
              Collections.reverse(within);
              return new Shown(head.revision(), head.last(), within, whole);
            });
  }

  private record Piece(UUID revision, long last, Optional<Posted> posted) {}

  private static Piece piece(Row row) throws SQLException {
    return new Piece(
        row.uuid("revision"),
        row.number("last_seq"),
        row.flag("nothing") ? Optional.empty() : Optional.of(MessageRows.posted(row)));
  }

  @Override
  public Optional<Conversation> find(AgentName agent, String conversation) {
    return database.call(
        PORT,
        "finding a conversation",
        statements ->
            statements.first(
                CONVERSATION + "= ?",
                PostgresConversationStore::conversation,
                Arguments.of(agent, conversation)));
  }

  @Override
  public List<Conversation> list(AgentName agent, String after, int most) {
    return database.call(
        PORT,
        "listing the conversations of " + agent,
        statements ->
            statements.list(
                CONVERSATION + "> ? order by v.name limit ?",
                PostgresConversationStore::conversation,
                Arguments.of(agent, after, most)));
  }

  private static Conversation conversation(Row row) throws SQLException {
    return new Conversation(
        row.text("name"),
        row.number("last_seq"),
        row.instant("created_at"),
        row.instant("last_at"));
  }

  @Override
  public boolean delete(AgentName agent, String conversation) {
    return database.transaction(
        PORT,
        "deleting a conversation",
        statements -> {
          Optional<UUID> id =
              statements.first(
                  "delete from selfupgrade.conversations where agent = ? and name = ? returning id",
                  row -> row.uuid("id"),
                  Arguments.of(agent, conversation));
          if (id.isPresent()) {
            // A statement of its own, which sees what others wrote while this one waited for them.
            statements.update(
                "delete from selfupgrade.conversation_messages where conversation = ?",
                Arguments.of(id.get()));
          }
          return id.isPresent();
        });
  }
}
