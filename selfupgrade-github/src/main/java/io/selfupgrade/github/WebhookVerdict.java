package io.selfupgrade.github;

import io.selfupgrade.upgrade.DeliveryStore;
import java.util.Objects;

/** What a delivery of a webhook is; closed. */
public sealed interface WebhookVerdict {

  /** Returns what it is, in a sentence. */
  String summary();

  /** What a delivery asks the agent for. */
  enum Asks {
    /** To look for something new. */
    CHECK,
    /** For an answer only. */
    NOTHING
  }

  /**
   * GitHub has sent it, and the agent follows it.
   *
   * @param delivery GitHub's id for it, which stays when it is delivered again
   * @param event such as {@code release}
   * @param action such as {@code published}; empty where the event has none
   * @param asks what for
   * @param subject what it is about, such as the release's tag, for people
   * @param bodyDigest names the body: a digest of its signature, with which nobody can sign
   */
  record Accepted(
      String delivery, String event, String action, Asks asks, String subject, String bodyDigest)
      implements WebhookVerdict {
    /** Validates that all are there. */
    public Accepted {
      Objects.requireNonNull(delivery, "delivery");
      Objects.requireNonNull(event, "event");
      Objects.requireNonNull(action, "action");
      Objects.requireNonNull(asks, "asks");
      Objects.requireNonNull(subject, "subject");
      Objects.requireNonNull(bodyDigest, "bodyDigest");
    }

    /** Returns what a store keeps of it. */
    public DeliveryStore.Hint hint() {
      return new DeliveryStore.Hint(delivery, bodyDigest, summary());
    }

    @Override
    public String summary() {
      return String.join(" ", event, action, subject).replace("  ", " ").strip();
    }
  }

  /**
   * GitHub has sent it, and it is of no interest.
   *
   * @param delivery GitHub's id for it
   * @param why not
   */
  record Ignored(String delivery, String why) implements WebhookVerdict {
    /** Validates that both are there. */
    public Ignored {
      Objects.requireNonNull(delivery, "delivery");
      Objects.requireNonNull(why, "why");
    }

    @Override
    public String summary() {
      return "ignored: " + why;
    }
  }

  /**
   * GitHub has not sent it, or not in a form that is understood.
   *
   * @param status of HTTP, to answer with
   * @param why what is wrong, and what to do
   */
  record Refused(int status, String why) implements WebhookVerdict {
    /** Validates that the reason is there. */
    public Refused {
      Objects.requireNonNull(why, "why");
    }

    @Override
    public String summary() {
      return "refused with " + status + ": " + why;
    }
  }
}
