package io.selfupgrade.examples.benchmarks.schedule;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.examples.benchmarks.IncorrectException;
import io.selfupgrade.examples.benchmarks.Server;
import io.selfupgrade.failover.Role;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** How late SelfUpgrade is, and what it asks of Postgres while there is nothing to do. */
final class OurLateness {

  private static final int SETTLE_SECONDS = 3;

  private final Server server;

  OurLateness(Server server) {
    this.server = server;
  }

  /** Plays a plan: a process runs what another client submits, which shares nothing with it. */
  Map<String, Double> run(LatenessPlan plan) throws Exception {
    String agent = Ours.newAgent();
    try (SelfUpgrade node =
            Ours.node(
                server,
                agent,
                run -> plan.note(ScheduleBenchmark.task(run.payload().text()), run.due()));
        SelfUpgrade other = Ours.client(server, agent)) {
      node.start();
      Ours.awaitRole(node, Role.PRIMARY);
      return plan.play("SelfUpgrade", (task, due) -> other.tasks().submit(Ours.work(task).at(due)));
    }
  }

  /**
   * Returns the statements a second of a process that leads and has nothing to do: first those of
   * its scheduler, which name a table of tasks, their runs or one-shots, then all of the agent.
   */
  double[] idle(int seconds) throws Exception {
    String agent = Ours.newAgent();
    try (SelfUpgrade node = Ours.node(server, agent, run -> {})) {
      node.start();
      Ours.awaitRole(node, Role.PRIMARY);
      TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
      count("top");
      server.execute("select pg_stat_statements_reset()");
      TimeUnit.SECONDS.sleep(seconds);
      double scheduler =
          calls(" and query ~ '(one_shots|scheduled_tasks|task_runs|task_state)'") / seconds;
      double all = calls("") / seconds;
      count("none");
      if (all == 0) {
        throw new IncorrectException("not one statement of the agent was counted");
      }
      return new double[] {scheduler, all};
    }
  }

  private void count(String what) throws SQLException {
    server.execute("alter system set pg_stat_statements.track = '" + what + "'");
    server.execute("select pg_reload_conf()");
  }

  private double calls(String filter) throws SQLException {
    return server.number(
        "select coalesce(sum(calls), 0) from pg_stat_statements where query like '%selfupgrade.%'"
            + " and query not like '%pg_stat_statements%'"
            + filter);
  }
}
