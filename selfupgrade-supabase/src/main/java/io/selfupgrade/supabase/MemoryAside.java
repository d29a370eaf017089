package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.memory.Remembered;
import io.selfupgrade.memory.SetAside;
import java.util.List;

/** Memories of versions that were rolled back. */
final class MemoryAside {

  private static final String PORT = PostgresMemoryStore.PORT;

  private static final String SET_ASIDE =
      "with "
          + Sql.FENCE
          + """
            , writers as (
              select u.candidate as id from f join selfupgrade.upgrades u on u.agent = f.agent
               where u.phase = 'ROLLED_BACK' and u.candidate is not null
              union
              select i.id from f join selfupgrade.upgrades u on u.agent = f.agent
                join selfupgrade.instances i on i.agent = u.agent and i.trial = u.id
               where u.phase = 'ROLLED_BACK')
            update selfupgrade.memories m set set_aside = m.instance
              from f, writers w
             where m.agent = f.agent and m.instance = w.id
               and m.set_aside is distinct from m.instance and m.taken_back is distinct from m.instance
            """;

  private static final String LIST =
      """
      select m.instance, max(m.epoch) as epoch, count(*) as memories, min(m.created_at) as first,
             max(m.created_at) as last
        from selfupgrade.memories m where m.agent = ? and %s
       group by m.instance order by last desc, m.instance
      """
          .formatted(MemoryRows.ASIDE);

  private static final String READ =
      """
      select %s from selfupgrade.memories m where m.agent = ? and m.instance = ? and %s
       order by m.created_at desc, m.id limit ?
      """
          .formatted(MemoryRows.COLUMNS, MemoryRows.ASIDE);

  private static final String RESTORE =
      "update selfupgrade.memories m set set_aside = null, taken_back = m.instance"
          + " where m.agent = ? and m.instance = ? and"
          + MemoryRows.ASIDE;

  private static final String DROP =
      PostgresMemoryStore.deleting(
          "select m.id from selfupgrade.memories m where m.agent = ? and m.instance = ? and"
              + MemoryRows.ASIDE);

  private final Database database;

  MemoryAside(Database database) {
    this.database = database;
  }

  int setAside(Fence fence) {
    return database.call(
        PORT,
        "setting memories aside",
        statements -> statements.update(SET_ASIDE, Arguments.of(fence)));
  }

  List<SetAside> list(AgentName agent) {
    return database.call(
        PORT,
        "listing what is set aside",
        statements ->
            statements.list(
                LIST,
                row ->
                    new SetAside(
                        row.instance("instance"),
                        row.number("epoch"),
                        row.number("memories"),
                        row.instant("first"),
                        row.instant("last")),
                Arguments.of(agent)));
  }

  List<Remembered> read(AgentName agent, InstanceId writer, int limit) {
    return database.call(
        PORT,
        "reading what is set aside",
        statements ->
            statements.list(READ, MemoryRows::remembered, Arguments.of(agent, writer, limit)));
  }

  int restore(AgentName agent, InstanceId writer) {
    return database.call(
        PORT,
        "taking memories back",
        statements -> statements.update(RESTORE, Arguments.of(agent, writer)));
  }

  int drop(AgentName agent, InstanceId writer) {
    return database
        .call(
            PORT,
            "removing what is set aside",
            statements ->
                statements.first(
                    DROP, row -> (int) row.number("gone"), Arguments.of(agent, writer)))
        .orElse(0);
  }
}
