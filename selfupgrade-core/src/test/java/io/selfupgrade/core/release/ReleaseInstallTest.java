package io.selfupgrade.core.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.selfupgrade.agent.Version;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.launcher.Slot;
import io.selfupgrade.upgrade.Keys;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Trust;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the release tool puts into a launcher's home. */
class ReleaseInstallTest {

  private final ReleaseTool tool = new ReleaseTool(Bundle.CLOCK);
  @TempDir Path root;

  @Test
  void theFirstReleaseIsInAHomeThatALauncherCanRun() throws Exception {
    Bundle bundle = Bundle.in(root);
    Path directory = root.resolve("home");

    Path slot = tool.install(directory, bundle.release, bundle.trust);

    Home home = Home.at(directory);
    assertThat(home.confirmedVersion()).contains("1.4.0");
    Slot.verified(slot, "1.4.0");
    for (Path expected : List.of(home.data(), home.run(), home.failed(), home.staging())) {
      assertThat(expected).isEmptyDirectory();
    }
  }

  @Test
  void aHomeWithAVersionIsLeftAlone() throws Exception {
    Bundle bundle = Bundle.in(root);
    Path home = root.resolve("home");
    tool.install(home, bundle.release, bundle.trust);
    Path next = tool.make(bundle.out, Bundle.recipe(root, Version.parse("1.5.0"), "second"));
    tool.sign(next, List.of(bundle.key.privateKey()));

    assertThatThrownBy(() -> tool.install(home, next, bundle.trust))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("1.4.0")
        .hasMessageContaining("reinstall");
  }

  @Test
  void aVersionThatNeverWorkedIsReplacedWhileNoLauncherRuns() throws Exception {
    Bundle bundle = Bundle.in(root);
    Path home = root.resolve("home");
    Path next = tool.make(bundle.out, Bundle.recipe(root, Version.parse("1.5.0"), "second"));
    tool.sign(next, List.of(bundle.key.privateKey()));
    assertThatThrownBy(() -> tool.reinstall(home, next, bundle.trust))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("use install");
    tool.install(home, bundle.release, bundle.trust);
    try (FileChannel launcher =
        FileChannel.open(
            Home.at(home).launcherLock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      launcher.lock();
      assertThatThrownBy(() -> tool.reinstall(home, next, bundle.trust))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("launcher.jar stop");
    }

    Path slot = tool.reinstall(home, next, bundle.trust);

    Slot.verified(slot, "1.5.0");
    assertThat(Home.at(home).confirmedVersion()).contains("1.5.0");
  }

  @Test
  void afterAKillBeforeTheLastStepItIsFinished() throws Exception {
    Bundle bundle = Bundle.in(root);
    Path home = root.resolve("home");
    tool.install(home, bundle.release, bundle.trust);
    Files.delete(home.resolve("current"));

    tool.install(home, bundle.release, bundle.trust);

    assertThat(home.resolve("current")).hasContent("1.4.0");
  }

  @Test
  void anUntrustedReleaseMakesNoVersion() throws Exception {
    Bundle bundle = Bundle.in(root);
    Trust other = Trust.keys(Keys.file(tool.keygen(root, "other").publicKey()));

    assertRefused(
        () -> tool.install(root.resolve("home"), bundle.release, other), ReasonCode.UNTRUSTED_KEYS);
    assertThat(root.resolve("home")).doesNotExist();
  }

  @Test
  void aReleaseForANewerLauncherIsRefused() throws Exception {
    Bundle bundle = Bundle.in(root);
    Path next =
        tool.make(
            bundle.out, Bundle.recipe(root, Version.parse("2.0.0"), "second").launcherProtocol(2));
    tool.sign(next, List.of(bundle.key.privateKey()));

    assertRefused(
        () -> tool.install(root.resolve("home"), next, bundle.trust), ReasonCode.LAUNCHER_TOO_OLD);
  }

  private static void assertRefused(ThrowingCallable call, ReasonCode code) {
    RefusalException refused = catchThrowableOfType(RefusalException.class, call);
    assertThat(refused).isNotNull();
    assertThat(refused.reason().code()).isEqualTo(code);
  }
}
