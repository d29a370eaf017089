package io.selfupgrade.examples.benchmarks.schedule;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.agent.Json;
import io.selfupgrade.examples.benchmarks.IncorrectException;
import io.selfupgrade.examples.benchmarks.Server;
import io.selfupgrade.failover.Role;
import io.selfupgrade.schedule.OneShot;
import io.selfupgrade.schedule.Scope;
import io.selfupgrade.schedule.TaskHandler;
import io.selfupgrade.schedule.TaskPolicy;
import io.selfupgrade.supabase.PostgresStore;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** SelfUpgrade, by the calls that its users have and with its defaults. */
final class Ours {

  private static final String HANDLER = "work";

  /**
   * Time for processes to start, beside that for the submission; doubled where it was too short.
   */
  private static final Duration TO_START = Duration.ofSeconds(2);

  private static final int MOST_TRIES = 6;
  private static final double FIRST_GUESS_OF_SUBMIT = 25_000;
  private static final AtomicInteger AGENTS = new AtomicInteger();

  private final Server server;
  private final int tasks;
  private double slowestSubmit = FIRST_GUESS_OF_SUBMIT;
  private Duration toStart = TO_START;

  Ours(Server server, int tasks) {
    this.server = server;
    this.tasks = tasks;
  }

  /** Returns a name that no agent had before: nobody waits for the lead of an earlier one. */
  static String newAgent() {
    return "bench-" + AGENTS.incrementAndGet();
  }

  /** Makes a process of an agent that runs one-shots; it is to be started and closed. */
  static SelfUpgrade node(Server server, String agent, TaskHandler handler) {
    return SelfUpgrade.builder(agent)
        .store(PostgresStore.at(server.url()))
        .handler(HANDLER, TaskPolicy.DEFAULT.scope(Scope.ALL), handler)
        .build();
  }

  /** Makes another client of the agent, that submits and does nothing else. */
  static SelfUpgrade client(Server server, String agent) {
    return SelfUpgrade.builder(agent).store(PostgresStore.at(server.url())).build();
  }

  /** Describes a piece of work. */
  static OneShot work(int task) {
    return OneShot.of(HANDLER, Json.of(ScheduleBenchmark.payload(task)));
  }

  /** Waits until a process has its role. */
  static void awaitRole(SelfUpgrade node, Role role) {
    Tally.await("a process is " + role, () -> node.role() == role);
  }

  /** Submits work that is due all at once a little later, starts processes, and lets it be done. */
  Map<String, Double> run(int nodes) throws SQLException {
    for (int tries = 1; ; tries++) {
      Optional<Map<String, Double>> figures = run(nodes, toStart);
      if (figures.isPresent()) {
        return figures.get();
      }
      if (tries == MOST_TRIES) {
        throw new IncorrectException(
            "the machine is too busy: " + nodes + " processes do not start within " + toStart);
      }
      toStart = toStart.multipliedBy(2);
    }
  }

  /** Returns nothing if the work was due before the processes ran. */
  private Optional<Map<String, Double>> run(int nodes, Duration start) throws SQLException {
    String agent = newAgent();
    String who = "SelfUpgrade with " + nodes + " nodes";
    Tally tally = new Tally(tasks);
    Map<String, Double> figures = new LinkedHashMap<>();
    List<SelfUpgrade> running = new ArrayList<>();
    try {
      long toSubmit = (long) (1_000 * tasks / slowestSubmit);
      Submitted submitted = submit(agent, Duration.ofMillis(toSubmit).plus(start));
      server.analyze("selfupgrade.one_shots");
      for (int node = 0; node < nodes; node++) {
        SelfUpgrade one =
            node(server, agent, run -> tally.note(ScheduleBenchmark.task(run.payload().text())));
        running.add(one);
        one.start();
        awaitRole(one, node == 0 ? Role.PRIMARY : Role.STANDBY);
      }
      if (tally.runs() > 0 || !Instant.now().isBefore(submitted.due())) {
        return Optional.empty();
      }
      tally.awaitAll(who);
      Tally.await(who + " records its ends", () -> recorded(running) >= tasks);
      figures.put(ScheduleBenchmark.THROUGHPUT, tally.untilNow());
      figures.put(ScheduleBenchmark.SUBMIT, submitted.rate());
    } finally {
      // Who leads is the last, so that nobody takes the lead over to lay it down.
      Collections.reverse(running);
      running.forEach(SelfUpgrade::close);
    }
    tally.requireEachOnce(who);
    requireRecorded(who, agent, tasks);
    return Optional.of(figures);
  }

  private record Submitted(Instant due, double rate) {}

  private Submitted submit(String agent, Duration later) throws SQLException {
    try (SelfUpgrade client = client(server, agent)) {
      client.tasks().list(); // Connects.
      server.execute(
          "truncate selfupgrade.one_shots, selfupgrade.one_shot_ends, selfupgrade.one_shot_keys");
      server.settle();
      Instant due = Instant.now().plus(later);
      long from = System.nanoTime();
      List<OneShot> work = new ArrayList<>(tasks);
      for (int task = 0; task < tasks; task++) {
        work.add(work(task).at(due));
      }
      client.tasks().submit(work);
      double rate = tasks / ((System.nanoTime() - from) / 1e9);
      slowestSubmit = Math.min(slowestSubmit, rate);
      return new Submitted(due, rate);
    }
  }

  /** Counts the ends that the store has confirmed. */
  private static long recorded(List<SelfUpgrade> nodes) {
    return nodes.stream().mapToLong(node -> node.getMetrics().ticks().succeeded()).sum();
  }

  private void requireRecorded(String who, String agent, int expected) throws SQLException {
    int left = (int) server.number("select count(*) from selfupgrade.one_shots");
    IncorrectException.require(who + ", rows that are left", left, 0);
    String ends =
        "select count(*) from selfupgrade.one_shot_ends where agent = '"
            + agent
            + "' and state = 'SUCCEEDED' and attempt = 1";
    IncorrectException.require(
        who + ", ends that are recorded", (int) server.number(ends), expected);
  }
}
