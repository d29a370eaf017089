package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.Approval;
import io.selfupgrade.upgrade.Switch;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;

/**
 * Which releases an agent goes to, and who is asked.
 *
 * @param channel which index is followed
 * @param minimumAge how old a release must be, zero for any age
 * @param staleAfter how long without a good look at the index before nothing is installed any more
 * @param oneWay versions that are installed although the running one cannot read what they write
 * @param approval whether a person has to agree
 * @param approvalTime how long an upgrade waits for that
 * @param switchBy whether the new version starts beside the running one or in its place
 */
public record Policy(
    String channel,
    Duration minimumAge,
    Duration staleAfter,
    Set<Version> oneWay,
    Approval approval,
    Duration approvalTime,
    Switch switchBy) {

  /** Nobody is asked, any age will do, stale after 24 h. */
  public static final Policy DEFAULT =
      new Policy(
          "stable",
          Duration.ZERO,
          Duration.ofHours(24),
          Set.of(),
          Approval.NONE,
          Duration.ofHours(72),
          Switch.BESIDE);

  /** Validates and copies. */
  public Policy {
    Objects.requireNonNull(channel, "channel");
    Objects.requireNonNull(minimumAge, "minimumAge");
    Objects.requireNonNull(staleAfter, "staleAfter");
    oneWay = Set.copyOf(oneWay);
    Objects.requireNonNull(approval, "approval");
    Objects.requireNonNull(approvalTime, "approvalTime");
    Objects.requireNonNull(switchBy, "switchBy");
  }
}
