package io.selfupgrade;

import io.selfupgrade.upgrade.Install;
import io.selfupgrade.upgrade.KeptUntil;
import io.selfupgrade.upgrade.Switch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the next version may come to run.
 *
 * @param launched whether a launcher started this process
 * @param local whether this process never acts
 */
record InstallRules(boolean launched, boolean local) {

  private static final String CALL = "upgrades(u -> u.installBy(Install.";

  /** Returns what is wrong, each with the call that mends it. */
  List<String> of(@Nullable Install install, Switch switchBy) {
    List<String> found = new ArrayList<>();
    if (install instanceof Install.Slots && !launched && !local) {
      found.add(
          CALL
              + "slots())) needs the launcher, which did not start this process: start it with"
              + " launcher.jar run HOME, or call installBy(Install.deploying(...))");
    }
    if (!(install instanceof Install.Deploying deploying)) {
      return found;
    }
    if (launched) {
      found.add(
          CALL
              + "deploying(...))) does not go with the launcher, which started this process and"
              + " installs releases itself: leave installBy(...) out, or start it without launcher");
    }
    if (switchBy != Switch.BESIDE) {
      found.add(
          CALL
              + "deploying(...))) does not go with switchBy("
              + switchBy
              + "): the platform starts the next version; leave switchBy(...) out");
    }
    KeptUntil kept = deploying.target().keepsOldUntil();
    if (kept.compareTo(deploying.allowed()) < 0) {
      found.add(
          CALL
              + "deploying(...))): "
              + deploying.target().name()
              + " keeps the running version until "
              + kept
              + ", expected "
              + deploying.allowed()
              + ": deploy in another way, or allow it by name by"
              + " Install.deploying(...).allowing(KeptUntil."
              + kept
              + ")");
    }
    return found;
  }
}
