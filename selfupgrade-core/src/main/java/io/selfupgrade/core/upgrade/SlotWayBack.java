package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.agent.InstanceId;
import io.selfupgrade.launcher.Candidate;
import io.selfupgrade.launcher.Reaped;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.UpgradeRecord;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The way back where a launcher keeps the candidate; without one there is none to keep. */
final class SlotWayBack implements WayBack {

  private static final Duration REAPED_WITHIN = Duration.ofSeconds(10);
  private static final Duration SHORTEST_REMAINING = Duration.ofSeconds(1);

  private static final Set<Reaped.Cause> OF_OTHERS =
      EnumSet.of(Reaped.Cause.REBOOTED, Reaped.Cause.UNWATCHED);

  private final Situation situation;
  private final Obedience obedience;
  private final AloneTrial aloneTrial;

  SlotWayBack(Situation situation) {
    this.situation = situation;
    this.obedience = new Obedience(situation);
    this.aloneTrial = new AloneTrial(situation);
  }

  @Override
  public boolean obey() {
    return obedience.obey();
  }

  @Override
  public void awaitGone(UpgradeRecord upgrade) throws InterruptedException {
    if (situation.link().isEmpty()) {
      return;
    }
    long end = System.nanoTime() + REAPED_WITHIN.toNanos();
    while (System.nanoTime() - end < 0) {
      Optional<Candidate> candidate =
          situation.link().get().candidate().filter(found -> found.upgrade().equals(upgrade.id()));
      boolean gone =
          candidate.isEmpty()
              || (!candidate.get().instance().isEmpty()
                  && situation.side().attestedDead(InstanceId.parse(candidate.get().instance())));
      if (gone) {
        return;
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
    UpgradeEngine.LOG.warn(
        "the launcher did not attest the candidate's end within {}", REAPED_WITHIN);
  }

  @Override
  public boolean turnBack(Fence fence, UpgradeRecord upgrade) {
    return aloneTrial.turnBack(fence, upgrade);
  }

  @Override
  public Duration remaining(UpgradeRecord.Trial trial, Duration served) {
    Duration left = situation.settings().times().limit().minus(served);
    return left.compareTo(SHORTEST_REMAINING) < 0 ? SHORTEST_REMAINING : left;
  }

  /** One whose time had passed was ended by the launcher, which says nothing about the version. */
  @Override
  public Reason explained(UpgradeRecord upgrade, Reason reason) {
    boolean stopped =
        reason.code() == ReasonCode.CANDIDATE_DIED
            && situation.link().isPresent()
            && upgrade
                .trial()
                .flatMap(UpgradeRecord.Trial::candidate)
                .filter(situation.link().get()::wasStopped)
                .isPresent();
    return stopped
        ? new Reason(
            ReasonCode.DEADLINE_PASSED,
            "the launcher stopped the candidate, which was not confirmed within "
                + situation.settings().times().limit())
        : reason;
  }

  /** Not if the candidate ended with its host, or while no launcher ran. */
  @Override
  public boolean blamesDeath(UpgradeRecord upgrade) {
    return upgrade
        .trial()
        .flatMap(UpgradeRecord.Trial::candidate)
        .flatMap(one -> situation.link().flatMap(link -> link.causeOfDeath(one)))
        .filter(OF_OTHERS::contains)
        .isEmpty();
  }

  /** The launcher starts the confirmed version whenever it can. */
  @Override
  public boolean adopts() {
    return situation.link().isEmpty();
  }

  @Override
  public boolean settle(Fence fence) {
    // The launcher reads its files.
    return false;
  }

  @Override
  public void ended(UpgradeRecord upgrade) {
    // The launcher stops whom it need not keep.
  }
}
