package io.selfupgrade.examples.benchmarks.schedule;

import io.selfupgrade.SelfUpgrade;
import io.selfupgrade.examples.benchmarks.Benchmark;
import io.selfupgrade.examples.benchmarks.Choices;
import io.selfupgrade.examples.benchmarks.Contest;
import io.selfupgrade.examples.benchmarks.Option;
import io.selfupgrade.examples.benchmarks.Progress;
import io.selfupgrade.examples.benchmarks.Report;
import io.selfupgrade.examples.benchmarks.Report.Target;
import io.selfupgrade.examples.benchmarks.Server;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One-shot tasks: how many a second, how late, how quickly submitted, and at what idle load. */
public final class ScheduleBenchmark implements Benchmark {

  static final String THROUGHPUT = "tasks/s";
  static final String SUBMIT = "submitted/s";
  static final String MIN = "min ms";
  static final String P50 = "p50 ms";
  static final String P99 = "p99 ms";
  static final String MAX = "max ms";

  private static final String LIMIT = "limit";
  private static final String PEER = "db-scheduler";
  private static final String OURS = "SelfUpgrade";
  private static final String OURS_TWICE = "SelfUpgrade, 2 nodes";

  private static final Option TASKS =
      new Option("--tasks", 200_000, 100, 5_000_000, "tasks of the limit and of SelfUpgrade");
  private static final Option PEER_TASKS =
      new Option("--peer-tasks", 20_000, 100, 5_000_000, "tasks of db-scheduler");
  private static final Option LATE_TASKS =
      new Option("--late-tasks", 200, 10, 100_000, "tasks whose lateness is measured");
  private static final Option LATE_SECONDS =
      new Option("--late-seconds", 30, 1, 3_600, "seconds over which they are submitted");
  private static final Option IDLE_SECONDS =
      new Option("--idle-seconds", 120, 1, 3_600, "seconds for which an idle process is watched");
  private static final Option PARTS =
      new Option("--parts", 7, 1, 7, "sum of 1: throughput and submit, 2: lateness, 4: idle load");

  private static final int PART_THROUGHPUT = 1;
  private static final int PART_LATENESS = 2;
  private static final int PART_IDLE = 4;

  private static final List<Target> TARGETS =
      List.of(
          Target.atLeast("throughput_vs_db_scheduler", 5),
          Target.atLeast("throughput_vs_limit", 0.5),
          Target.atLeast("two_nodes_vs_one", 0.95),
          Target.atLeast("submit_vs_limit", 0.5),
          Target.atMost("lateness_p99_vs_limit", 2),
          Target.atLeast("lateness_min_ms", 0),
          Target.atMost("idle_statements_per_s", 0.2));

  /** Makes it. */
  public ScheduleBenchmark() {}

  @Override
  public String name() {
    return "schedule";
  }

  @Override
  public String summary() {
    return "one-shot tasks, beside db-scheduler and what Postgres can do";
  }

  @Override
  public List<Option> options() {
    return List.of(TASKS, PEER_TASKS, LATE_TASKS, LATE_SECONDS, IDLE_SECONDS, PARTS);
  }

  /** Returns what a task carries: its number. */
  static String payload(int task) {
    return "{\"n\": " + task + "}";
  }

  /** Returns the number that a payload carries. */
  static int task(String payload) {
    return Integer.parseInt(payload, payload.indexOf(':') + 2, payload.length() - 1, 10);
  }

  @Override
  public Report run(Choices choices, Server server, Progress progress) throws Exception {
    try (SelfUpgrade first = Ours.client(server, Ours.newAgent())) {
      first.tasks().list(); // Makes the schema.
    }
    int parts = choices.number(PARTS);
    List<Contest.Outcome> outcomes = new ArrayList<>();
    Map<String, Double> figures = new LinkedHashMap<>();
    if ((parts & PART_THROUGHPUT) != 0) {
      outcomes.add(throughput(choices, server, progress, figures));
    }
    if ((parts & PART_LATENESS) != 0) {
      outcomes.add(lateness(choices, server, progress, figures));
    }
    if ((parts & PART_IDLE) != 0) {
      progress.say("watching an idle process for " + choices.number(IDLE_SECONDS) + " s");
      double[] idle = new OurLateness(server).idle(choices.number(IDLE_SECONDS));
      figures.put("idle_statements_per_s", idle[0]);
      figures.put("idle_statements_per_s_of_whole_agent", idle[1]);
    }
    return new Report(outcomes, figures, TARGETS, NOTES);
  }

  private static final List<String> NOTES =
      List.of(
          "tasks/s: from the first run of a task until the last end is recorded (db-scheduler: until"
              + " the last run). Each run was checked: every task once, nothing left.",
          "idle_statements_per_s: calls that pg_stat_statements counted of statements that name a"
              + " table of tasks, runs or one-shots; beside them the lease's and others of the agent.");

  private static Contest.Outcome throughput(
      Choices choices, Server server, Progress progress, Map<String, Double> figures)
      throws Exception {
    int tasks = choices.number(TASKS);
    RawQueue limit = new RawQueue(server, tasks);
    DbSchedulerPeer peer = new DbSchedulerPeer(server, choices.number(PEER_TASKS));
    Ours ours = new Ours(server, tasks);
    Contest.Outcome outcome =
        new Contest("throughput")
            .with(LIMIT, limit::run)
            .with(OURS, () -> ours.run(1))
            .with(PEER, peer::run)
            .with(OURS_TWICE, () -> ours.run(2))
            .play(choices.rounds(), progress);
    figures.put("throughput_vs_db_scheduler", outcome.ratio(THROUGHPUT, OURS, PEER));
    figures.put("throughput_vs_limit", outcome.ratio(THROUGHPUT, OURS, LIMIT));
    figures.put("two_nodes_vs_one", outcome.ratio(THROUGHPUT, OURS_TWICE, OURS));
    figures.put("submit_vs_db_scheduler", outcome.ratio(SUBMIT, OURS, PEER));
    figures.put("submit_vs_limit", outcome.ratio(SUBMIT, OURS, LIMIT));
    return outcome;
  }

  private static Contest.Outcome lateness(
      Choices choices, Server server, Progress progress, Map<String, Double> figures)
      throws Exception {
    int tasks = choices.number(LATE_TASKS);
    Duration over = Duration.ofSeconds(choices.number(LATE_SECONDS));
    RawTimer limit = new RawTimer(server);
    OurLateness ours = new OurLateness(server);
    Contest.Outcome outcome =
        new Contest("lateness")
            .with(LIMIT, () -> limit.run(new LatenessPlan(tasks, over)))
            .with(OURS, () -> ours.run(new LatenessPlan(tasks, over)))
            .play(choices.rounds(), progress);
    figures.put("lateness_p99_vs_limit", outcome.ratio(P99, OURS, LIMIT));
    figures.put("lateness_min_ms", outcome.of(OURS, MIN).min());
    return outcome;
  }
}
