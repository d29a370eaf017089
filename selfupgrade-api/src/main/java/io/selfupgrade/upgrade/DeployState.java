package io.selfupgrade.upgrade;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How a deployment stands on its platform; closed.
 *
 * <p>What a platform says may be strangers' text: sentences are cut after 1,000 characters, a log
 * is cut to its last 16,384.
 */
public sealed interface DeployState {

  /** Returns how it stands, in a sentence. */
  String summary();

  /** Tells whether it is over and does not go on by itself. */
  default boolean over() {
    return false;
  }

  /**
   * It waits for its turn.
   *
   * @param detail what waits, and where a person sees it
   */
  record Queued(String detail) implements DeployState {
    /** Validates that it is there, and cuts it. */
    public Queued {
      detail = shortened(detail);
    }

    @Override
    public String summary() {
      return detail + " waits for its turn";
    }
  }

  /**
   * A person has to let it go on, or a rule of the platform.
   *
   * @param detail what waits for whom, and where it is approved
   */
  record WaitingForApproval(String detail) implements DeployState {
    /** Validates that it is there, and cuts it. */
    public WaitingForApproval {
      detail = shortened(detail);
    }

    @Override
    public String summary() {
      return detail;
    }
  }

  /**
   * It is under way.
   *
   * @param detail what runs, and where a person sees it
   * @param jobs its parts, each in a few words; at most 100 are kept
   */
  record Running(String detail, List<String> jobs) implements DeployState {

    private static final int MOST = 100;

    /** Validates that all are there, and cuts them. */
    public Running {
      detail = shortened(detail);
      jobs = jobs.stream().limit(MOST).map(DeployState::shortened).toList();
    }

    @Override
    public String summary() {
      return detail + " runs" + (jobs.isEmpty() ? "" : ": " + String.join("; ", jobs));
    }
  }

  /**
   * The platform has done all that it was asked for.
   *
   * @param detail what succeeded, and where a person sees it
   */
  record Succeeded(String detail) implements DeployState {
    /** Validates that it is there, and cuts it. */
    public Succeeded {
      detail = shortened(detail);
    }

    @Override
    public String summary() {
      return detail + " succeeded";
    }

    @Override
    public boolean over() {
      return true;
    }
  }

  /**
   * It is over and did not go well.
   *
   * @param detail what was seen, and where a person sees it
   * @param job the part that failed; empty if none did, or the platform does not say
   * @param logTail the end of that part's log; empty if it could not be had
   */
  record Failed(String detail, Optional<String> job, String logTail) implements DeployState {

    private static final int LONGEST_LOG = 16_384;

    /** Validates that all are there, and cuts them. */
    public Failed {
      detail = shortened(detail);
      job = job.map(DeployState::shortened);
      logTail = logTail.substring(Math.max(0, logTail.length() - LONGEST_LOG));
    }

    @Override
    public String summary() {
      return detail + job.map(failed -> " (" + failed + ")").orElse("");
    }

    @Override
    public boolean over() {
      return true;
    }
  }

  /**
   * The platform does not say: it cannot, or has not heard of it yet.
   *
   * @param why what was seen
   */
  record Unknown(String why) implements DeployState {
    /** Validates that it is there, and cuts it. */
    public Unknown {
      why = shortened(why);
    }

    @Override
    public String summary() {
      return "how it stands is not known: " + why;
    }
  }

  private static String shortened(String text) {
    Objects.requireNonNull(text, "text");
    int longest = 1000;
    return text.length() <= longest ? text : text.substring(0, longest - 3) + "...";
  }
}
