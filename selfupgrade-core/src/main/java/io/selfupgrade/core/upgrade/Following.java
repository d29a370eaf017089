package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.agent.Fence;
import io.selfupgrade.upgrade.DeployState;
import io.selfupgrade.upgrade.Deployment;
import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.StepRecord;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.UpgradeStep;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Follows a deployment to its end, beside everything else, and tells the journal what changes.
 *
 * <p>Each question runs on a thread of its own: a platform that hangs keeps nobody waiting. What it
 * needs is in the journal, so whoever leads next goes on. For one caller at a time.
 */
final class Following implements AutoCloseable {

  private static final Duration SHORTEST = Duration.ofSeconds(5);
  private static final Duration LONGEST = Duration.ofSeconds(30);
  private static final Duration LONGEST_UNKNOWN = Duration.ofSeconds(60);
  private static final int PARTS = 30;
  private static final int MOST_RECORDED = 50;
  private static final int LONGEST_LOG = 5000;

  private final Situation situation;
  private final Install.Deploying platform;
  private Optional<Followed> followed = Optional.empty();

  Following(Situation situation, Install.Deploying platform) {
    this.situation = situation;
    this.platform = platform;
  }

  /**
   * Looks, without waiting, how a deployment stands; asks the platform if it is time for that.
   *
   * @param step where it is recorded
   * @return what the platform said last; empty if it has not said anything yet
   */
  Optional<DeployState> look(Fence fence, UUID upgrade, UpgradeStep step, Deployment deployment) {
    Followed one =
        followed
            .filter(before -> before.deployment.equals(deployment))
            .orElseGet(() -> begin(upgrade, deployment, SHORTEST));
    one.takeAnswer();
    one.askIfDue();
    tell(fence, upgrade, step, one);
    return one.seen;
  }

  /** Tells whether there is nothing left to follow, also because somebody followed it before. */
  boolean isOver(UUID upgrade, Deployment deployment) {
    Followed one =
        followed
            .filter(before -> before.deployment.equals(deployment))
            .orElseGet(() -> begin(upgrade, deployment, Duration.ZERO));
    return one.endTold;
  }

  /** Tells whether a question is under way, or its answer not yet taken. */
  boolean isAsking() {
    return followed.filter(one -> one.asking != null).isPresent();
  }

  /** Returns what was said so far, for people; empty if nothing was. */
  Optional<String> said() {
    return followed.flatMap(one -> one.seen).map(DeployState::summary);
  }

  /** Gives up the question that is under way; it is asked again in its time. */
  void stopAsking() {
    followed.ifPresent(Followed::giveUp);
  }

  /** Gives up what is followed. */
  @Override
  public void close() {
    stopAsking();
    followed = Optional.empty();
  }

  private Followed begin(UUID upgrade, Deployment deployment, Duration wait) {
    close();
    Followed one = new Followed(deployment, wait);
    for (StepRecord step : situation.journal().steps(upgrade)) {
      if (step.detail().startsWith(one.prefix())) {
        one.told = step.detail();
        one.endTold = step.event() == Event.PASSED || step.event() == Event.FAILED;
      }
    }
    followed = Optional.of(one);
    return one;
  }

  private void tell(Fence fence, UUID upgrade, UpgradeStep step, Followed one) {
    // One answer that says nothing may be a moment's: a second one is worth a line.
    if (one.seen.isEmpty() || one.unknowns == 1 || one.told.equals(one.detail())) {
      return;
    }
    String detail = one.detail();
    if (one.isOver() || one.recorded < MOST_RECORDED) {
      situation.log().record(fence, upgrade, step, eventOf(one.seen.get()), detail);
      one.recorded++;
    } else {
      situation.log().tell(upgrade, step, Event.PROGRESS, detail);
    }
    one.told = detail;
    one.endTold = one.isOver();
  }

  private static Event eventOf(DeployState state) {
    if (state instanceof DeployState.Succeeded) {
      return Event.PASSED;
    }
    return state instanceof DeployState.Failed ? Event.FAILED : Event.PROGRESS;
  }

  /** Returns what a person reads of a failure: the job, and the end of its log. */
  static String told(DeployState.Failed failed, int longestLog) {
    String log = endOf(failed.logTail(), longestLog);
    return failed.summary() + (log.isEmpty() ? "" : "; the end of its log:\n" + log);
  }

  private static String endOf(String log, int longest) {
    if (log.length() <= longest) {
      return log;
    }
    String end = log.substring(log.length() - longest);
    int line = end.indexOf('\n');
    return line < 0 ? end : end.substring(line + 1);
  }

  /** A deployment, and what is known of it. */
  private final class Followed {

    private final Deployment deployment;
    private final Duration longestPause;
    private Optional<DeployState> seen = Optional.empty();
    private String told = "";
    private boolean endTold;
    private int recorded;
    private int unknowns;
    private Duration pause;
    private long nextNanos;
    private @Nullable Thread asking;
    private volatile Optional<DeployState> answer = Optional.empty();

    Followed(Deployment deployment, Duration wait) {
      this.deployment = deployment;
      this.longestPause = platform.within().dividedBy(PARTS);
      this.pause = shorter(SHORTEST, longestPause);
      this.nextNanos = System.nanoTime() + shorter(wait, longestPause).toNanos();
    }

    private String prefix() {
      return platform.target().name() + " on " + deployment.version() + ": ";
    }

    private String detail() {
      DeployState state = seen.orElseThrow();
      return prefix()
          + (state instanceof DeployState.Failed failed
              ? told(failed, LONGEST_LOG)
              : state.summary());
    }

    private boolean isOver() {
      return seen.filter(DeployState::over).isPresent();
    }

    private void askIfDue() {
      if (asking != null || isOver() || System.nanoTime() - nextNanos < 0) {
        return;
      }
      Thread thread =
          new Thread(
              () -> answer = Optional.of(ask()), "selfupgrade-" + situation.agent() + "-follow");
      thread.setDaemon(true);
      asking = thread;
      thread.start();
    }

    private DeployState ask() {
      try {
        return platform.target().state(deployment);
      } catch (AdapterException e) {
        return new DeployState.Unknown(Ender.text(e));
      }
    }

    private void takeAnswer() {
      if (asking == null || asking.isAlive()) {
        return;
      }
      DeployState state =
          answer.orElseGet(() -> new DeployState.Unknown("the question ended without an answer"));
      asking = null;
      answer = Optional.empty();
      boolean unknown = state instanceof DeployState.Unknown;
      boolean changed = !unknown && !seen.equals(Optional.of(state));
      unknowns = unknown ? unknowns + 1 : 0;
      seen = Optional.of(state);
      Duration next = unknown ? pause.multipliedBy(2) : pause.multipliedBy(3).dividedBy(2);
      pause = changed ? SHORTEST : shorter(next, unknown ? LONGEST_UNKNOWN : LONGEST);
      pause = shorter(pause, longestPause);
      nextNanos = System.nanoTime() + pause.toNanos();
    }

    private void giveUp() {
      if (asking != null) {
        asking.interrupt();
      }
    }

    private static Duration shorter(Duration one, Duration other) {
      return one.compareTo(other) < 0 ? one : other;
    }
  }
}
