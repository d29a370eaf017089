package io.selfupgrade.examples.benchmarks.schedule;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.selfupgrade.examples.benchmarks.IncorrectException;
import io.selfupgrade.examples.benchmarks.Server;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * db-scheduler, tuned for throughput: it locks what it fetches, ahead of its threads, and looks ten
 * times a second.
 */
final class DbSchedulerPeer {

  private static final String WHO = "db-scheduler";
  private static final int THREADS = 20;
  private static final int CONNECTIONS = 24;
  private static final double FETCH_BELOW = 4.0;
  private static final double FETCH_UP_TO = 20.0;
  private static final Duration POLL = Duration.ofMillis(100);

  private final Server server;
  private final int tasks;

  DbSchedulerPeer(Server server, int tasks) throws SQLException {
    this.server = server;
    this.tasks = tasks;
    // The columns and indexes that its documentation asks for, without those of priorities.
    server.execute(
        """
        create schema if not exists peer;
        create table peer.scheduled_tasks (
          task_name text not null, task_instance text not null, task_data bytea,
          execution_time timestamptz, picked boolean not null, picked_by text,
          last_success timestamptz, last_failure timestamptz, consecutive_failures int,
          last_heartbeat timestamptz, version bigint not null, priority smallint, state text,
          primary key (task_name, task_instance));
        create index on peer.scheduled_tasks (execution_time);
        create index on peer.scheduled_tasks (last_heartbeat)
        """);
  }

  /** Schedules tasks that are due, and starts a scheduler that works them off. */
  Map<String, Double> run() throws SQLException {
    server.execute("truncate peer.scheduled_tasks");
    server.settle();
    Tally tally = new Tally(tasks);
    OneTimeTask<Void> task =
        Tasks.oneTime("work")
            .execute((instance, context) -> tally.note(Integer.parseInt(instance.getId())));
    Map<String, Double> figures = new LinkedHashMap<>();
    try (HikariDataSource pool = pool()) {
      Scheduler scheduler =
          Scheduler.create(pool, task)
              .tableName("peer.scheduled_tasks")
              .threads(THREADS)
              .pollUsingLockAndFetch(FETCH_BELOW, FETCH_UP_TO)
              .pollingInterval(POLL)
              .build();
      double submitted = submit(scheduler, task);
      server.analyze("peer.scheduled_tasks");
      scheduler.start();
      try {
        tally.awaitAll(WHO);
        figures.put(ScheduleBenchmark.THROUGHPUT, tally.untilNow());
        figures.put(ScheduleBenchmark.SUBMIT, submitted);
        Tally.await(WHO + " deletes its last rows", () -> left() == 0);
      } finally {
        scheduler.stop();
      }
    }
    tally.requireEachOnce(WHO);
    return figures;
  }

  private double submit(Scheduler scheduler, OneTimeTask<Void> task) {
    Instant due = Instant.now();
    long from = System.nanoTime();
    List<TaskInstance<?>> work = new ArrayList<>(tasks);
    for (int number = 0; number < tasks; number++) {
      work.add(task.instance(Integer.toString(number)));
    }
    scheduler.scheduleBatch(work, due);
    return tasks / ((System.nanoTime() - from) / 1e9);
  }

  private int left() {
    try {
      return (int) server.number("select count(*) from peer.scheduled_tasks");
    } catch (SQLException e) {
      throw new IncorrectException("the table of " + WHO + " cannot be read: " + e);
    }
  }

  private HikariDataSource pool() {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(server.url() + "&reWriteBatchedInserts=true");
    config.setMaximumPoolSize(CONNECTIONS);
    config.setMinimumIdle(CONNECTIONS);
    return new HikariDataSource(config);
  }
}
