package io.selfupgrade.control;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.observe.Retention;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The jobs that keep watch over all agents of a store, and who runs them: a scheduler of the
 * database, which does so when no agent is up, or the primaries.
 *
 * <p><b>Obligations</b>, checked by the contract in testkit:
 *
 * <ol>
 *   <li>{@link #all} tells of each job of {@link #NAMES} who runs it and how long ago it last ran.
 *   <li>{@link #runDue} runs the jobs that the primaries run and that are due, each once in its
 *       time however many call at once; it runs none that the database runs.
 *   <li>{@link #declare} replaces what the agent declared before, and changes nothing when its
 *       fence does not hold.
 * </ol>
 */
public interface JobStore {

  /** The names of the jobs, sorted. */
  List<String> NAMES = List.of("agent-health-check", "auto-upgrade-check", "log-cleanup");

  /**
   * Says how an agent wants to be watched while it is off.
   *
   * @return false if the fence does not hold
   */
  boolean declare(Fence fence, Watch watch);

  /** Returns the jobs, by name. */
  List<Job> all();

  /** Runs what is due and the primaries run; returns what was run. */
  List<Ran> runDue();

  /** Who runs a job. */
  enum Runner {
    /** The primaries of the agents, whichever comes first. */
    AGENT,
    /** A scheduler of the database. */
    DATABASE,
    /** Nobody, because a person has paused it. */
    NOBODY
  }

  /**
   * How an agent wants to be watched.
   *
   * @param notifiers the names of those who tell people, at most {@link #MOST_NOTIFIERS}
   * @param retention how long its rows are kept
   */
  record Watch(List<String> notifiers, Retention retention) {
    /** How many may tell people of one agent. */
    public static final int MOST_NOTIFIERS = 20;

    /**
     * Validates and copies.
     *
     * @throws IllegalArgumentException if there are too many notifiers
     */
    public Watch {
      notifiers = List.copyOf(notifiers);
      Objects.requireNonNull(retention, "retention");
      if (notifiers.size() > MOST_NOTIFIERS) {
        throw new IllegalArgumentException(
            notifiers.size() + " notifiers: expected at most " + MOST_NOTIFIERS);
      }
    }
  }

  /**
   * A job as it stands.
   *
   * @param name one of {@link #NAMES}
   * @param runner who runs it
   * @param every how often
   * @param quiet how long it has not run; counted from when its runner took over, or the database
   *     was started, if that is later
   * @param runs how often it has run
   * @param note what it did the last time; empty if it never ran
   */
  record Job(
      String name,
      Runner runner,
      Duration every,
      Duration quiet,
      long runs,
      Optional<String> note) {
    private static final int MISSED = 3;

    /** Validates that all are there. */
    public Job {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(runner, "runner");
      Objects.requireNonNull(every, "every");
      Objects.requireNonNull(quiet, "quiet");
      Objects.requireNonNull(note, "note");
    }

    /** Tells whether the database is to run it and has missed three runs. */
    public boolean stopped() {
      return runner == Runner.DATABASE && quiet.compareTo(every.multipliedBy(MISSED)) > 0;
    }
  }

  /**
   * A run.
   *
   * @param name the job
   * @param note what it did
   */
  record Ran(String name, String note) {
    /** Validates that both are there. */
    public Ran {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(note, "note");
    }
  }
}
