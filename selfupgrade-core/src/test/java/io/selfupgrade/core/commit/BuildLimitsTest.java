package io.selfupgrade.core.commit;

import static org.assertj.core.api.Assertions.assertThat;

import io.selfupgrade.testkit.Eventually;
import io.selfupgrade.upgrade.LocalBuild;
import io.selfupgrade.upgrade.Reason;
import io.selfupgrade.upgrade.ReasonCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Builds of good commits that fail, take too much, or leave something behind. */
class BuildLimitsTest {

  private static final String FOREVER = "while :; do sleep 1; done";
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir Path directory;
  private BuildScene scene;

  @BeforeEach
  void install() throws Exception {
    scene = new BuildScene(directory);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Optional<ProcessHandle> left = child();
    left.ifPresent(ProcessHandle::destroyForcibly);
    assertThat(left.filter(ProcessHandle::isAlive)).as("a process of the build").isEmpty();
  }

  static Stream<Arguments> failing() {
    return Stream.of(
        Arguments.of("echo first; echo why >&2; exit 3\n", "exited with 3", "why"),
        Arguments.of("exit 0\n", "made no target/bot.jar", ""),
        Arguments.of("mkdir -p target/bot.jar\n", "made no target/bot.jar", ""),
        Arguments.of("mkdir target; : > target/bot.jar\n", "made no target/bot.jar", ""),
        Arguments.of(
            "mkdir target; ln -s ../prebuilt.bin target/bot.jar\n", "made no target/bot.jar", ""),
        Arguments.of(
            "mkdir $HOME/out; cp prebuilt.bin $HOME/out/bot.jar; ln -s $HOME/out target\n",
            "made no target/bot.jar",
            ""),
        Arguments.of("mkdir target; echo text > target/bot.jar\n", "gives no release", ""),
        Arguments.of("yes\n", "printed more than", "y\ny"),
        Arguments.of("head -c 65m /dev/zero > big\n", "failed: ", ""),
        Arguments.of("x=$(head -c 400000000 /dev/zero | tr '\\0' a); echo ${#x}\n", "exited", ""),
        Arguments.of("chmod 000 src; rm -rf $HOME $TMPDIR; exit 4\n", "exited with 4", ""));
  }

  @ParameterizedTest
  @MethodSource("failing")
  void aBuildThatFailsIsRefusedWithWhatItPrinted(String script, String said, String printed)
      throws Exception {
    scene.commits.show(scene.git(script), BuildScene.KEY);

    Reason reason = scene.refusal();

    assertThat(reason.code()).as(reason.message()).isEqualTo(ReasonCode.BUILD_FAILED);
    assertThat(reason.message()).contains(said, printed, scene.commits.id);
    scene.assertNothingBuilt();
  }

  @Test
  void aBuildThatTakesTooLongIsEndedWithAllThatItStarted() throws Exception {
    scene.recipe =
        scene.recipe.within(new LocalBuild.Limits(Duration.ofSeconds(1), 64L << 20, 256));
    scene.commits.show(
        scene.git("sh -c 'echo $$ > " + pid() + "; " + FOREVER + "'\n"), BuildScene.KEY);

    assertThat(scene.refusal().message()).contains("did not end within PT1S");

    assertThat(child().filter(ProcessHandle::isAlive)).isEmpty();
    scene.assertNothingBuilt();
  }

  @Test
  void filesThatGrowTogetherAreSeen() throws Exception {
    scene.commits.show(
        scene.git("for i in 1 2 3 4 5 6; do head -c 15m /dev/zero > big$i; done\n" + FOREVER),
        BuildScene.KEY);

    assertThat(scene.refusal().message()).contains("its files have more than");
    scene.assertNothingBuilt();
  }

  /** Its parent is gone when the build is over, and it has left its session. */
  @Test
  void whatABuildLeavesRunningIsEnded() throws Exception {
    scene.commits.show(
        scene.git(
            "(setsid sh -c 'echo $$ > "
                + pid()
                + "; "
                + FOREVER
                + "' > /dev/null 2>&1 &)\nwhile [ ! -s "
                + pid()
                + " ]; do sleep 0.1; done\n"
                + BuildScene.COPY),
        BuildScene.KEY);

    scene.built("1.1.0");

    assertThat(child().filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void anInterruptEndsTheBuildAndIsNoVerdict() throws Exception {
    scene.commits.show(scene.git("echo $$ > " + pid() + "\n" + FOREVER + "\n"), BuildScene.KEY);
    CommitReleases releases = scene.open();
    Thread seeker = new Thread(() -> releases.seek("stable"), "seeker");
    seeker.start();
    Eventually.holds("the build runs", SOON, () -> Files.exists(pid()) && child().isPresent());

    seeker.interrupt();
    seeker.join(SOON.toMillis());

    assertThat(seeker.isAlive()).isFalse();
    assertThat(child().filter(ProcessHandle::isAlive)).isEmpty();
    scene.commits.show(scene.git(BuildScene.COPY), BuildScene.KEY);
    scene.built("1.1.0");
  }

  private Path pid() {
    return directory.resolve("pid");
  }

  private Optional<ProcessHandle> child() {
    try {
      String text = Files.exists(pid()) ? Files.readString(pid()).strip() : "";
      return text.isEmpty() ? Optional.empty() : ProcessHandle.of(Long.parseLong(text));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
