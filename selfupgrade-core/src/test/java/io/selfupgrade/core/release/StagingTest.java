package io.selfupgrade.core.release;

import static io.selfupgrade.core.release.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.agent.AdapterException;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.launcher.Slot;
import io.selfupgrade.upgrade.Launch;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.ReleaseFile;
import io.selfupgrade.upgrade.ReleaseSource;
import io.selfupgrade.upgrade.StateVersions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagingTest {

  private static final UUID UPGRADE = new UUID(7, 7);

  @TempDir private Path root;
  private Bundle bundle;
  private Home home;
  private Staging staging;

  @BeforeEach
  void makeARelease() throws Exception {
    bundle = Bundle.in(root);
    home = Home.at(root.resolve("home"));
    staging = new Staging(home, PullLimits.DEFAULT);
  }

  @Test
  void whatIsPulledIsASlotThatTheLauncherVerifies() throws Exception {
    VerifiedRelease verified = bundle.verified();

    Path staged = staging.pull(UPGRADE, verified, bundle.source(), PullProgress.none());

    assertThat(staged).isEqualTo(home.staging().resolve(UPGRADE.toString()));
    Slot slot = Slot.verified(staged, "1.4.0");
    assertThat(slot.launch().program().args()).isEqualTo(verified.release().launch().args());
    assertThat(slot.launch().program().heapMb()).isEqualTo(64);
    assertThat(slot.launch().manifestSha256()).isEqualTo(verified.release().id().manifestSha256());
    assertThat(staged.resolve("data/model.txt")).hasContent("model first");
    assertThat(Files.readAllBytes(staged.resolve("release.json")))
        .isEqualTo(bundle.manifest().document());
    assertThat(Files.readAllBytes(staged.resolve("release.json.sig")))
        .isEqualTo(bundle.manifest().signatures());
    assertThat(Files.getPosixFilePermissions(staged.resolve("bot.jar")).toString())
        .doesNotContain("WRITE");
  }

  @Test
  void whatIsInstalledIsInItsSlotAndNoLongerStaged() throws Exception {
    Release release = bundle.verified().release();

    Path slot = staging.install(pull(), release);

    assertThat(slot).isEqualTo(home.slot("1.4.0"));
    assertThat(home.staging()).isEmptyDirectory();
    Slot.verified(slot, "1.4.0");
  }

  @Test
  void installingTheSameReleaseAgainChangesNothing() throws Exception {
    Release release = bundle.verified().release();
    Path staged = pull();
    Path slot = staging.install(staged, release);
    Object before = Files.getAttribute(slot, "unix:ino");

    assertThat(staging.install(staged, release)).isEqualTo(slot);
    assertThat(staging.install(pull(), release)).isEqualTo(slot);
    assertThat(staging.install(slot, release)).isEqualTo(slot);

    assertThat(Files.getAttribute(slot, "unix:ino")).isEqualTo(before);
    assertThat(home.staging()).isEmptyDirectory();
  }

  @Test
  void theSameVersionWithAnotherManifestIsRefused() throws Exception {
    staging.install(pull(), bundle.verified().release());
    Path other = Files.createDirectories(root.resolve("other"));
    ReleaseTool tool = bundle.tool;
    Path rebuilt = tool.make(other, Bundle.recipe(root, Bundle.VERSION, "second"));
    tool.sign(rebuilt, List.of(bundle.key.privateKey()));
    ReleaseSource source = io.selfupgrade.core.local.DirectoryReleases.in(other);
    VerifiedRelease verified =
        new TrustVerifier(bundle.trust)
            .release(
                source.manifest(Bundle.VERSION, ManifestCodec.MAX_BYTES).orElseThrow(),
                Bundle.AGENT,
                Bundle.VERSION,
                Bundle.NOW);
    Path staged = staging.pull(UPGRADE, verified, source, PullProgress.none());

    assertRefused(
        () -> staging.install(staged, verified.release()),
        ReasonCode.DIFFERENT_MANIFEST,
        "never changed");
    assertThat(home.slot("1.4.0").resolve("bot.jar")).hasContent("jar first");
  }

  @Test
  void filesThatChangeBetweenPullAndInstallAreRefused() throws Exception {
    Path staged = pull();
    assertThat(staged.resolve("bot.jar").toFile().setWritable(true)).isTrue();
    Files.writeString(staged.resolve("bot.jar"), "jar FIRST");

    assertRefused(
        () -> staging.install(staged, bundle.verified().release()),
        ReasonCode.DIGEST_MISMATCH,
        "bot.jar");
    assertThat(home.slot("1.4.0")).doesNotExist();
  }

  @Test
  void aLaunchFileThatChangesBetweenPullAndInstallIsRefused() throws Exception {
    Path staged = pull();
    Path launch = staged.resolve("launch.properties");
    assertThat(launch.toFile().setWritable(true)).isTrue();
    Files.writeString(launch, Files.readString(launch).replace("--serve", "--other"));

    assertRefused(
        () -> staging.install(staged, bundle.verified().release()),
        ReasonCode.DIGEST_MISMATCH,
        "launch.properties");
  }

  @Test
  void aDamagedSlotIsNotTakenForTheRelease() throws Exception {
    Path slot = staging.install(pull(), bundle.verified().release());
    Files.delete(slot.resolve("bot.jar"));
    Path staged = pull();

    assertRefused(
        () -> staging.install(staged, bundle.verified().release()),
        ReasonCode.DIGEST_MISMATCH,
        "damaged on disk");
  }

  @Test
  void whatAKilledPullLeftIsReplaced() throws Exception {
    Path partial = home.staging().resolve(UPGRADE.toString());
    Files.createDirectories(partial.resolve("data/deep"));
    Files.writeString(partial.resolve("bot.jar"), "ja");
    Files.writeString(partial.resolve("data/deep/stranger"), "x");
    Files.createSymbolicLink(partial.resolve("link"), bundle.out);

    Path staged = pull();

    Slot.verified(staged, "1.4.0");
    assertThat(bundle.out.resolve("latest.json")).exists();
  }

  @Test
  void sweepKeepsOnlyWhatItIsTold() throws Exception {
    pull();
    Files.createDirectories(home.staging().resolve(new UUID(1, 1).toString()).resolve("x"));
    Files.writeString(home.staging().resolve("stray"), "x");

    staging.sweep(Set.of(UPGRADE));

    assertThat(home.staging()).isDirectoryContaining("glob:**" + UPGRADE);
    assertThat(home.staging().toFile().list()).hasSize(1);
  }

  @Test
  void aReleaseBeyondTheLimitOrTheDiskIsRefusedBeforeAnyDownload() {
    Release tooLarge = releaseOf(3L << 30);
    assertRefused(() -> staging.requireSpace(tooLarge), ReasonCode.TOO_LARGE, "2147483648");

    PullLimits unlimited =
        new PullLimits(Duration.ofMinutes(1), Duration.ofSeconds(1), 1, Long.MAX_VALUE);
    Release tooLargeForTheDisk = releaseOf(ReleaseFile.MAX_LENGTH);
    assertRefused(
        () -> new Staging(home, unlimited).requireSpace(tooLargeForTheDisk),
        ReasonCode.NOT_ENOUGH_DISK,
        "bytes free");
  }

  @Test
  void troubleOfTheDiskIsNotTakenForOneOfTheSource() throws Exception {
    Files.createDirectories(home.root());
    Files.writeString(home.staging(), "a file in the way");

    assertThatThrownBy(this::pull)
        .isInstanceOf(AdapterException.class)
        .hasMessageContaining("Staging");
  }

  private Path pull() throws RefusalException, IOException {
    return staging.pull(UPGRADE, bundle.verified(), bundle.source(), PullProgress.none());
  }

  private static Release releaseOf(long bytes) {
    return new Release(
        new Release.Id(Bundle.AGENT, Bundle.VERSION, "a".repeat(64), Bundle.NOW, ""),
        Release.Terms.NONE,
        Launch.jar("bot.jar"),
        Optional.empty(),
        StateVersions.FIRST,
        1,
        List.of(new ReleaseFile("bot.jar", bytes, "a".repeat(64))));
  }
}
