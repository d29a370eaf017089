package io.selfupgrade.core.release;

import static io.selfupgrade.core.release.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.core.archive.RawTar;
import io.selfupgrade.launcher.Home;
import io.selfupgrade.launcher.LaunchFile;
import io.selfupgrade.launcher.Slot;
import io.selfupgrade.launcher.SlotDamagedException;
import io.selfupgrade.launcher.StateFile;
import io.selfupgrade.upgrade.Archive;
import io.selfupgrade.upgrade.Launch;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import io.selfupgrade.upgrade.ReleaseFile;
import io.selfupgrade.upgrade.StateVersions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way of a release's archives into its slot. */
class ArchiveStagingTest {

  private static final UUID UPGRADE = new UUID(7, 7);

  @TempDir private Path root;
  private Bundle bundle;
  private Home home;
  private Staging staging;

  @BeforeEach
  void makeARelease() throws Exception {
    bundle = Bundle.withArchives(root);
    home = Home.at(root.resolve("home"));
    staging = new Staging(home, PullLimits.DEFAULT);
  }

  @Test
  void theManifestSaysWhatComesOut() throws Exception {
    Release release = bundle.verified().release();

    assertThat(release.files())
        .flatExtracting(file -> file.archive().stream().toList())
        .containsExactly(
            new Archive(Archive.Format.ZIP, "models", 2, 32),
            new Archive(Archive.Format.TAR_GZ, "prompts", 2, 20));
    assertThat(release.unpackedBytes()).isEqualTo(52);
    assertThat(bundle.tool.verify(bundle.release, bundle.trust)).isEqualTo(release);
  }

  @Test
  void whatIsUnpackedIsVerifiedAsEveryFileOfASlot() throws Exception {
    Path slot = staging.install(pull(), bundle.verified().release());

    assertThat(slot.resolve("prompts/greeting.txt")).hasContent("Hello first");
    assertThat(slot.resolve("models/large/a.bin")).hasContent("large/a.binfirst");
    assertThat(Slot.verified(slot, "1.4.0").launch().files())
        .extracting("path")
        .containsExactly(
            "bot.jar",
            "data/model.txt",
            "archives/models.zip",
            "archives/prompts.tar.gz",
            "models/large/a.bin",
            "models/small/a.bin",
            "prompts/bye.txt",
            "prompts/greeting.txt");
    assertThat(PosixFilePermissions.toString(permissions(slot.resolve("prompts/bye.txt"))))
        .isEqualTo("r--r--r--");
    assertThat(staging.install(pull(), bundle.verified().release())).isEqualTo(slot);

    change(slot.resolve("prompts/greeting.txt"), "Hello FIRST");
    assertThatThrownBy(() -> Slot.verified(slot, "1.4.0"))
        .isInstanceOf(SlotDamagedException.class)
        .hasMessageContaining("greeting.txt");
  }

  @Test
  void anUnpackedFileAndItsDigestThatChangeTogetherAreRefused() throws Exception {
    Path staged = pull();
    change(staged.resolve("prompts/greeting.txt"), "Hello FIRST");
    Path launch = staged.resolve(LaunchFile.FILE_NAME);
    String listed = digest(staged, "prompts/greeting.txt", launch);
    String now = ReleaseAssembly.describe(staged.resolve("prompts/greeting.txt"), "x").sha256();
    change(launch, Files.readString(launch).replace(listed, now));
    Slot.verified(staged, "1.4.0");

    assertRefused(
        () -> staging.install(staged, bundle.verified().release()),
        ReasonCode.DIGEST_MISMATCH,
        "not what the signed manifest says");
  }

  @Test
  void aFileThatAnArchiveLacksCannotBeLaunched() throws Exception {
    Launch launch =
        new Launch(
            "", "bot.Main", List.of("models/bot.jar"), List.of(), List.of(), OptionalInt.empty());

    assertRefused(
        () -> staging.pull(UPGRADE, launchedBy(launch), bundle.source(), PullProgress.none()),
        ReasonCode.MANIFEST_INVALID,
        "models/bot.jar");
    assertThat(home.staging()).isEmptyDirectory();
  }

  @Test
  void aFileOfAnArchiveIsLaunched() throws Exception {
    Path staged =
        staging.pull(
            UPGRADE, launchedBy(Launch.jar("models/small/a.bin")), bundle.source(), (a, b) -> {});

    assertThat(Slot.verified(staged, "1.4.0").launch().program().jar())
        .isEqualTo("models/small/a.bin");
  }

  @Test
  void otherNumbersThanTheManifestSaysAreRefusedAndLeaveNothing() throws Exception {
    Release release = bundle.verified().release();
    ReleaseFile zip = release.files().get(2);
    for (Archive wrong :
        List.of(
            new Archive(Archive.Format.ZIP, "models", 1, 32),
            new Archive(Archive.Format.ZIP, "models", 2, 31),
            new Archive(Archive.Format.ZIP, "models", 3, 32),
            new Archive(Archive.Format.TAR_GZ, "models", 2, 32))) {
      VerifiedRelease claimed = with(release, zip, wrong);
      assertRefused(
          () -> staging.pull(UPGRADE, claimed, bundle.source(), PullProgress.none()),
          wrong.files() * wrong.bytes() < 64 ? ReasonCode.TOO_LARGE : ReasonCode.ARCHIVE_INVALID,
          "archives/models.zip");
      assertThat(home.staging()).isEmptyDirectory();
    }
  }

  @Test
  void whatUnpacksToMoreThanTheLimitIsRefusedBeforeAnyDownload() throws Exception {
    Release release = bundle.verified().release();
    Archive large = new Archive(Archive.Format.ZIP, "models", 1, 3L << 30);

    assertRefused(
        () -> staging.requireSpace(with(release, release.files().get(2), large).release()),
        ReasonCode.TOO_LARGE,
        "unpack to");
  }

  @Test
  void theToolMakesNoReleaseOfAnArchiveThatAgentsRefuse() throws Exception {
    Path tar = Files.write(root.resolve("up.tar.gz"), new RawTar().file("../up", "x").gz());

    assertThatThrownBy(
            () ->
                bundle.tool.make(
                    root.resolve("other"),
                    Bundle.recipe(root, Bundle.VERSION, "second").archive("models", tar)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ARCHIVE_UNSAFE")
        .hasMessageContaining("../up");
    assertThat(root.resolve("other")).isEmptyDirectory();
  }

  @Test
  void nothingElseMayLieInTheFolderOfAnArchive() {
    for (String folder : List.of("data", "DATA", "bot.jar", "data/model.txt/x")) {
      Archive archive = new Archive(Archive.Format.ZIP, folder, 1, 1);
      assertThatThrownBy(() -> releaseOf(archive)).isInstanceOf(IllegalArgumentException.class);
    }
    for (String folder : List.of("migrations", "Migrations/x", "../x", "/x", "", "release.json")) {
      assertThatThrownBy(() -> new Archive(Archive.Format.ZIP, folder, 1, 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static Release releaseOf(Archive archive) {
    String digest = "a".repeat(64);
    return new Release(
        new Release.Id(Bundle.AGENT, Bundle.VERSION, digest, Bundle.NOW, ""),
        Release.Terms.NONE,
        Launch.jar("bot.jar"),
        Optional.empty(),
        StateVersions.FIRST,
        1,
        List.of(
            new ReleaseFile("bot.jar", 1, digest),
            new ReleaseFile("data/model.txt", 1, digest),
            new ReleaseFile("archives/x.zip", 1, digest, Optional.of(archive))));
  }

  private VerifiedRelease launchedBy(Launch launch) throws Exception {
    return with(bundle.verified().release(), launch, bundle.verified().release().files());
  }

  private VerifiedRelease with(Release release, ReleaseFile file, Archive archive)
      throws Exception {
    List<ReleaseFile> files =
        release.files().stream()
            .map(
                each ->
                    each.equals(file)
                        ? new ReleaseFile(
                            file.path(), file.length(), file.sha256(), Optional.of(archive))
                        : each)
            .toList();
    return with(release, release.launch(), files);
  }

  private VerifiedRelease with(Release release, Launch launch, List<ReleaseFile> files)
      throws Exception {
    return new VerifiedRelease(
        new Release(
            release.id(),
            release.terms(),
            launch,
            release.smoke(),
            release.state(),
            release.launcherProtocol(),
            files),
        bundle.manifest(),
        Set.of());
  }

  private Path pull() throws RefusalException, IOException {
    return staging.pull(UPGRADE, bundle.verified(), bundle.source(), PullProgress.none());
  }

  private static String digest(Path staged, String path, Path launch) throws IOException {
    return LaunchFile.decode(StateFile.read(launch).orElseThrow()).files().stream()
        .filter(file -> staged.resolve(file.path()).equals(staged.resolve(path)))
        .findFirst()
        .orElseThrow()
        .sha256();
  }

  private static Set<PosixFilePermission> permissions(Path file) throws IOException {
    return Files.getPosixFilePermissions(file);
  }

  private static void change(Path file, String content) throws IOException {
    assertThat(file.toFile().setWritable(true)).isTrue();
    Files.writeString(file, content);
  }
}
