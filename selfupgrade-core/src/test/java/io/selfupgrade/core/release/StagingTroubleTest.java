package io.selfupgrade.core.release;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.launcher.FailingDisk;
import io.selfupgrade.launcher.FailingDisk.Fault;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.launcher.Slot;
import io.selfupgrade.launcher.UnforcedDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lets each effect of a download, of unpacking and of the move into the slot fail once. */
class StagingTroubleTest {

  private static final UUID UPGRADE = new UUID(7, 7);

  @TempDir private Path root;

  @Test
  void eachFailureIsTypedAndTheNextTrySucceeds() throws Exception {
    Bundle bundle = Bundle.withArchives(root);
    int effects = bring(bundle, root.resolve("healthy"), 0, Fault.EIO);
    for (Fault fault : Fault.values()) {
      for (int failing = 1; failing <= effects; failing++) {
        bring(bundle, root.resolve(fault + "-" + failing), failing, fault);
      }
    }
    System.out.printf(
        "One effect of staging fails: %d effects x %d ways%n", effects, Fault.values().length);
    assertThat(effects).isGreaterThan(20);
  }

  private static int bring(Bundle bundle, Path directory, int failing, Fault fault)
      throws Exception {
    FailingDisk disk = new FailingDisk(new UnforcedDisk(), failing, fault);
    Home home = Home.at(directory, disk);
    Path running = Files.createDirectories(home.slot("1.3.0")).resolve("bot.jar");
    Files.writeString(running, "running");
    Files.writeString(home.current(), "1.3.0\n");
    Staging staging = new Staging(home, PullLimits.DEFAULT);
    VerifiedRelease verified = bundle.verified();
    try {
      Path staged = staging.pull(UPGRADE, verified, bundle.source(), PullProgress.none());
      staging.install(staged, verified.release());
      assertThat(failing).isZero();
    } catch (AdapterException e) {
      assertThat(e.retryable()).as(disk.where()).isTrue();
      if (Files.exists(home.slot("1.4.0"))) {
        Slot.verified(home.slot("1.4.0"), "1.4.0");
      }
    }
    assertThat(running).hasContent("running");
    assertThat(home.confirmedVersion()).contains("1.3.0");
    int effects = disk.effects();

    Path staged = staging.pull(UPGRADE, verified, bundle.source(), PullProgress.none());
    Slot.verified(staging.install(staged, verified.release()), "1.4.0");
    assertThat(home.staging()).isEmptyDirectory();
    return effects;
  }
}
