package io.selfupgrade.core.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selfupgrade.core.release.ManifestCodec;
import io.selfupgrade.upgrade.CommitSigners;
import io.selfupgrade.upgrade.LocalBuild;
import io.selfupgrade.upgrade.ReasonCode;
import io.selfupgrade.upgrade.Release;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commits that may be built, and what comes of them. */
class CommitReleasesTest {

  private static final int LIMIT = 64 << 10;

  @TempDir Path directory;
  private BuildScene scene;

  @BeforeEach
  void install() throws Exception {
    scene = new BuildScene(directory);
  }

  @Test
  void aSignedCommitBecomesAReleaseSignedByTheHome() throws Exception {
    scene.commits.show(scene.git(BuildScene.COPY), BuildScene.KEY);

    Path built = scene.built("1.1.0");

    Release release = ManifestCodec.read(built);
    assertThat(release.id().commit()).isEqualTo(scene.commits.id);
    assertThat(release.id().name()).isEqualTo("bot");
    assertThat(release.launch().jar()).isEqualTo("bot.jar");
    assertThat(scene.mark()).exists();
    assertThat(scene.home.root().resolve("builds/work")).doesNotExist();
    assertPermissions("builds", "rwx------");
    assertPermissions("builds/key/builds.key", "rw-------");
    assertThat(scene.open().trust()).as("the key stays").isEqualTo(scene.open().trust());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ssh-ed25519",
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521"
      })
  void eachKindOfKeyMaySign(String type) throws Exception {
    SshKey key = SshKey.make(type);
    scene.signers = CommitSigners.parse(BuildScene.KEY.line() + "\n" + key.line());
    scene.commits.show(scene.git(BuildScene.COPY), key);

    assertThat(scene.built("1.1.0")).isDirectory();
  }

  @Test
  void aBuildSeesOnlyWhatAProgramNeedsToStart() throws Exception {
    Path seen = directory.resolve("environment");
    scene.commits.show(scene.git("env > " + seen + "\n" + BuildScene.COPY), BuildScene.KEY);

    scene.built("1.1.0");

    assertThat(Files.readAllLines(seen).stream().map(line -> line.split("=", 2)[0]))
        .contains("HOME", "TMPDIR", "JAVA_HOME")
        .isSubsetOf(
            "PATH",
            "LANG",
            "LC_ALL",
            "LC_CTYPE",
            "TZ",
            "LD_LIBRARY_PATH",
            "HOME",
            "TMPDIR",
            "JAVA_HOME",
            "SELFUPGRADE_SCRATCH",
            "PWD",
            "OLDPWD",
            "SHLVL",
            "_");
  }

  @Test
  void whatIsNotNewerIsNotBuilt() throws Exception {
    for (String version : List.of("1.0.0", "0.9.0")) {
      scene.commits.show(scene.git(BuildScene.COPY).file("VERSION", version), BuildScene.KEY);
      CommitReleases releases = scene.open();

      releases.seek("stable");

      assertThat(releases.latest("stable", LIMIT)).isEmpty();
      assertThat(scene.mark()).doesNotExist();
      scene.assertNothingBuilt();
    }
  }

  @Test
  void aVersionThatWasBuiltIsNotBuiltOfAnotherCommit() throws Exception {
    scene.commits.show(scene.git(BuildScene.COPY), BuildScene.KEY);
    Path built = scene.built("1.1.0");
    byte[] manifest = Files.readAllBytes(built.resolve("release.json"));
    Files.delete(scene.mark());

    scene.commits.show(scene.git(BuildScene.COPY + "# another\n"), BuildScene.KEY);
    scene.built("1.1.0");

    assertThat(scene.mark()).doesNotExist();
    assertThat(built.resolve("release.json")).hasBinaryContent(manifest);
  }

  @Test
  void theNextVersionIsBuiltAndOldOnesGo() throws Exception {
    for (String version : List.of("1.1.0", "1.2.0", "1.3.0")) {
      scene.commits.show(scene.git(BuildScene.COPY).file("VERSION", version), BuildScene.KEY);
      scene.built(version);
    }

    assertThat(scene.releases().toFile().list())
        .containsExactlyInAnyOrder("1.2.0", "1.3.0", "latest.json", "latest.json.sig");
  }

  @Test
  void aCommitThatHasNoVersionIsRefusedBeforeItsBuild() throws Exception {
    for (OwnGit git :
        List.of(
            scene.git(BuildScene.COPY).without("VERSION"),
            scene.git(BuildScene.COPY).file("VERSION", "tomorrow"))) {
      scene.commits.show(git, BuildScene.KEY);

      assertThat(scene.refusal().code()).isEqualTo(ReasonCode.BUILD_FAILED);
      assertThat(scene.mark()).doesNotExist();
      scene.assertNothingBuilt();
    }
  }

  @Test
  void whatWasRefusedIsLookedAtAgainOnlyWhenThereIsNews() throws Exception {
    scene.commits.show(scene.git("echo one; echo 'two = \u00e9'; exit 3\n"), BuildScene.KEY);
    CommitReleases releases = scene.open();
    releases.seek("stable");
    Files.delete(scene.mark());

    releases.seek("stable");
    CommitReleases afterAStart = scene.open();
    afterAStart.seek("stable");

    assertThat(scene.mark()).as("it was not built again").doesNotExist();
    assertThat(BuildScene.refusal(afterAStart)).isEqualTo(BuildScene.refusal(releases));

    releases.expectNews();
    releases.seek("stable");

    assertThat(scene.mark()).exists();
    Files.delete(scene.mark());

    scene.recipe = scene.recipe.within(LocalBuild.Limits.DEFAULT);
    scene.open().seek("stable");

    assertThat(scene.mark()).as("it was built in another way").exists();
  }

  @Test
  void aRefusedCommitIsNotInTheWayOfWhatWasBuiltBefore() throws Exception {
    scene.commits.show(scene.git(BuildScene.COPY), BuildScene.KEY);
    scene.built("1.1.0");

    scene.commits.show(scene.git("exit 3\n").file("VERSION", "1.2.0"), BuildScene.KEY);

    scene.built("1.1.0");
  }

  @Test
  void aSourceThatIsAwayIsNoVerdictOnACommit() throws Exception {
    scene.commits.show(scene.git(BuildScene.COPY), BuildScene.KEY);
    scene.commits.away = true;
    CommitReleases releases = scene.open();
    releases.seek("stable");
    assertThatThrownBy(() -> releases.latest("stable", LIMIT))
        .isInstanceOf(IOException.class)
        .hasNoCause()
        .hasMessageContaining("the source is away");

    scene.commits.away = false;
    releases.seek("stable");

    assertThat(releases.latest("stable", LIMIT)).isPresent();
  }

  @Test
  void oneProcessOfAHomeBuildsAtATime() throws Exception {
    scene.commits.show(scene.git(BuildScene.COPY), BuildScene.KEY);
    CommitReleases releases = scene.open();
    BuildHome other = BuildHome.in(scene.home, scene.tool);

    BuildHome.Turn turn = other.turn().orElseThrow();
    releases.seek("stable");
    turn.close();
    assertThat(scene.mark()).doesNotExist();

    releases.seek("stable");
    assertThat(releases.latest("stable", LIMIT)).isPresent();
  }

  private void assertPermissions(String path, String expected) throws IOException {
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(scene.home.root().resolve(path))))
        .isEqualTo(expected);
  }
}
