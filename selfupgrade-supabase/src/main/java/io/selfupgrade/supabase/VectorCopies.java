package io.selfupgrade.supabase;

import io.selfupgrade.agent.AgentName;
import io.selfupgrade.upgrade.RestorePlan.Counts;
import java.sql.SQLException;
import java.util.UUID;

/**
 * Vectors of memories in a snapshot: as numbers, whatever type they have, and together, whether they
 * were in the index or not.
 *
 * <p>A restore adds those that the memories of then have no more, as fresh ones, and takes away what
 * belongs to none. Those of another length than the store's are left out: they are made again.
 */
final class VectorCopies {

  /** What snapshots call them. */
  static final String TABLE = "memory_vectors";

  /** Takes snapshot, agent, table, and the agent twice. */
  static final String COPY =
      """
      with c as (
        insert into selfupgrade.snapshot_rows (snapshot, agent, table_name, content)
        select ?, ?, ?, jsonb_build_object('memory', v.memory, 'agent', v.agent, 'model', v.model, 'at', v.at,
                                           'embedding', v.embedding::real[]::text)
          from (select * from selfupgrade.memory_vectors s where s.agent = ?
                union all select * from selfupgrade.memory_fresh_vectors f where f.agent = ?) v
          join selfupgrade.memories m on m.id = v.memory and m.created_at = v.at
        returning octet_length(content::text) as bytes)
      select count(*) as rows, coalesce(sum(bytes), 0)::bigint as bytes from c
      """;

  /** Those that are missing; takes the snapshot. */
  private static final String MISSING =
      """
      from (select (r.content ->> 'memory')::uuid as memory, r.agent, r.content ->> 'model' as model,
                   (r.content ->> 'at')::timestamptz as at, (r.content ->> 'embedding')::real[] as embedding
              from selfupgrade.snapshot_rows r where r.snapshot = ? and r.table_name = 'memory_vectors') c
      cross join selfupgrade.memory_set_up() s
      where cardinality(c.embedding) = s.dimension
        and not exists (select from selfupgrade.memory_vectors v where v.memory = c.memory and v.at = c.at)
        and not exists (select from selfupgrade.memory_fresh_vectors v where v.memory = c.memory and v.at = c.at)
      """;

  private static final String CLEAR =
      """
      delete from selfupgrade.%s v where v.agent = ?
         and not exists (select from selfupgrade.memories m where m.id = v.memory and m.created_at = v.at)
      """;

  private static final String ADD =
      """
      insert into selfupgrade.memory_fresh_vectors (memory, agent, model, at, embedding)
      select c.memory, c.agent, c.model, c.at, c.embedding
      """
          + MISSING;

  private VectorCopies() {}

  static Counts count(Statements statements, UUID snapshot) throws SQLException {
    long missing =
        statements
            .first(
                "select count(*) as missing " + MISSING,
                row -> row.number("missing"),
                Arguments.of(snapshot))
            .orElseThrow();
    return new Counts(missing, 0, 0);
  }

  /** Makes the vectors fit the memories, which are restored by now. */
  static void apply(Statements statements, AgentName agent, UUID snapshot) throws SQLException {
    statements.update(CLEAR.formatted("memory_vectors"), Arguments.of(agent));
    statements.update(CLEAR.formatted("memory_fresh_vectors"), Arguments.of(agent));
    statements.update(ADD, Arguments.of(snapshot));
  }
}
