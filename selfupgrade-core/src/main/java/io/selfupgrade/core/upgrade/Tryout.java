package io.selfupgrade.core.upgrade;

import io.selfupgrade.agent.Fence;
import io.selfupgrade.core.release.RefusalException;
import io.selfupgrade.upgrade.Proof;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.ReleaseCheck;
import io.selfupgrade.upgrade.StepRecord.Event;
import io.selfupgrade.upgrade.UpgradeStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Tries a staged release: by its own smoke check, then by the checks of the host. */
final class Tryout {

  private final Situation situation;
  private final Installer installer;
  private final Ender ender;
  private final SmokeCheck smoke;

  Tryout(Situation situation, Installer installer, Ender ender) {
    this.situation = situation;
    this.installer = installer;
    this.ender = ender;
    this.smoke = new SmokeCheck(situation.settings().times().smoke());
  }

  void run(Fence fence, Proof.Staged proof)
      throws RefusalException, AbortException, InterruptedException {
    Optional<String> withoutFiles = installer.withoutFiles();
    if (withoutFiles.isPresent()) {
      log(fence, proof, Event.NOT_APPLICABLE, "smoke check: " + withoutFiles.get());
    } else {
      runSmokeCheck(fence, proof);
    }
    runReleaseChecks(fence, proof, withoutFiles);
  }

  private void runSmokeCheck(Fence fence, Proof.Staged proof)
      throws RefusalException, AbortException, InterruptedException {
    if (proof.release().smoke().isEmpty()) {
      log(fence, proof, Event.NOT_APPLICABLE, "no smoke check is declared");
      return;
    }
    Optional<String> failure = smoke(proof.release(), proof.directory());
    if (failure.isEmpty()) {
      log(fence, proof, Event.PASSED, "smoke check");
      return;
    }
    String seen = "the smoke check of " + proof.release().version() + " failed: " + failure.get();
    if (situation.link().isPresent()) {
      Path slot = situation.link().get().slot();
      Release running = SlotInstaller.read(slot);
      if (running.smoke().isEmpty()) {
        throw AbortException.inconclusive(
            ReasonCode.SMOKE_FAILED,
            seen + "; the running version declares none, so it is not known who is to blame");
      }
      Optional<String> own = smoke(running, slot);
      if (own.isPresent()) {
        throw AbortException.inconclusive(
            ReasonCode.SMOKE_FAILED,
            seen
                + "; that of the running version fails too, so this host is to blame: "
                + own.get());
      }
      ender.listFailed(fence, Pipeline.targetOf(proof), new Reason(ReasonCode.SMOKE_FAILED, seen));
    }
    throw new RefusalException(ReasonCode.SMOKE_FAILED, seen);
  }

  private Optional<String> smoke(Release release, Path directory)
      throws AbortException, InterruptedException {
    try {
      return smoke.run(release, directory);
    } catch (IOException e) {
      throw AbortException.inconclusive(
          ReasonCode.TROUBLE, "the smoke check could not be run on this host: " + e);
    }
  }

  private void runReleaseChecks(Fence fence, Proof.Staged proof, Optional<String> withoutFiles)
      throws RefusalException, AbortException {
    int checks = 0;
    int leftOut = 0;
    for (ReleaseCheck check : situation.settings().checks().releaseChecks()) {
      if (withoutFiles.isPresent() && check.needsFiles()) {
        leftOut++;
        continue;
      }
      checks++;
      Optional<String> refusal;
      try {
        refusal = check.refuse(proof.release(), proof.directory());
      } catch (Exception e) {
        // The host's code: a check that could not be made is no verdict on the release.
        throw AbortException.inconclusive(
            ReasonCode.CHECK_FAILED, "a release check could not be made: " + e);
      }
      if (refusal.isPresent()) {
        throw new RefusalException(
            ReasonCode.CHECK_FAILED, "a release check refuses it: " + refusal.get());
      }
    }
    if (leftOut > 0) {
      String what = leftOut + " release checks of the host that need files: ";
      log(fence, proof, Event.NOT_APPLICABLE, what + withoutFiles.orElseThrow());
    }
    log(
        fence,
        proof,
        checks == 0 ? Event.NOT_APPLICABLE : Event.PASSED,
        checks + " release checks of the host");
  }

  private void log(Fence fence, Proof proof, Event event, String detail) {
    situation.log().record(fence, proof.upgrade(), UpgradeStep.VALIDATE, event, detail);
  }
}
