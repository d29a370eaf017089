package io.selfupgrade.failover;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.agent.Version;
import io.selfupgrade.upgrade.UpgradePhase;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * The rule by which the lead passes on; pure, so that every store decides alike.
 *
 * <p>A store reads the facts inside its own transaction, asks {@link #decide}, and carries the
 * answer out in the same transaction.
 */
public final class Succession {

  private Succession() {}

  /**
   * Decides an attempt to take the lead.
   *
   * @param lease the row as read; empty before the first primary
   * @param candidate who tries
   * @param way what it claims
   * @param situation what else was read in the same transaction
   * @param ttl the agent's time to live of a lease
   */
  public static Decision decide(
      Optional<Lease> lease,
      InstanceRecord candidate,
      TakeOver way,
      Situation situation,
      Duration ttl) {
    if (lease.isEmpty()) {
      return Decision.grant();
    }
    Lease held = lease.get();
    if (held.fence().holder().equals(candidate.id()) && !held.expired()) {
      return Decision.wait("the instance leads already, at epoch " + held.fence().epoch());
    }
    Optional<String> refusal = refusalOf(way, held);
    if (refusal.isPresent()) {
      return Decision.wait(refusal.get());
    }
    return situation.open().isPresent()
        ? duringUpgrade(held, candidate, way, situation.open().get(), ttl)
        : withoutUpgrade(held, candidate, situation, ttl);
  }

  private static Optional<String> refusalOf(TakeOver way, Lease held) {
    Fence fence = held.fence();
    if (way instanceof TakeOver.EarlyLock lock) {
      return held.lockHeld() && fence.epoch() == lock.epoch()
          ? Optional.empty()
          : Optional.of("the row does not say that the lock of epoch " + lock.epoch() + " is held");
    }
    if (way instanceof TakeOver.Attested attested) {
      return fence.holder().equals(attested.dead()) && fence.epoch() == attested.epoch()
          ? Optional.empty()
          : Optional.of("the holder is not " + attested.dead() + " at epoch " + attested.epoch());
    }
    return held.expired()
        ? Optional.empty()
        : Optional.of("the lease of epoch " + fence.epoch() + " has " + held.remaining() + " left");
  }

  private static Decision duringUpgrade(
      Lease held, InstanceRecord candidate, TakeOver way, OpenUpgrade open, Duration ttl) {
    boolean onTrial = candidate.trial().equals(Optional.of(open.id()));
    if (open.phase() != UpgradePhase.HANDED_OVER) {
      // No launcher keeps the old version running: once it is gone, its candidate goes on alone.
      boolean alone =
          open.phase() == UpgradePhase.TRIAL && !candidate.launched() && expiredFor(held, ttl);
      return onTrial && !alone
          ? Decision.wait("a candidate leads by transfer only while its upgrade is " + open.phase())
          : Decision.grant();
    }
    if (onTrial) {
      return Decision.grant();
    }
    boolean candidateDead =
        way instanceof TakeOver.Attested attested
            && open.candidate().equals(Optional.of(attested.dead()));
    if (candidateDead || expiredFor(held, ttl)) {
      return Decision.goBack();
    }
    return Decision.wait("the candidate may return for one more lease time");
  }

  private static Decision withoutUpgrade(
      Lease held, InstanceRecord candidate, Situation situation, Duration ttl) {
    boolean confirmed = situation.confirmed().equals(Optional.of(candidate.version()));
    if (confirmed || expiredFor(held, ttl)) {
      return Decision.grant();
    }
    return Decision.wait(
        "an instance of " + candidate.version() + " lets the confirmed version go first");
  }

  private static boolean expiredFor(Lease held, Duration time) {
    return held.remaining().compareTo(time.negated()) < 0;
  }

  /**
   * What a store reads beside the lease.
   *
   * @param confirmed the agent's confirmed version; empty before the first primary
   * @param open the upgrade that is not final
   */
  public record Situation(Optional<Version> confirmed, Optional<OpenUpgrade> open) {
    /** Validates the parts. */
    public Situation {
      Objects.requireNonNull(confirmed, "confirmed");
      Objects.requireNonNull(open, "open");
    }
  }

  /**
   * The upgrade that is not final.
   *
   * @param id the upgrade
   * @param phase its phase
   * @param candidate the instance that was handed over to
   */
  public record OpenUpgrade(UUID id, UpgradePhase phase, Optional<InstanceId> candidate) {
    /** Validates the parts. */
    public OpenUpgrade {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(phase, "phase");
      Objects.requireNonNull(candidate, "candidate");
    }
  }

  /**
   * The answer.
   *
   * @param granted whether the lead passes
   * @param goesBack whether the open upgrade moves to ROLLING_BACK with it
   * @param why a sentence for people when it does not pass, else empty
   */
  public record Decision(boolean granted, boolean goesBack, String why) {

    static Decision grant() {
      return new Decision(true, false, "");
    }

    static Decision goBack() {
      return new Decision(true, true, "");
    }

    static Decision wait(String why) {
      return new Decision(false, false, why);
    }
  }
}
