package io.selfupgrade.examples.benchmarks.schedule;

import io.selfupgrade.examples.benchmarks.IncorrectException;
import io.selfupgrade.examples.benchmarks.Server;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What Postgres can do: a table as narrow as can be, batched inserts, and threads that claim a
 * hundred rows with a lease and delete them by their keys.
 */
final class RawQueue {

  private static final String WHO = "limit";
  private static final int THREADS = 4;
  private static final int BATCH = 100;
  private static final int INSERTS_A_COMMIT = 1_000;

  private static final String CLAIM =
      """
      update raw.queue q set lease_until = now() + interval '30 s'
       where q.id = any (array(
         select w.id from raw.queue w
          where w.due <= now() and w.lease_until is null
          order by w.due limit 100 for update skip locked))
      returning q.id, q.payload
      """;

  private static final String FINISH = "delete from raw.queue where id = any (?)";

  private final Server server;
  private final int tasks;

  RawQueue(Server server, int tasks) throws SQLException {
    this.server = server;
    this.tasks = tasks;
    server.execute(
        """
        create schema if not exists raw;
        create table raw.queue (
          id bigint primary key, due timestamptz not null, lease_until timestamptz, payload text);
        create index on raw.queue (due) where lease_until is null
        """);
  }

  /** Fills the table and works it off. */
  Map<String, Double> run() throws Exception {
    server.execute("truncate raw.queue");
    server.settle();
    Map<String, Double> figures = new LinkedHashMap<>();
    double submitted = submit();
    server.analyze("raw.queue");
    Tally tally = new Tally(tasks);
    figures.put(ScheduleBenchmark.THROUGHPUT, workOff(tally));
    figures.put(ScheduleBenchmark.SUBMIT, submitted);
    tally.requireEachOnce(WHO);
    int left = (int) server.number("select count(*) from raw.queue");
    IncorrectException.require(WHO + ", rows that are left", left, 0);
    return figures;
  }

  /** Inserts in batches, each of them one statement and one commit. */
  private double submit() throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(server.url() + "&reWriteBatchedInserts=true");
        PreparedStatement insert =
            connection.prepareStatement(
                "insert into raw.queue (id, due, payload) values (?, now(), ?)")) {
      connection.setAutoCommit(false);
      long from = System.nanoTime();
      for (int task = 0; task < tasks; task++) {
        insert.setLong(1, task);
        insert.setString(2, ScheduleBenchmark.payload(task));
        insert.addBatch();
        if ((task + 1) % INSERTS_A_COMMIT == 0 || task + 1 == tasks) {
          insert.executeBatch();
          connection.commit();
        }
      }
      return tasks / ((System.nanoTime() - from) / 1e9);
    }
  }

  private double workOff(Tally tally) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Callable<Integer>> loops = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        loops.add(() -> loop(tally));
      }
      int done = 0;
      for (Future<Integer> ended : threads.invokeAll(loops)) {
        done += ended.get();
      }
      double rate = tally.untilNow();
      IncorrectException.require(WHO + ", rows that were deleted", done, tasks);
      return rate;
    } finally {
      threads.shutdownNow();
    }
  }

  private int loop(Tally tally) throws SQLException {
    int done = 0;
    try (Connection connection = server.connect();
        PreparedStatement claim = connection.prepareStatement(CLAIM);
        PreparedStatement finish = connection.prepareStatement(FINISH)) {
      for (List<Long> ids = claim(claim, tally); !ids.isEmpty(); ids = claim(claim, tally)) {
        Array array = connection.createArrayOf("int8", ids.toArray());
        finish.setArray(1, array);
        done += finish.executeUpdate();
      }
    }
    return done;
  }

  private static List<Long> claim(PreparedStatement claim, Tally tally) throws SQLException {
    List<Long> ids = new ArrayList<>(BATCH);
    try (ResultSet rows = claim.executeQuery()) {
      while (rows.next()) {
        ids.add(rows.getLong(1));
        tally.note(ScheduleBenchmark.task(rows.getString(2)));
      }
    }
    return ids;
  }
}
