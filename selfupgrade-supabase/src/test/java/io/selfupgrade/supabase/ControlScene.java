package io.selfupgrade.supabase;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.control.JobStore;
import io.selfupgrade.observe.Retention;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** An agent with a primary in a database of the test's own, and the functions that others call. */
final class ControlScene {

  static final Duration LONG_AGO = Duration.ofMinutes(3);

  final PostgresStore store;
  final Fence fence;
  private final String url;

  ControlScene(TestDatabase database, PostgresStore opened) {
    url = database.jdbcUrl();
    store = opened;
    fence = Agents.lead(store);
    store.jobs().declare(fence, new JobStore.Watch(List.of("slack"), Retention.DEFAULT));
  }

  /** Runs a query in which {@code :agent} is the agent's name, quoted; returns its first value. */
  String sql(String text) throws SQLException {
    return Agents.query(url, text.replace(":agent", "'" + fence.agent() + "'"));
  }

  /** Runs a statement that has no result. */
  void change(String text) throws SQLException {
    sql("with x as (" + text + " returning 1) select count(*) from x");
  }

  void goSilent() throws SQLException {
    Agents.goSilent(url, fence, LONG_AGO);
  }

  void comeBack() throws SQLException {
    Agents.goSilent(url, fence, Duration.ZERO);
  }

  String judge() throws SQLException {
    return sql("select selfupgrade.run_agent_health_check()");
  }

  long count(String table) throws SQLException {
    return Long.parseLong(
        sql("select count(*) from selfupgrade." + table + " where agent = :agent"));
  }
}
